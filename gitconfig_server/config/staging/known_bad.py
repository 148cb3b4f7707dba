"""Values that were undone on a label: known to be bad, as its last restores and reverts tell; stored nowhere.

An apply that would set such a value again is refused, a save or push is warned. All that is kept here is keyed by the
ids of commits and blobs, so nothing of it is ever out of date.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice

from msgspec import Struct

from gitconfig_server.errors import GitConfigError, KnownBad
from gitconfig_server.formats.editing.stored import read_trees
from gitconfig_server.formats.merging.units import Units, UnitValue
from gitconfig_server.formats.reading.formats import extension_of
from gitconfig_server.git.graph import first_parents
from gitconfig_server.git.objects.commits import parents_of, read_commit, read_trailers, tree_of
from gitconfig_server.git.objects.reader import ObjectReader
from gitconfig_server.git.objects.trees import TreeEntry, TreeView, changed_files
from gitconfig_server.lru import Recent
from gitconfig_server.model.findings import Finding
from gitconfig_server.model.replace import replace

RESTORES, REVERTS = "Restores", "Reverts"
"""The trailers that name the commit something was taken from, and the commit that was undone."""
INCLUDED = "Includes-Known-Bad"
"""The trailer of a commit that sets such values again, on purpose: they are known to be bad no longer."""
_RULE = "known-bad"

_MAX_UNDONE = 100
"""Restores and reverts that are looked at."""
_MAX_COMMITS = 1000
_MAX_FILES = 200
"""Files of an offer that are looked at."""
_MAX_UNDONE_FILES = 5000
_MAX_TOLD = 20
"""Keys that a check tells, or a save or push is warned of."""

_Said = frozenset[tuple[str, UnitValue]]
"""Keys with their values."""
_File = tuple[TreeEntry | None, TreeEntry | None]
_Files = Mapping[bytes, _File]


class Undone(Struct, frozen=True):
    """A value that a commit of the label took away."""

    path: str
    key: str
    commit: str


class _Undoing(Struct, frozen=True):
    """A commit that took values away, or, where it ``includes`` known ones, set them on purpose.

    ``distance``: how many commits beneath the tip it stands.
    """

    commit: bytes
    parent: bytes
    includes: bool
    distance: int


_UNDOINGS: Recent[bytes, tuple[_Undoing, ...]] = Recent(1 << 20)
_CHANGED: Recent[bytes, _Files] = Recent(1 << 20)
_TAKEN: Recent[tuple[str, bytes, bytes], _Said] = Recent(2 << 20)
_ENTRY, _ITEM = 400, 250
"""Bytes that CPython takes for each of these beside characters, and for each thing in it."""


def refuse_known_bad(objects: ObjectReader, head: bytes, old: TreeView, new: TreeView) -> None:
    """Raise KnownBad where a tree sets again what was undone on the label at ``head``, whose tree is ``old``."""
    found = find_known_bad(objects, head, old, new)
    if found:
        first = found[0]
        place = f"{first.path}#{first.key}"
        raise KnownBad(place, first.commit, tuple(f"{one.path}#{one.key}" for one in found))


def warn_of_known_bad(objects: ObjectReader, head: bytes, tip: bytes) -> list[Finding]:
    """Remarks about what a label's new tip sets again that was undone on it; none where its message says so itself."""
    if INCLUDED in read_trailers(read_commit(objects, tip).message):
        return []
    old, new = (TreeView(objects, tree_of(objects, one)) for one in (head, tip))
    return tell_known_bad(objects, head, old, new, fatal=False)


def tell_known_bad(objects: ObjectReader, head: bytes, old: TreeView, new: TreeView, *, fatal: bool) -> list[Finding]:
    """What ``find_known_bad`` finds, in words; ``fatal``: for an apply, which is refused it."""
    return [
        Finding(one.path, _RULE, f"{one.key} is set again as it was before {one.commit[:8]} undid it", fatal=fatal)
        for one in find_known_bad(objects, head, old, new)[:_MAX_TOLD]
    ]


