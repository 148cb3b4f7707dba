"""The refs in a repository's folder, as they are now, whoever wrote them.

Folders are read again only when their time stamp says so. A stamp that is younger than a tick of the file system's
clock proves nothing: such a folder is read at every look until it has settled.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Collection, Iterator, Mapping
from itertools import islice
from math import inf
from threading import RLock

from msgspec import Struct, field

from gitconfig_server.storage.disk.refs.loose import (
    LooseRef,
    Stamp,
    TooMuchToRead,
    WatchedFile,
    is_settled,
    read_loose,
    stamp_of,
    symbolic_target,
)
from gitconfig_server.storage.ref_rules import is_ref_name

_PACKED = re.compile(rb"^([0-9a-f]{40}) (.+)\n", re.MULTILINE)
_NOT_PACKED = re.compile(rb"^(?![0-9a-f]{40} .+\n|\^[0-9a-f]{40}\n|\A#.*\n|\Z)", re.MULTILINE)


def parse(content: bytes) -> dict[bytes, bytes]:
    """Ref name -> id. Lines that are neither (headers, peeled tags, what is damaged) are passed over."""
    return {name: value for value, name in _PACKED.findall(content)}


def damaged_line(content: bytes) -> int:
    """The first line, from 1, that stock Git could not read either; 0 where there is none."""
    found = _NOT_PACKED.search(content)
    return content.count(b"\n", 0, found.start()) + 1 if found else 0


def without_damage(content: bytes) -> bytes:
    """The lines of ``packed-refs`` that are what they should be."""
    first, *others = content.splitlines(keepends=True) or [b""]
    kept = [line for line in others if not line.startswith(b"#")]
    return b"".join(line for line in (first, *kept) if not _NOT_PACKED.match(line))


_PACKED_HEADER = b"# pack-refs with: peeled fully-peeled sorted \n"


def repacked(
    content: bytes, gone: Collection[bytes], made: Mapping[bytes, bytes], peeled: Mapping[bytes, bytes] | None = None
) -> bytes:
    """The same file without some refs and their peeled lines, and with some new ones.

    ``peeled``: what those of their values that are annotated tags lead to.
    """
    entries: list[tuple[bytes, bytes]] = []
    header = b""
    for line in (line + b"\n" for line in content.splitlines()):
        if line.startswith(b"#"):
            header += line
        elif line.startswith(b"^") and entries:
            entries[-1] = entries[-1][0], entries[-1][1] + line
        else:
            entries.append((line[41:].rstrip(b"\n") if line[40:41] == b" " else b"", line))
    kept = [entry for entry in entries if entry[0] not in gone and entry[0] not in made]
    beneath = {value: b"^%s\n" % target for value, target in (peeled or {}).items()}
    kept += [(ref, b"%s %s\n%s" % (value, ref, beneath.get(value, b""))) for ref, value in made.items()]
    return (header or _PACKED_HEADER) + b"".join(text for _, text in sorted(kept))


_LONGEST_CHAIN = 4
"""Symbolic refs that are followed after the first: so a circle of them ends."""


class _Folder(Struct):
    stamp: Stamp | None = None
    refs: dict[bytes, LooseRef] = field(default_factory=dict)
    below: dict[bytes, _Folder] = field(default_factory=dict)


_HURRIED = 500
"""Entries of changed folders that a hurried look reads."""

_HURRIED_BYTES = 1 << 17


class DiskRefs:
    """Any thread may ask; looking is done by one at a time."""

    def __init__(self, root: str) -> None:
        self._root = os.fsencode(root)
        self._loose = _Folder()
        self._packed_file = WatchedFile()
        self._packed: dict[bytes, bytes] = {}
        self.packed_damage = 0
        """The line of ``packed-refs`` that is none: refs that are not in ``values`` may have stood there."""
        self._head_file = WatchedFile()
        self._lock = RLock()
        self.values: dict[bytes, bytes] = {}
        """All refs when last refreshed; a new dict whenever it differs."""
        self.torn: frozenset[bytes] = frozenset()
        """Loose refs whose file holds no value; ``values`` has what is packed of them, if anything."""
        self.symbolic: dict[bytes, bytes] = {}
        """Loose refs that name another ref, and that ref; ``values`` does not have them."""
        self._touched: set[bytes] = set()
        self._moved: set[bytes] = set()
        self._doubtful: set[bytes] = set()
        self._left: float = inf
        """What was found changed, and is not yet in ``values``: with tens of thousands of refs a look costs little."""

    def refresh(self, *, hurried: bool = False) -> bool:
        """Look at everything that may have changed; whether a value or HEAD did.

        Loose refs before packed ones: Git packs a ref before it removes the loose file. A ``hurried`` look raises
        TooMuchToRead rather than take long.
        """
        with self._lock:
            head_before = self.head
            self._left = _HURRIED if hurried else inf
            try:
                self._look_at_folder(self._loose, b"refs")
                self._look_at_packed()
            finally:
                self._left = inf
            self._head_file.look(self._root + b"/HEAD")
            return (bool(self._doubtful) and self._merge()) or self.head != head_before

    @property
    def head(self) -> bytes | None:
        """The ref that HEAD named at the last refresh."""
        return symbolic_target(self._head_file.content)

    def resolved(self) -> dict[bytes, bytes]:
        """Each symbolic ref, and the ref that it leads to in the end, at the last refresh; not those of a circle."""
        found = {}
        for ref, target in self.symbolic.items():
            for _ in range(_LONGEST_CHAIN):
                target = self.symbolic.get(target, target)
            if target not in self.symbolic:
                found[ref] = target
        return found

    def read(self, ref: bytes) -> bytes | None:
        """One ref's value at this moment."""
        loose = read_loose(self._root + b"/" + ref)
        if loose is not None and not loose.torn:
            return loose.value
        with self._lock:
            self._look_at_packed()
            return self._packed.get(ref)

    def is_torn(self, ref: bytes) -> bool:
        """Whether what holds the ref is damaged, so that it has no value, at this moment."""
        loose = read_loose(self._root + b"/" + ref)
        if loose is not None:
            return loose.torn
        return self.packed(ref) is None and self.packed_damage > 0

    def packed(self, ref: bytes) -> bytes | None:
        """What ``packed-refs`` holds of it, current or overlaid by a loose value, at this moment."""
        with self._lock:
            self._look_at_packed()
            return self._packed.get(ref)

    def loose(self) -> dict[bytes, bytes]:
        """The refs with a file of their own, and what it held at the last refresh."""
        with self._lock:
            return {ref: loose.value for ref, loose in _all(self._loose) if loose.value is not None}

    def take_touched(self) -> set[bytes]:
        """Loose refs whose file was replaced since this was last asked, whether or not the value differs."""
        with self._lock:
            touched, self._touched = self._touched, set()
            return touched

    def take_moved(self) -> set[bytes]:
        """Refs whose place in ``values`` has changed since this was last asked."""
        with self._lock:
            moved, self._moved = self._moved, set()
            return moved

    def _look_at_folder(self, folder: _Folder, name: bytes) -> None:
        path = self._root + b"/" + name
        now = time.time_ns()
        try:
            stamp = stamp_of(os.stat(path))  # noqa: PTH116 - a hot path
            if stamp != folder.stamp:
                self._read_folder(folder, name)
                folder.stamp = stamp if is_settled(stamp, now) else None
                return
        except (FileNotFoundError, NotADirectoryError):
            if folder is self._loose:
                raise  # the repository is gone: that must not look like one without refs
            self._doubtful.update(ref for ref, _ in _all(folder))
            folder.stamp, folder.refs, folder.below = None, {}, {}
            return
        for below_name, below in folder.below.items():
            self._look_at_folder(below, below_name)

    def _read_folder(self, folder: _Folder, name: bytes) -> None:
        with os.scandir(self._root + b"/" + name) as scan:
            entries = list(scan if self._left == inf else islice(scan, _HURRIED))
        self._left -= len(entries)
        if self._left <= 0:
            raise TooMuchToRead
        refs_before, below_before = folder.refs, folder.below
        folder.stamp, folder.refs, folder.below = None, {}, {}
        try:
            self._read_entries(folder, name, entries, refs_before, below_before)
        except TooMuchToRead:
            folder.refs, folder.below = refs_before, below_before
            raise

    def _read_entries(
        self,
        folder: _Folder,
        name: bytes,
        entries: list[os.DirEntry[bytes]],
        refs_before: dict[bytes, LooseRef],
        below_before: dict[bytes, _Folder],
    ) -> None:
        for entry in entries:
            child = name + b"/" + entry.name
            loose = refs_before.get(child)
            if loose is not None and not loose.is_still(entry):
                loose = None
            if loose is None and entry.is_dir(follow_symlinks=False):
                folder.below[child] = below_before[child] if child in below_before else _Folder()
                self._look_at_folder(folder.below[child], child)
            elif loose is None and entry.is_file(follow_symlinks=False) and is_ref_name(child):
                loose = read_loose(self._root + b"/" + child)
            if loose is not None:
                folder.refs[child] = loose
        moved = {ref for ref, loose in folder.refs.items() if loose != refs_before.get(ref)}
        moved |= refs_before.keys() - folder.refs.keys()
        self._touched |= moved
        self._doubtful |= moved
        for gone in below_before.keys() - folder.below.keys():
            self._doubtful.update(ref for ref, _ in _all(below_before[gone]))

    def _look_at_packed(self) -> None:
        if self._packed_file.look(self._root + b"/packed-refs", _HURRIED_BYTES if self._left < inf else inf):
            before, parsed = self._packed, parse(self._packed_file.content)
            self.packed_damage = damaged_line(self._packed_file.content)
            self._packed = {ref: value for ref, value in parsed.items() if ref in before or is_ref_name(ref)}
            self._doubtful.update(ref for ref, value in self._packed.items() if before.get(ref) != value)
            self._doubtful.update(before.keys() - self._packed.keys())

    def _merge(self) -> bool:
        doubtful, self._doubtful = self._doubtful, set()
        values, torn, symbolic = self.values.copy(), set(self.torn), self.symbolic.copy()
        for ref in doubtful:
            loose = self._find(ref)
            value = loose.value if loose and not loose.torn else self._packed.get(ref)
            torn.discard(ref)
            symbolic.pop(ref, None)
            if loose and loose.torn:
                torn.add(ref)
            elif loose and loose.value is None:
                symbolic[ref] = loose.target or b""
            if value is None:
                values.pop(ref, None)
            else:
                values[ref] = value
        moved = {ref for ref in doubtful if values.get(ref) != self.values.get(ref)}
        changed = bool(moved) or torn != self.torn
        if changed:
            self.values, self.torn = values, frozenset(torn)
        self.symbolic = symbolic
        self._moved |= moved
        return changed

    def _find(self, ref: bytes) -> LooseRef | None:
        """The loose ref of this name, as it was last seen."""
        folder: _Folder | None = self._loose
        end = ref.find(b"/", len(b"refs/"))
        while folder and end > 0:
            folder = folder.below.get(ref[:end])
            end = ref.find(b"/", end + 1)
        return folder.refs.get(ref) if folder else None


def _all(folder: _Folder) -> Iterator[tuple[bytes, LooseRef]]:
    yield from folder.refs.items()
    for below in folder.below.values():
        yield from _all(below)
