"""What the files of a Spring Cloud Config Server say, as its settings."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from gitconfig_server.commands.spring_variables import with_defaults
from gitconfig_server.config.readers.formats import extensions, parse
from gitconfig_server.environments import Value
from gitconfig_server.errors import InvalidInput

_CHOICES = ("spring.profiles.active", "spring.profiles.include")


@dataclass(frozen=True, slots=True)
class Said:
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
