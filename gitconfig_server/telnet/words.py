"""A command line in words: quotes, JSON, pipes, and paths in either spelling."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gitconfig_server.errors import InvalidInput
from gitconfig_server.telnet.target import Path


@dataclass(frozen=True, slots=True)
class Word:
    """One word; ``quoted``: it stood in quotes, so it is text and no keyword; ``is_json``: a map or list."""

    text: str
    quoted: bool = False
    is_json: bool = False


def split_words(line: str) -> list[Word]:
    """The words of a line; a quote or brace that is left open is an error that says so."""
    words: list[Word] = []
    at = 0
    while at < len(line):
        letter = line[at]
        if letter.isspace():
            at += 1
        elif letter == "|":
            words.append(Word("|"))
            at += 1
        elif letter in '{["':
            value, at = _json(line, at)
            is_text = isinstance(value, str)
            words.append(Word(value if is_text else json.dumps(value), is_text, not is_text))
        else:
            start = at
            while at < len(line) and not line[at].isspace() and line[at] != "|":
                at += 1
            words.append(Word(line[start:at]))
    return words


def pipes(words: Sequence[Word]) -> list[list[Word]]:
    """The command and what it is piped through."""
    found: list[list[Word]] = [[]]
    for word in words:
        if word.text == "|" and not word.quoted:
            found.append([])
        else:
            found[-1].append(word)
    return found


def path_of(words: Sequence[Word], here: Path, known: Any = None) -> Path:
    """The path that words mean at ``here``: ``server port`` and ``server/port``, a leading slash from the top.

    ``server.port`` too, where there is no slash and no name with that dot in ``known``, the data at ``here``.
    """
    path: list[str] = []
    top = False
    for position, word in enumerate(words):
        if word.quoted:
            path.append(word.text)
        elif "/" in word.text:
            top = top or (position == 0 and word.text.startswith("/"))
            parts = [one for one in word.text.split("/") if one not in ("", ".")]
            path += [one.replace("~1", "/").replace("~0", "~") for one in parts]
        elif len(words) == 1 and "." in word.text and not (isinstance(known, dict) and word.text in known):
            path += [one for one in word.text.split(".") if one]
        else:
            path.append(word.text)
    return tuple(path) if top else (*here, *path)


def data_at(data: Any, path: Path) -> Any:
    """What stands at a path; InvalidInput names the word that leads nowhere."""
    for word in path:
        if isinstance(data, dict) and word in data:
            data = data[word]
        elif isinstance(data, list) and word.isdigit() and int(word) < len(data):
            data = data[int(word)]
        else:
            raise InvalidInput(f"{' '.join(path)}: nothing is at {word!r}")
    return data


def names_at(data: Any, path: Path) -> list[str]:
    """The names beneath a path, none where it leads nowhere."""
    try:
        found = data_at(data, path)
    except InvalidInput:
        return []
    if isinstance(found, list):
        return [str(index) for index in range(len(found))]
    return list(found) if isinstance(found, dict) else []


def _json(line: str, at: int) -> tuple[Any, int]:
    try:
        return json.JSONDecoder().raw_decode(line, at)
    except ValueError as error:
        raise InvalidInput(f"from {line[at : at + 20]!r} on: {error}") from error
