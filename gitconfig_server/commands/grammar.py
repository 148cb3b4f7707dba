"""The words of the command line: sources, assignments, values, authors. Nothing here asks anybody."""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

from msgspec import Struct

from gitconfig_server.config.names.file_names import DEFAULT_PROFILE, check_application, check_profiles
from gitconfig_server.errors import InvalidChange, InvalidInput, InvalidRevision
from gitconfig_server.model.environments import Value
from gitconfig_server.model.findings import Given, Keep, Resolution
from gitconfig_server.model.writes import Author
from gitconfig_server.revisions import parse_time
from gitconfig_server.text.typed import read_typed
from gitconfig_server.wire.writes import read_author

_MAX_VALUE = 8 * 1024 * 1024
"""Bytes of a file that a value is read from."""

_ASSIGNMENT = re.compile(r"(?P<key>.+?)(?P<sign>:=|=)(?P<value>.*)", re.DOTALL)
_COMMIT = re.compile(r"[0-9a-f]{40}")
_DURATION = re.compile(r"(?P<number>[0-9]{1,9})(?P<unit>[smhd]?)")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 24 * 3600}


class SourceName(Struct, frozen=True):
    """``orders/prod``; ``profile`` is None where the word names the application alone."""

    application: str
    profile: str | None = None

    @property
    def or_default(self) -> str:
        """The profile, ``default`` where none was named."""
        return self.profile or DEFAULT_PROFILE

    def __str__(self) -> str:
        return self.application if self.profile is None else f"{self.application}/{self.profile}"


def read_source_name(word: str) -> SourceName:
    """``orders/prod``, or ``orders`` alone. What follows the last slash is the profile: applications may have slashes.

    InvalidName where there can be no application or profile of that name.
    """
    application, slash, profile = word.rpartition("/")
    if not slash:
        return SourceName(check_application(word))
    return SourceName(check_application(application), ",".join(check_profiles(profile)))


def read_duration(word: str) -> int:
    """``600``, ``90s``, ``10m``, ``2h`` in seconds; InvalidInput for what is none."""
    found = _DURATION.fullmatch(word.strip())
    if not found:
        raise InvalidInput(f"{word!r}: expected a duration like 600, 90s, 10m, 2h or 1d")
    return int(found["number"]) * _SECONDS[found["unit"]]


def read_end(word: str | None) -> datetime | None:
    """A time, or a duration from now; InvalidInput for what is neither."""
    if word is None:
        return None
    if _DURATION.fullmatch(word.strip()):
        return datetime.now(UTC) + timedelta(seconds=read_duration(word))
    try:
        return parse_time(word)
    except InvalidRevision as error:
        raise InvalidInput(
            f"{word!r}: expected a time such as 2026-01-31T12:00Z, or how long: 90s, 10m, 2h, 1d"
        ) from error


def read_assignments(words: Sequence[str], *, text: bool = False) -> dict[str, Any]:
    """``key=value``, ``key:=json``, ``key=@file`` and ``key:=@file`` (``@-``: standard input), each key once.

    ``text``: what follows ``=`` is taken as it is written. Raises InvalidInput.
    """
    found: dict[str, Any] = {}
    for word in words:
        match = _ASSIGNMENT.fullmatch(word)
        if match is None:
            raise InvalidInput(f"{word!r}: expected key=value, or key:=json")
        key = match["key"]
        if key in found:
            raise InvalidInput(f"{key} is set twice")
        read = _json_value if match["sign"] == ":=" else _as_written if text else _plain_value
        found[key] = read(key, match["value"])
    return found


def read_author_option(text: str) -> Author:
    """``Ada <ada@example.com>``, or a name alone; InvalidInput for anything else."""
    try:
        return read_author(text)
    except InvalidChange as error:
        raise InvalidInput(f"author {text!r}: expected it like 'Ada <ada@example.com>'") from error


def read_resolution(word: str) -> tuple[str, Resolution]:
    """``db.pool=staged``, ``orders.yml=label`` or ``orders.yml#db.pool:=30``: what is right where both sides differ.

    InvalidInput for anything else.
    """
    place, colon, value = word.partition(":=")
    if colon and place:
        return place, Given(_json_value(place, value))
    place, _, side = word.rpartition("=")
    if not place or side not in [keep.value for keep in Keep]:
        expected = "PLACE=staged, PLACE=label or PLACE:=JSON, a place being a file, a key or FILE#KEY"
        raise InvalidInput(f"--keep {word!r}: expected {expected}")
    return place, Keep(side)


def read_commit_id(text: str | None, option: str = "--expect") -> str | None:
    """A full commit id; InvalidInput for anything else."""
    if text is not None and not _COMMIT.fullmatch(text):
        raise InvalidInput(f"{option} {text!r}: expected a full commit id, 40 hex digits (--json shows them)")
    return text


def keys_beneath(key: str, keys: Iterable[str]) -> list[str]:
    """``key`` itself and what stands beneath it: ``db`` means ``db.pool`` and ``db[0]`` too, but not ``dbx``."""
    return [one for one in keys if one == key or one.startswith((f"{key}.", f"{key}["))]


def _plain_value(key: str, text: str) -> Value:
    return _content(key, text[1:]) if text.startswith("@") else read_typed(text)


def _as_written(_: str, text: str) -> str:
    return text


def _json_value(key: str, text: str) -> Any:
    """JSON, each number exactly."""
    content = _content(key, text[1:]) if text.startswith("@") else text
    refuse = _refusal(key)
    try:
        value = json.loads(content, parse_constant=refuse, parse_float=lambda digits: _finite(key, digits))
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{key}: what follows := is no JSON: {error} (text is set with =)") from error
    return value


def _finite(key: str, digits: str) -> float:
    number = float(digits)
    return number if math.isfinite(number) else _refusal(key)(digits[:40])


def _refusal(key: str) -> Callable[[str], NoReturn]:
    def refuse(word: str) -> NoReturn:
        raise InvalidInput(f"{key}: {word} is no number that can be stored: set it as text, with =")

    return refuse


def _content(key: str, name: str) -> str:
    """What a file says, a last line's end left out."""
    try:
        if name == "-":
            content = sys.stdin.buffer.read(_MAX_VALUE + 1)
        else:
            with Path(name).open("rb") as file:
                content = file.read(_MAX_VALUE + 1)
        text = content.decode()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "is not UTF-8 text"
        raise InvalidInput(f"{key}: @{name}: {reason} (--text takes a value that begins with @ as it is)") from error
    if len(content) > _MAX_VALUE:
        raise InvalidInput(f"{key}: @{name}: holds more than {_MAX_VALUE} bytes")
    return text.removesuffix("\n").removesuffix("\r")
