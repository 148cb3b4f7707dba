"""What the files of a Spring Cloud Config Server say, as its settings; placeholders filled from its environment."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct

from gitconfig_server.errors import InvalidInput
from gitconfig_server.formats.reading.formats import extensions, parse
from gitconfig_server.model.environments import Value

_INNERMOST = re.compile(r"\$\{([^:{}$]+)(?::([^{}]*))?\}")
_OPENING = re.compile(r"\$\{([^:{}$]+)(:?)")
_OF_JAVA = {"user.home": "HOME", "user.dir": "PWD", "user.name": "USER"}


def has_variables(text: str) -> bool:
    """Whether anything in it is to be filled in; ``{application}`` is not."""
    return _INNERMOST.search(text) is not None


def with_defaults(text: str) -> str | None:
    """``text`` with the default of every placeholder in its place, from the inside out; None where one has none."""
    while found := _INNERMOST.search(text):
        if found[2] is None:
            return None
        text = text[: found.start()] + found[2] + text[found.end() :]
    return text


def in_shell(text: str) -> str:
    """The same text for a shell's double quotes."""
    return _OPENING.sub(lambda found: f"${{{_variable(found[1])}{':-' if found[2] else ''}", text)


def variables(text: str) -> str:
    """The names in ``text`` as they are written, for a message."""
    return ", ".join(f"${{{found[1]}}}" for found in _OPENING.finditer(text))


def _variable(name: str) -> str:
    """The variable that Spring reads for ``name``."""
    return _OF_JAVA.get(name) or re.sub(r"[.-]", "_", name).upper()


_CHOICES = ("spring.profiles.active", "spring.profiles.include")


class Said(Struct, frozen=True):
    """One setting of theirs: the key as it is written, its value, and ``file:line``."""

    key: str
    value: Value
    place: str


def read_spring_files(paths: Iterable[Path], profiles: tuple[str, ...]) -> list[Said]:
    """The settings that files state for ``profiles``; a later document, and a later file, wins.

    Raises InvalidInput for a file that is not there, InvalidContent with the line for one that cannot be read.
    """
    said: dict[str, Said] = {}
    for path in paths:
        if path.suffix.removeprefix(".") not in extensions():
            raise InvalidInput(f"{path}: expected .yml, .yaml or .properties")
        try:
            content = path.read_bytes()
        except OSError as error:
            raise InvalidInput(f"{path}: {error.strerror or error}") from error
        for document in parse(str(path), content):
            if document.activation and not document.activation.is_active(frozenset(profiles)):
                continue
            for key, value in document.properties.items():
                place = document.positions.get(key)
                said[canonical(key)] = Said(key, value, f"{path.name}:{place.line}" if place else path.name)
    return list(said.values())


def active_profiles(paths: Iterable[Path]) -> tuple[str, ...]:
    """The profiles that the files themselves say are active, ``default`` where they say none."""
    said = read_spring_files(paths, ("default",))
    texts = [str(one.value) for one in said if canonical(without_index(one.key)) in _CHOICES]
    names = [name.strip() for text in texts for name in (with_defaults(text) or "").split(",")]
    return tuple(filter(None, names)) or ("default",)


def without_index(key: str) -> str:
    """``key`` without the numbers of list items in it."""
    return re.sub(r"\[\d+\]", "", key)


def canonical(key: str) -> str:
    """Relaxed binding: ``searchPaths``, ``search_paths`` and ``search-paths`` are one name."""
    return re.sub(r"[-_]", "", key).lower()
