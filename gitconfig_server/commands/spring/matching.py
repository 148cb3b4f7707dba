"""Which rule a setting of Spring's falls under, and where our settings are put."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from gitconfig_server.commands.spring.files import canonical
from gitconfig_server.commands.spring.keys import FATES, GIT, Fate


def find_fate(key: str) -> tuple[Fate, tuple[str, ...]] | None:
    """What becomes of ``key``, and the names that stood for the wild parts of its rule; exact rules come first."""
    for parts, fate in _RULES:
        names = _match(parts, key.split("."))
        if names is not None:
            return fate, names
    return None


def _match(parts: tuple[str, ...], key: list[str]) -> tuple[str, ...] | None:
    names: list[str] = []
    for number, part in enumerate(parts):
        if part == "**":
            return (*names, ".".join(key[number:])) if number < len(key) else None
        if number >= len(key) or part not in ("*", canonical(key[number])):
            return None
        if part == "*":
            names.append(key[number])
    return tuple(names) if len(parts) == len(key) else None


def repository_key(key: str) -> str | None:
    """``""`` for the repository's own address, the name of a matched one for its, None for any other key."""
    parts = key.split(".")
    inside = parts[len(GIT.split(".")) :]
    if canonical(".".join(parts[: len(GIT.split("."))])) != GIT:
        return None
    if [canonical(part) for part in inside] == ["uri"]:
        return ""
    if len(inside) in (2, 3) and canonical(inside[0]) == "repos" and [*inside[2:], "uri"][0] == "uri":
        return inside[1]
    return None


def fill_in(ours: str, names: Iterable[str]) -> tuple[str, ...]:
    """The path of our setting, with the names that stood for the wild parts of theirs."""
    left: Iterator[str] = iter(names)
    return tuple(next(left) if part in ("*", "**") else part for part in ours.split("."))


def put(settings: dict[str, Any], at: tuple[str, ...], value: Any) -> None:
    """Store one of our settings; groups are made on the way."""
    *groups, name = at
    for group in groups:
        settings = settings.setdefault(group, {})
    settings[name] = value


def get(settings: Mapping[str, Any], at: tuple[str, ...], default: Any) -> Any:
    """One of our settings, ``default`` if it is not there."""
    *groups, name = at
    for group in groups:
        settings = settings.get(group, {})
    return settings.get(name, default)


_RULES: list[tuple[tuple[str, ...], Fate]] = sorted(
    ((tuple(part if "*" in part else canonical(part) for part in key.split(".")), fate) for key, fate in FATES.items()),
    key=lambda rule: (rule[0][-1] == "**", -len(rule[0]), "*" in rule[0]),
)
