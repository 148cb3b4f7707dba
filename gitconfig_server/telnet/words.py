"""A command line in words: quotes, JSON, pipes, and paths in either spelling."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from gitconfig_server.errors import InvalidInput
from gitconfig_server.telnet.target import Path
from gitconfig_server.text.typed import read_typed

_BARE = re.compile(r"[^\s|]+")
_BLANKS = re.compile(r"\s*")
_LIST = re.compile(r"\[((?:\s+[^\s\[\]{}\"|]+)*)\s+\](?=\s|$)")
"""``[ a b ]``, as Junos writes lists."""


class Word(Struct, frozen=True):
    """One word; ``quoted``: it stood in quotes, so it is text and no keyword; ``is_json``: a map or list."""

    text: str
    quoted: bool = False
    is_json: bool = False


def split_words(line: str) -> list[Word]:
    """The words of a line; a quote or brace that is left open is an error that says so."""
    words: list[Word] = []
    at = _after_blanks(line, 0)
    while at < len(line):
        if line[at] == "|":
            words.append(Word("|"))
            at += 1
        elif line[at] in '{["':
            word, at = _json_word(line, at)
            words.append(word)
        else:
            bare = _BARE.match(line, at)
            assert bare is not None
            words.append(Word(bare.group()))
            at = bare.end()
        at = _after_blanks(line, at)
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
        elif isinstance(data, list) and is_index(word) and int(word) < len(data):
            data = data[int(word)]
        else:
            raise InvalidInput(f"{' '.join(path)}: nothing is at {word!r}")
    return data


def check_single(present: Any, path: Path, text: str) -> None:
    """InvalidInput where a map stands at a path that somebody sets to a single value: most often a name was meant."""
    if isinstance(present, dict):
        here = " ".join(path)
        raise InvalidInput(f"{here} is a map: say create {here} {text[:80]}, set {here} NAME VALUE, or delete it first")


def names_at(data: Any, path: Path) -> list[str]:
    """The names beneath a path, none where it leads nowhere."""
    try:
        found = data_at(data, path)
    except InvalidInput:
        return []
    if isinstance(found, list):
        return [str(index) for index in range(len(found))]
    return list(found) if isinstance(found, dict) else []


def is_index(word: str) -> bool:
    """Whether a word counts items of a list."""
    return word.isascii() and word.isdigit() and len(word) < 10


def _after_blanks(line: str, at: int) -> int:
    blanks = _BLANKS.match(line, at)
    assert blanks is not None
    return blanks.end()


def _json_word(line: str, at: int) -> tuple[Word, int]:
    try:
        value, end = json.JSONDecoder().raw_decode(line, at)
    except RecursionError as error:
        raise InvalidInput(f"from {line[at : at + 20]!r} on: nested too deep") from error
    except ValueError as error:
        items = _LIST.match(line, at)
        if items is None:
            raise InvalidInput(f"from {line[at : at + 20]!r} on: {error}") from error
        value, end = [read_typed(item) for item in items[1].split()], items.end()
    is_text = isinstance(value, str)
    return Word(value if is_text else json.dumps(value), is_text, not is_text), end
