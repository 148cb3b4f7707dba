"""A configuration as people at a terminal read it: in braces, as ``set`` lines, or as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_PLAIN = re.compile(r"[^\s\"{}\[\];|?/#]+")


def quoted(word: str) -> str:
    """A name or text as one word that reads back."""
    return word if _PLAIN.fullmatch(word) else json.dumps(word, ensure_ascii=False)


def _word_of(value: Any) -> str:
    """A single value, an empty map or a list as one word."""
    if isinstance(value, str):
        return quoted(value) if not _looks_like_json(value) else json.dumps(value, ensure_ascii=False)
    return json.dumps(value, ensure_ascii=False)


def in_braces(
    data: Any, indent: int = 0, *, notes: Mapping[tuple[str, ...], str] | None = None, path: tuple[str, ...] = ()
) -> Iterator[str]:
    """``port 7000;`` and ``server { ... }``; ``notes``: what is to stand behind the value at a path."""
    blanks = " " * (4 * indent)
    if not isinstance(data, dict):
        yield f"{blanks}{_word_of(data)};{_note(notes, path)}"
        return
    for name, value in data.items():
        place = (*path, name)
        if isinstance(value, dict) and value:
            yield f"{blanks}{quoted(name)} {{"
            yield from in_braces(value, indent + 1, notes=notes, path=place)
            yield f"{blanks}}}"
        elif isinstance(value, list) and any(isinstance(one, dict | list) for one in value):
            yield f"{blanks}{quoted(name)} {json.dumps(value, ensure_ascii=False)};{_note(notes, place)}"
        else:
            yield f"{blanks}{quoted(name)} {_word_of(value)};{_note(notes, place)}"


def as_sets(data: Any, path: Sequence[str] = ()) -> Iterator[str]:
    """``set server port 7000``: lines that make the configuration again."""
    if isinstance(data, dict) and data:
        for name, value in data.items():
            yield from as_sets(value, (*path, name))
    elif path:
        yield " ".join(["set", *map(quoted, path), _word_of(data)])


def as_json(data: Any) -> Iterator[str]:
    """Indented JSON."""
    yield from json.dumps(data, indent=2, ensure_ascii=False).split("\n")  # other line ends stand within texts


def _note(notes: Mapping[tuple[str, ...], str] | None, path: tuple[str, ...]) -> str:
    """Where a value comes from, as a comment; of a list, where its first item does."""
    if not notes:
        return ""
    found = notes.get(path) or notes.get((*path, "0"), "")
    return f"  ## {found}" if found else ""


def _looks_like_json(text: str) -> bool:
    """Whether a text would be taken for another value if it stood bare."""
    try:
        json.loads(text)
    except ValueError:
        return text == ""
    return True
