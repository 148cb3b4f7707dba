"""Names that differ in capitals or in the form of their Unicode alone: on many machines they are one file."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator

from gitconfig_server.git.objects.trees import ChangedFile, TreeView
from gitconfig_server.model.findings import Finding

_RULE = "similar-name"


def find_similar_names(old: TreeView | None, new: TreeView, changed: Iterable[ChangedFile]) -> Iterator[Finding]:
    """What comes to stand beside such a name in ``new``. Fatal, unless it comes with a first tip: histories hold it.

    ``changed``: what ``changed_files`` says of the two trees.

    A clone on macOS or Windows would have one file for both, and would take the one for a change of the other.
    """
    folders: dict[bytes, dict[str, list[bytes]]] = {}
    told: set[bytes] = set()
    for path, before, after in changed:
        if before is not None or after is None:
            continue
        for place, folder, name in _steps(path):
            if place in told or (old is not None and old.entry(place) is not None):
                continue
            names = folders.get(folder) or folders.setdefault(folder, _names(new, folder))
            if others := [one for one in names[_folded(name)] if one != name]:
                told.add(place)
                other = others[0].decode(errors="replace")
                detail = f"{other} stands beside it: to macOS and Windows both are one name"
                yield Finding(path=place.decode(errors="replace"), rule=_RULE, detail=detail, fatal=old is not None)


def _steps(path: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Of each folder on the way to a file, and of the file: its path, the folder it is in, and its name there."""
    folder = b""
    for name in path.split(b"/"):
        place = folder + b"/" + name if folder else name
        yield place, folder, name
        folder = place


def _names(tree: TreeView, folder: bytes) -> dict[str, list[bytes]]:
    names: dict[str, list[bytes]] = {}
    for name in tree.entries(folder):
        names.setdefault(_folded(name), []).append(name)
    return names


def _folded(name: bytes) -> str:
    # Folding may take a composed letter apart, so it is composed again: macOS compares names in one form.
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name.decode(errors="surrogateescape")).casefold())
