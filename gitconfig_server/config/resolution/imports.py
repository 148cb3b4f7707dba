"""``spring.config.import``: which files of the same tree a document draws in; nothing else is ever opened."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

from gitconfig_server.config.names.locations import is_text
from gitconfig_server.config.resolution.file_search import SearchTarget
from gitconfig_server.errors import InvalidInput
from gitconfig_server.git.objects.trees import TreeView

BAD_IMPORT = "import"
_MAX_IMPORT = 1024

_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9*]*:")
_HINT = re.compile(r"(.*)\[(\.\w+)\]", re.DOTALL)
_ELSEWHERE = ("configserver:", "configtree:", "env:")
"""What Spring does not read by extension."""


class Import(Struct, frozen=True):
    """One place that an import names; ``folder`` None: it lies outside of the tree, and counts as not found.

    The other fields are those of a ``SearchTarget``. The last part of ``folder`` may be ``*``.
    """

    folder: str | None
    optional: bool
    stem: str | None = None
    ending: str = ""
    extension: str = ""


def parse_import(text: str, folder: str, extensions: Sequence[str]) -> list[Import]:
    """What ``text`` names, seen from a file in ``folder``: files or, with a slash at the end, folders, split by ``;``.

    As in Spring ``[.yml]`` at the end says how to read a file without extension, case does not matter in extensions,
    and a file that cannot be read for its extension is left out if it is optional. Raises InvalidInput otherwise, and
    for wildcards other than one ``*`` in place of the last folder.
    """
    if len(text) > _MAX_IMPORT:
        raise InvalidInput(f"{text[:80]!r} goes on for more than {_MAX_IMPORT} characters")
    found: list[Import] = []
    for part in text.split(";"):
        location = part.removeprefix("optional:")
        optional = location != part
        place = location.removeprefix("resource:").replace("\\", "/")
        if place.strip() and (one := _parse(place, folder, extensions, optional)):
            found.append(one)
    return found


def find_target(tree: TreeView, one: Import) -> SearchTarget | None:
    """Where in the tree an import leads; None for a place outside."""
    if one.folder is None:
        return None
    parent, _, last = one.folder.rpartition("/")
    folders = [one.folder.encode()]
    if last == "*":
        base = f"{parent}/".encode() if parent else b""
        folders = [base + name for name in tree.folders(parent.encode()) if is_text(name)]
    return SearchTarget(tuple(folders), one.stem, one.ending, one.extension)


def _parse(place: str, folder: str, extensions: Sequence[str], optional: bool) -> Import | None:
    outside = place.startswith("/") or _SCHEME.match(place) is not None
    if place.startswith(_ELSEWHERE):
        return Import(None, optional)
    if place.endswith("/"):
        return Import(None if outside else _join(folder, place), optional)
    hint = _HINT.fullmatch(place)
    name = hint[1] + hint[2] if hint else place
    extension = next((one for one in extensions if name.lower().endswith(one)), "")
    if not extension:
        if optional:
            return None
        known = ", ".join(extensions)
        raise InvalidInput(f"{place!r} has none of the extensions {known}: add one, [.yml], or for a folder a slash")
    path, _, stem = name[: -len(extension) - 1].rpartition("/")
    if "*" in stem:
        raise InvalidInput(f"{place!r}: a * may stand for the last folder alone")
    inside = None if outside else _join(folder, path)
    return Import(inside, optional, stem, "" if hint else f".{extension}", extension)


def _join(folder: str, path: str) -> str | None:
    """``path`` seen from ``folder``, from the root; None where it leaves the tree."""
    parts = folder.split("/") if folder else []
    for part in path.split("/"):
        if part == ".." and not parts:
            return None
        if part == "..":
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    if any("*" in part for part in parts[:-1]) or (parts and "*" in parts[-1] and parts[-1] != "*"):
        raise InvalidInput(f"{path!r}: a * may stand for the last folder alone")
    return "/".join(parts)
