"""What a document asks of its reader in ``spring.*`` keys: further profiles, further files, a cloud platform."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from msgspec import Struct

from gitconfig_server.errors import InvalidContent
from gitconfig_server.formats.reading.activation import plain_key, read_platform
from gitconfig_server.formats.values import scalar_text
from gitconfig_server.model.environments import Value

_IMPORT = "spring.config.import"
_INCLUDE = "spring.profiles.include"
_GROUP = "spring.profiles.group"
_PLATFORM = "spring.main.cloudplatform"

MAX_ITEMS = 100
"""Items of one list of files or profiles."""

_SUFFIX = re.compile(r"(?:\[\d+\])?")
_PART = re.compile(r"\[([^\]]*)\]|([^.\[]+)")
_DROPPED = re.compile(r"[^A-Za-z0-9_-]")


class Said(NamedTuple):
    """One item of a list: the key it stands at, its text, and where its value stands."""

    key: str
    text: str
    line: int = 0
    column: int = 0

    @property
    def has_placeholders(self) -> bool:
        """Whether it becomes a comma list only when its placeholders are resolved."""
        return "${" in self.text

    def error(self, path: str, rule: str, detail: str) -> InvalidContent:
        """The error that names this item of the file at ``path``."""
        return InvalidContent(path, rule, f"{self.key}: {detail}", self.line, self.column)


class Directives(Struct, frozen=True):
    """The files to import, the profiles to include, profiles with what each of them brings, and the platform."""

    imports: tuple[Said, ...] = ()
    includes: tuple[Said, ...] = ()
    groups: tuple[tuple[str, tuple[Said, ...]], ...] = ()
    platform: str | None = None

    def profiles(self) -> Iterator[Said]:
        """Every profile that is named."""
        yield from self.includes
        for _, members in self.groups:
            yield from members


NOTHING = Directives()


def read_directives(
    path: str, said: Mapping[str, str], properties: Mapping[str, Value], places: Mapping[str, tuple[int, int]]
) -> Directives | None:
    """What a document with the spring keys ``said`` asks for; None where it asks for nothing.

    Raises InvalidContent for lists with gaps, and for those of more than MAX_ITEMS items.
    """
    lists = _Lists(path, properties, places)
    imports, includes = lists.named(said, _IMPORT), lists.named(said, _INCLUDE)
    groups = lists.groups() if any(key.startswith(_GROUP) for key in said) else ()
    platform = read_platform(path, said, _PLATFORM, properties, places)
    return Directives(imports, includes, groups, platform) if imports or includes or groups or platform else None


class _Lists:
    """The lists of text among the properties of a document.

    As in Spring's binder text is a comma list, and counts before the items of a list, which are taken as they are.
    """

    def __init__(self, path: str, properties: Mapping[str, Value], places: Mapping[str, tuple[int, int]]) -> None:
        self._path = path
        self._properties = properties
        self._places = places

    def named(self, said: Mapping[str, str], name: str) -> tuple[Said, ...]:
        """The list that stands at ``name``, empty where nothing does."""
        found = {plain[len(name) :]: key for plain, key in said.items() if plain.startswith(name)}
        return self._list({suffix: key for suffix, key in found.items() if _SUFFIX.fullmatch(suffix)})

    def groups(self) -> tuple[tuple[str, tuple[Said, ...]], ...]:
        """The lists beneath ``spring.profiles.group`` by profile, whose name is taken as it is written."""
        found: dict[str, dict[str, str]] = {}
        for key in self._properties:
            if plain_key(key).startswith(_GROUP):
                rest = key.split(".", 2)[2]
                word, name, suffix = _group_parts(rest)
                if plain_key(word) == "group":
                    found.setdefault(name, {})[suffix] = key
        if one := found.pop("", {}).get(""):
            raise self._said(one).error(self._path, "profile-group", "expected a profile beneath it")
        return tuple((name, self._list(keys)) for name, keys in found.items())

    def _list(self, keys: Mapping[str, str]) -> tuple[Said, ...]:
        """The items; ``keys`` has the key of text at ``""``, those of items at ``[0]`` and so on."""
        if "" in keys:
            whole = self._said(keys[""])
            texts = [whole.text] if whole.has_placeholders else whole.text.split(",", MAX_ITEMS)
            found = [whole._replace(text=text.strip()) for text in texts] if whole.text else []
        else:
            found = [self._said(key) for index in range(len(keys)) if (key := keys.get(f"[{index}]"))]
            if len(found) < len(keys):
                raise self._said(min(keys.values())).error(self._path, "list-gap", "the list it belongs to has a gap")
        if len(found) > MAX_ITEMS:
            raise found[0].error(self._path, "too-large", f"more than {MAX_ITEMS} items")
        return tuple(found)

    def _said(self, key: str) -> Said:
        return Said(key, scalar_text(self._properties[key]), *self._places.get(key, (0, 0)))


def _group_parts(rest: str) -> tuple[str, str, str]:
    """``group.a[0]`` is the word ``group``, the profile ``a`` and the suffix ``[0]``.

    Outside of brackets a name keeps letters, digits, ``-`` and ``_`` alone, and may go on behind a dot.
    """
    parts = _PART.finditer(rest)
    word = next(parts)
    names: list[str] = []
    for part in parts:
        if names and part[1] is not None and part[1].isdecimal():
            return word.group(), ".".join(names), part.group()
        names.append(_DROPPED.sub("", part[2]) if part[1] is None else part[1])
    return word.group(), ".".join(names), ""
