"""From the settings of a Spring Cloud Config Server to ours: what carries over, what needs nothing, what cannot."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from gitconfig_server.commands.spring.files import (
    Said,
    canonical,
    has_variables,
    in_shell,
    variables,
    with_defaults,
    without_index,
)
from gitconfig_server.commands.spring.keys import FATES, GIT, SERVER, Fate, Needless, Same
from gitconfig_server.model.environments import Value

REPOSITORY = "config.git"
"""Where the copy of a remote repository is kept, relative to where the server is started."""

_BRACKETED = re.compile(r"\[([^\]]*[^\]\d][^\]]*)\]")
_REMOTE = re.compile(r"(?:https?|ssh|git)://|[^/:]+@[^/:]+:")
_TEMPLATE = re.compile(r"\{(?:application|profile|label)\}")
_PREFIX, _MONITOR = ("spring", "prefix"), ("monitor", "path")
_CONTEXT = "server.servlet.contextpath"
_FOLLOWED = ("upstream", "url")
_OVERRIDES = ("spring", "overrides")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


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


def translate(said: Iterable[Said]) -> Translation:
    """Our settings for theirs. A global default label wins over that of their Git backend."""
    result = Translation()
    for one in sorted(said, key=lambda one: canonical(one.key) == canonical(f"{SERVER}.default-label")):
        _Translator(result, one).translate()
    if result.settings and "host" not in result.settings:
        result.notes.append(
            Note(
                "server.address",
                "",
                "their server answers the network; ours asks nobody who is calling, and answers this machine alone",
                "to switch, set host: 0.0.0.0, allow_open_network: true, allowed_hosts: [the names it is called by]",
            )
        )
    return result


def told(notes: Sequence[Note]) -> Iterator[str]:
    """The notes as lines to read, what somebody has to do first; notes that say the same stand together."""
    for title, care in (("to be seen to:", True), ("needs nothing:", False)):
        grouped: dict[tuple[str, str], list[str]] = {}
        for note in notes:
            if note.needs_care is care:
                grouped.setdefault((note.reason, note.way_out), []).append(f"  {f'{note.place}  {note.key}'.strip()}")
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
        key = _BRACKETED.sub(r".\1", said.key)
        is_override = canonical(key).startswith(f"{SERVER}.overrides.")
        self._plain_key = key if is_override else without_index(key)

    def translate(self) -> None:
        """Put it among ours, or say why not."""
        matched = _find(self._plain_key)
        uri = _repository_key(self._plain_key)
        if uri is not None:
            self._repository(uri)
        elif matched is None:
            known = canonical(self._plain_key).startswith("spring.cloud.config.")
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
        elif ours in (_PREFIX, _MONITOR):
            self._prefixes(ours, str(value))
        elif ours == ("host",) and value not in _LOOPBACK:
            return  # what is to be done for that, every translation says
        else:
            if ours[:2] == _OVERRIDES and has_variables(str(value).replace("\\{", "")):
                self._note("clients fill it in, no more the server", "write the value itself, where it is the server's")
            _put(self._result.settings, ours, value)

    def _listed(self, ours: tuple[str, ...], value: Value) -> None:
        items = [part.strip() for part in str(value).split(",") if part.strip()]
        _put(self._result.settings, ours, [*_get(self._result.settings, ours, []), *items])

    def _prefixes(self, ours: tuple[str, ...], value: str) -> None:
        """The context path comes before both paths; the file may hold them in any order."""
        is_context = canonical(self._plain_key) == _CONTEXT
        for path in (_PREFIX, _MONITOR) if is_context else (ours,):
            standing = _get(self._result.settings, path, "")
            parts = [one.strip("/") for one in ((value, standing) if is_context else (standing, value))]
            _put(self._result.settings, path, "".join(f"/{part}" for part in parts if part))
        if is_context:
            self._note("/actuator, /health and /metrics stay at the root", "point probes there")

    def _repository(self, name: str) -> None:
        at = ("spring", "repositories", name, "uri") if name else _main_setting(str(self._said.value))
        value = self._value(Same("", text=True), at)
        if value is not None and name:
            self._matched(at, name, str(value))
        elif value is not None:
            self._main(str(value))
        elif at == _FOLLOWED:
            _put(self._result.settings, ("repository",), REPOSITORY)

    def _matched(self, at: tuple[str, ...], name: str, uri: str) -> None:
        if not _REMOTE.match(uri):
            _put(self._result.settings, at, uri)
            return
        mirror = f"{name}.git".replace("*", "any")
        _put(self._result.settings, at, mirror)
        self._note(
            "matched repositories are read from local folders",
            f"git clone --mirror {_without_password(uri)} {mirror}, and git -C {mirror} fetch from a timer",
        )

    def _main(self, uri: str) -> None:
        if _REMOTE.match(uri) and (found := _TEMPLATE.search(uri)):
            self._note(
                "one remote repository can be followed, not one for each",
                f"keep mirrors beside the server (git clone --mirror), and set repository: mirrors/{found[0]}.git",
            )
        elif _REMOTE.match(uri):
            _put(self._result.settings, _FOLLOWED, uri)
            _put(self._result.settings, ("repository",), REPOSITORY)
            _put(self._result.settings, ("repository_uri",), _without_password(uri))
            self._note("is followed from now on", f"git init --bare {REPOSITORY}: the server keeps its copy there")
        else:
            _put(self._result.settings, ("repository",), uri)
            self._note("what is not committed there is not served", "git commit it")

    def _value(self, fate: Same, ours: tuple[str, ...]) -> Any:
        """The value as ours wants it; None where it has to come from somewhere else."""
        value: Any = self._said.value
        if isinstance(value, str) and value.startswith("classpath:"):
            self._note("there is no class path", f"copy the file beside the server, and name it at {'.'.join(ours)}")
            return None
        if isinstance(value, str) and value.startswith("{cipher}"):
            self._note("is encrypted for the old server alone", f"have it decrypted there (/decrypt), {_way(ours)}")
            return None
        if isinstance(value, str) and has_variables(value) and ours[:2] != _OVERRIDES:
            value = self._without_variables(value, ours)
            if value is None:
                return None
        if fate.text:
            return value if isinstance(value, str) else _text(value)
        value = _typed(value) if isinstance(value, str) and not fate.listed else value
        return not value if fate.negated else value

    def _without_variables(self, value: str, ours: tuple[str, ...]) -> str | None:
        filled = with_defaults(value)
        if filled is None:
            self._note("comes from the environment", _way(ours, in_shell(value)))
        else:
            self._note(f"{variables(value)}: not looked up, the default is taken", f"{_way(ours)} for another value")
        return filled

    def _note(self, reason: str, way_out: str = "") -> None:
        self._result.notes.append(Note(self._said.key, self._said.place, reason, way_out))


def _main_setting(uri: str) -> tuple[str, ...]:
    """Which setting of ours an address is for; one that only variables tell is taken for a remote one."""
    text = in_shell(with_defaults(uri) or uri)
    unknown = text.startswith("${") and not text.startswith(("${HOME}", "${PWD}"))
    return _FOLLOWED if unknown or _REMOTE.match(text) else ("repository",)


def _way(ours: tuple[str, ...], value: str = "") -> str:
    """How a value that the file does not hold gets to its setting; there are no variables for parts of mappings."""
    if ours[:2] in (_OVERRIDES, ("spring", "repositories"), ("encrypt", "keys")):
        return f"write it at {'.'.join(ours)}"
    name = "GITCONFIG_" + "__".join(ours).upper()
    return f'export {name}="{value}"' if value else f"set {name}"


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
        if number >= len(key) or part not in ("*", canonical(key[number])):
            return None
        if part == "*":
            names.append(key[number])
    return tuple(names) if len(parts) == len(key) else None


def _repository_key(key: str) -> str | None:
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


def _typed(text: str) -> Any:
    """What the text is in YAML; our settings say what is wrong with what is nothing there."""
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        return text


def _text(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _without_password(uri: str) -> str:
    return re.sub(r"//[^/@]*@", "//", uri)


_RULES: list[tuple[tuple[str, ...], Fate]] = sorted(
    ((tuple(part if "*" in part else canonical(part) for part in key.split(".")), fate) for key, fate in FATES.items()),
    key=lambda rule: (rule[0][-1] == "**", -len(rule[0]), "*" in rule[0]),
)
