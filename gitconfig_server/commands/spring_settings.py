"""From the settings of a Spring Cloud Config Server to ours: what carries over, what needs nothing, what cannot."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from gitconfig_server.commands.spring_keys import FATES, GIT, SERVER, Fate, Needless, Same
from gitconfig_server.config.formats import extensions, parse
from gitconfig_server.environments import Value
from gitconfig_server.errors import InvalidInput

REPOSITORY = "config.git"
"""Where the copy of a remote repository is kept, relative to where the server is started."""

_INDEX = re.compile(r"\[\d+\]")
_BRACKETED = re.compile(r"\[([^\]]*[^\]\d][^\]]*)\]")
_VARIABLE = re.compile(r"\$\{([^:{}]+)(?::([^{}]*))?\}")
_REMOTE = re.compile(r"(?:https?|ssh|git)://|[^/:]+@[^/:]+:")
_PREFIXES = ("server.servlet.context-path", f"{SERVER}.prefix")


@dataclass(frozen=True, slots=True)
class Said:
    """One setting of theirs: the key as it is written, its value, and ``file:line``."""

    key: str
    value: Value
    place: str


@dataclass(frozen=True, slots=True)
class Note:
    """What becomes of one of their settings, where it is not simply ours under another name."""

    key: str
    place: str
    reason: str
    way_out: str = ""

    @property
    def needs_care(self) -> bool:
        """Whether somebody has to do something about it."""
        return bool(self.way_out)


@dataclass(slots=True)
class Translation:
    """Our settings, nested, and the notes on theirs in the order of the file."""

    settings: dict[str, Any] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)

    def as_yaml(self) -> str:
        """The settings file."""
        return yaml.safe_dump(self.settings, sort_keys=False, allow_unicode=True, width=120) if self.settings else ""


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
                said[_canonical(key)] = Said(key, value, f"{path.name}:{place.line}" if place else path.name)
    return list(said.values())


def translate(said: Iterable[Said]) -> Translation:
    """Our settings for theirs. A global default label wins over that of their Git backend."""
    result = Translation()
    for one in sorted(said, key=lambda one: _canonical(one.key) == _canonical(f"{SERVER}.default-label")):
        _Translator(result, one).translate()
    return result


def told(notes: Sequence[Note]) -> Iterator[str]:
    """The notes as lines to read, what somebody has to do first; notes that say the same stand together."""
    for title, care in (("to be seen to:", True), ("needs nothing:", False)):
        grouped: dict[tuple[str, str], list[str]] = {}
        for note in notes:
            if note.needs_care is care:
                grouped.setdefault((note.reason, note.way_out), []).append(f"  {note.place}  {note.key}")
        if grouped:
            yield title
        for (reason, way_out), places in grouped.items():
            yield from places
            yield f"      {reason}" + (f"; {way_out}" if way_out else "")


class _Translator:
    """One of their settings."""

    def __init__(self, result: Translation, said: Said) -> None:
        self._result = result
        self._said = said
        self._plain_key = _INDEX.sub("", _BRACKETED.sub(r".\1", said.key))

    def translate(self) -> None:
        """Put it among ours, or say why not."""
        matched = _find(self._plain_key)
        uri = _repository_key(self._plain_key)
        if uri is not None:
            self._repository(uri)
        elif matched is None:
            known = _canonical(self._plain_key).startswith("spring.cloud.config.")
            self._note("is not known here", "see the settings in the README" if known else "")
        elif isinstance(matched[0], Same):
            self._same(matched[0], matched[1])
        elif isinstance(matched[0], Needless):
            self._note(matched[0].reason)
        else:
            self._note(matched[0].reason, matched[0].way_out)

    def _same(self, fate: Same, names: tuple[str, ...]) -> None:
        ours = _fill(fate.ours, names)
        value = self._value(fate, ours)
        if value is None:
            return
        if ours == ("upstream", "refresh") and (not isinstance(value, int | float) or value <= 0):
            self._note(
                "the remote is fetched on an interval, never inside a request",
                "set upstream.refresh (60s where nothing is said) and a webhook to /monitor",
            )
        elif fate.listed:
            self._listed(ours, value)
        elif _canonical(self._plain_key) in map(_canonical, _PREFIXES):
            self._prefix(str(value))
        else:
            _put(self._result.settings, ours, value)

    def _listed(self, ours: tuple[str, ...], value: Value) -> None:
        items = [part.strip() for part in str(value).split(",") if part.strip()]
        _put(self._result.settings, ours, [*_get(self._result.settings, ours, []), *items])

    def _prefix(self, value: str) -> None:
        """The context path comes before the prefix; the file may hold them in either order."""
        standing = _get(self._result.settings, ("spring", "prefix"), "")
        parts = [value, standing] if _canonical(self._plain_key) == _canonical(_PREFIXES[0]) else [standing, value]
        joined = "/".join(part.strip("/") for part in parts if part.strip("/"))
        _put(self._result.settings, ("spring", "prefix"), f"/{joined}" if joined else "")

    def _repository(self, name: str) -> None:
        value = self._value(Same("", text=True), ("spring", "repositories", name, "uri") if name else ("repository",))
        if value is None:
            return
        uri = str(value)
        if name and _REMOTE.match(uri):
            mirror = f"{name}.git".replace("*", "any")
            _put(self._result.settings, ("spring", "repositories", name, "uri"), mirror)
            self._note(
                "matched repositories are read from local folders",
                f"git clone --mirror {_without_password(uri)} {mirror}, and git -C {mirror} fetch from a timer",
            )
        elif name:
            _put(self._result.settings, ("spring", "repositories", name, "uri"), uri)
        elif _REMOTE.match(uri):
            _put(self._result.settings, ("upstream", "url"), uri)
            _put(self._result.settings, ("repository",), REPOSITORY)
            self._note("is followed from now on", f"git init --bare {REPOSITORY}: the server keeps its copy there")
        else:
            _put(self._result.settings, ("repository",), uri)
            self._note("what is not committed there is not served", "git commit it")

    def _value(self, fate: Same, ours: tuple[str, ...]) -> Any:
        """The value as ours wants it; None where it has to come from somewhere else."""
        value = self._said.value
        if isinstance(value, str) and value.startswith("{cipher}"):
            variable = "GITCONFIG_" + "__".join(ours).upper()
            self._note("is encrypted for the old server alone", f"have it decrypted there (/decrypt), set {variable}")
            return None
        if isinstance(value, str) and (found := _VARIABLE.search(value)) and ours[:2] != ("spring", "overrides"):
            return self._from_variable(value, found, ours)
        if fate.text:
            return value if isinstance(value, str) else _text(value)
        value = yaml.safe_load(value) if isinstance(value, str) and not fate.listed else value
        return not value if fate.negated else value

    def _from_variable(self, value: str, found: re.Match[str], ours: tuple[str, ...]) -> Any:
        variable = "GITCONFIG_" + "__".join(ours).upper()
        if found[2]:
            self._note(f"${{{found[1]}}} is not looked up: its default is taken", f"set {variable} for another value")
            return _VARIABLE.sub(lambda one: one[2] or "", value)
        theirs = re.sub(r"[.-]", "_", found[1]).upper()
        self._note("comes from the environment", f'export {variable}="{_VARIABLE.sub(f"${theirs}", value)}"')
        return None

    def _note(self, reason: str, way_out: str = "") -> None:
        self._result.notes.append(Note(self._said.key, self._said.place, reason, way_out))


def _find(key: str) -> tuple[Fate, tuple[str, ...]] | None:
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
        if number >= len(key) or part not in ("*", _canonical(key[number])):
            return None
        if part == "*":
            names.append(key[number])
    return tuple(names) if len(parts) == len(key) else None


def _repository_key(key: str) -> str | None:
    """``""`` for the repository's own address, the name of a matched one for its, None for any other key."""
    parts = key.split(".")
    inside = parts[len(GIT.split(".")) :]
    if _canonical(".".join(parts[: len(GIT.split("."))])) != GIT:
        return None
    if [_canonical(part) for part in inside] == ["uri"]:
        return ""
    if len(inside) in (2, 3) and _canonical(inside[0]) == "repos" and [*inside[2:], "uri"][0] == "uri":
        return inside[1]
    return None


def _fill(ours: str, names: Iterable[str]) -> tuple[str, ...]:
    left: Iterator[str] = iter(names)
    return tuple(next(left) if part in ("*", "**") else part for part in ours.split("."))


def _put(settings: dict[str, Any], at: tuple[str, ...], value: Any) -> None:
    *groups, name = at
    for group in groups:
        settings = settings.setdefault(group, {})
    settings[name] = value


def _get(settings: Mapping[str, Any], at: tuple[str, ...], default: Any) -> Any:
    *groups, name = at
    for group in groups:
        settings = settings.get(group, {})
    return settings.get(name, default)


def _canonical(key: str) -> str:
    """Relaxed binding: ``searchPaths``, ``search_paths`` and ``search-paths`` are one name."""
    return re.sub(r"[-_]", "", key).lower()


def _text(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _without_password(uri: str) -> str:
    return re.sub(r"//[^/@]*@", "//", uri)


_RULES: list[tuple[tuple[str, ...], Fate]] = sorted(
    (
        (tuple(part if "*" in part else _canonical(part) for part in key.split(".")), fate)
        for key, fate in FATES.items()
    ),
    key=lambda rule: (rule[0][-1] == "**", -len(rule[0]), "*" in rule[0]),
)
