"""``gitconfig.yml`` at the root of a tree: what the tree says about itself."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import NoReturn

from msgspec import Struct

from gitconfig_server.config.names.file_names import check_profiles, is_profile
from gitconfig_server.config.names.locations import SearchPath, parse_search_path
from gitconfig_server.errors import InvalidContent, InvalidName, TooLarge
from gitconfig_server.formats.reading.documents import DEFAULT_LIMITS, FlatDocument
from gitconfig_server.formats.reading.yaml_text import read_yaml
from gitconfig_server.git.objects.trees import TreeView
from gitconfig_server.lru import Recent

MANIFEST = "gitconfig.yml"
"""Its path. It is no application's source."""

SCHEMAS = "schemas"
"""The folder of schemas: nothing in it is an application's."""

_MOST_SEARCH_PATHS = 100

_KEYS = ("profiles", "search_paths", "json", "combinations")


class Manifest(Struct, frozen=True):
    """What a tree declares: further profiles, folders to search beyond the server's, whether JSON files count.

    ``combinations``: profiles that are asked for together, so that schemas judge what they give.
    """

    profiles: tuple[str, ...] = ()
    search_paths: tuple[SearchPath, ...] = ()
    json: bool = False
    combinations: tuple[tuple[str, ...], ...] = ()


_READ: Recent[bytes, Manifest] = Recent(1 << 20)
"""Manifests by their blobs, in a megabyte: one request asks for the same one again and again."""

_MANIFEST, _PER_BYTE = 500, 8
"""Bytes of memory that a manifest takes, and for each byte of its text; names are short."""


def read_manifest(tree: TreeView) -> Manifest:
    """The manifest of a tree, an empty one where it has none. Raises InvalidContent."""
    entry = tree.entry(MANIFEST.encode())
    if not entry or not entry.is_file:
        return Manifest()
    known = _READ.get(entry.id)
    if known is None:
        text = tree.read(entry.id)
        known = parse_manifest(text)
        _READ.put(entry.id, known, _MANIFEST + _PER_BYTE * len(text))
    return known


def parse_manifest(content: bytes) -> Manifest:
    """The manifest that ``content`` states. Raises InvalidContent with the place of an unknown key or wrong value."""
    documents = read_yaml(MANIFEST, content, DEFAULT_LIMITS)
    if len(documents) > 1:
        raise InvalidContent(MANIFEST, "manifest", "only one document is allowed")
    return _Fields(documents[0]).manifest() if documents else Manifest()


class _Fields:
    """The fields of a manifest's flat document."""

    def __init__(self, document: FlatDocument) -> None:
        self._document = document

    def manifest(self) -> Manifest:
        """The whole manifest."""
        for key in self._document.properties:
            name = _top(key)
            if name not in _KEYS:
                near = difflib.get_close_matches(name, _KEYS, 1, 0.0)[0]
                self._refuse(key, f"unknown key {name!r}: did you mean {near}?", "unknown-key")
        return Manifest(self._profiles(), self._search_paths(), self._flag("json"), self._combinations())

    def _profiles(self) -> tuple[str, ...]:
        profiles = self._items("profiles")
        for key, name in profiles.items():
            if not is_profile(name):
                self._refuse(key, f"{name!r} cannot be a profile's name")
        return tuple(profiles.values())

    def _combinations(self) -> tuple[tuple[str, ...], ...]:
        found: list[tuple[str, ...]] = []
        for key, text in self._items("combinations").items():
            try:
                found.append(check_profiles(text))
            except (InvalidName, TooLarge) as error:
                self._refuse(key, str(error))
        return tuple(found)

    def _search_paths(self) -> tuple[SearchPath, ...]:
        found: list[SearchPath] = []
        for key, text in self._items("search_paths").items():
            try:
                found.append(parse_search_path(text))
            except InvalidName as error:
                self._refuse(key, str(error))
            if len(found) > _MOST_SEARCH_PATHS:
                self._refuse(key, f"at most {_MOST_SEARCH_PATHS} search paths: each costs every reader")
        return tuple(found)

    def _items(self, name: str) -> Mapping[str, str]:
        """Key -> text of a list's items."""
        found: dict[str, str] = {}
        for key, value in self._document.properties.items():
            if key == name and value == "":
                continue
            if key == f"{name}[{len(found)}]" and isinstance(value, str):
                found[key] = value
            elif _top(key) == name:
                self._refuse(key, f"{name} must be a list of text")
        return found

    def _flag(self, name: str) -> bool:
        said = {key: value for key, value in self._document.properties.items() if _top(key) == name}
        for key, value in said.items():
            if key != name or not isinstance(value, bool):
                self._refuse(key, f"{name} must be true or false")
        return said.get(name) is True

    def _refuse(self, key: str, detail: str, rule: str = "manifest") -> NoReturn:
        raise InvalidContent(MANIFEST, rule, detail, *self._document.places.get(key, (0, 0)))


def _top(key: str) -> str:
    return key.partition("[")[0].partition(".")[0]