def find_known_bad(objects: ObjectReader, head: bytes, old: TreeView, new: TreeView) -> list[Undone]:
    """What a tree sets again that was undone."""
    undoings = _undoings(objects, head)
    if not undoings:
        return []
    changed = {path: (before, after) for path, before, after in islice(changed_files(old, new), _MAX_FILES)}
    offered: dict[bytes, _Said] = {}
    found: dict[tuple[bytes, str, UnitValue], bytes] = {}
    cleared: set[tuple[bytes, str, UnitValue]] = set()
    for undoing in undoings:
        for path, (kept, gone) in _files_of(objects, undoing).items():
            if path not in changed:
                continue
            if path not in offered:
                offered[path] = _gained(objects, path, *changed[path])
            bad = _gained(objects, path, gone, kept) if undoing.includes else _gained(objects, path, kept, gone)
            again = {(path, *one) for one in offered[path] & bad} - cleared - found.keys()
            if undoing.includes:
                cleared |= again
            else:
                found.update(dict.fromkeys(again, undoing.commit))
    listed = sorted(found.items(), key=lambda one: one[0][:2])
    return [Undone(path.decode(errors="replace"), key, commit.decode()) for (path, key, _), commit in listed]


def _undoings(objects: ObjectReader, head: bytes) -> tuple[_Undoing, ...]:
    """What took values away beneath a tip, newest first. Of a tip whose parent was asked about, one commit is read."""
    own: list[_Undoing] = []
    known: tuple[_Undoing, ...] = ()
    for distance, commit in enumerate(islice(first_parents(objects, head), _MAX_COMMITS)):
        before = _UNDOINGS.get(commit)
        if before is not None:
            known = tuple(replace(one, distance=one.distance + distance) for one in before)
            break
        trailers = read_trailers(read_commit(objects, commit).message)
        parents, _ = parents_of(objects, commit)
        if parents and trailers.keys() & {RESTORES, REVERTS, INCLUDED}:
            own.append(_Undoing(commit, parents[0], INCLUDED in trailers, distance))
    found = tuple(one for one in (*own, *known) if one.distance < _MAX_COMMITS)[:_MAX_UNDONE]
    _UNDOINGS.put(head, found, _ENTRY + _ITEM * len(found))
    return found


def _files_of(objects: ObjectReader, undoing: _Undoing) -> _Files:
    """The files that a commit changed: path -> what stands there now, and what stood there before."""
    known = _CHANGED.get(undoing.commit)
    if known is None:
        before, after = (TreeView(objects, tree_of(objects, one)) for one in (undoing.parent, undoing.commit))
        changed = islice(changed_files(before, after), _MAX_UNDONE_FILES)
        known = {path: (now, was) for path, was, now in changed}
        _CHANGED.put(undoing.commit, known, _ENTRY + sum(2 * _ITEM + len(path) for path in known))
    return known


def _gained(objects: ObjectReader, path: bytes, was: TreeEntry | None, now: TreeEntry | None) -> _Said:
    """What a file says now that it did not say before."""
    if now is None or not now.is_file:
        return frozenset()
    name = path.decode(errors="replace")
    key = (extension_of(name), was.id if was else b"", now.id)
    known = _TAKEN.get(key)
    if known is None:
        before = set(_said(objects, name, was)) if was is not None and was.is_file else set()
        known = frozenset(one for one in _said(objects, name, now) if one not in before)
        _TAKEN.put(key, known, _ENTRY + sum(_ITEM + len(name) + len(str(value)) for name, value in known))
    return known


def _said(objects: ObjectReader, path: str, entry: TreeEntry) -> Iterator[tuple[str, UnitValue]]:
    try:
        roots = read_trees(path, objects.get_raw(entry.id)[1])
    except GitConfigError:
        return
    for root in roots:
        for unit in Units(root).by_path.values():
            yield unit.key, unit.value
