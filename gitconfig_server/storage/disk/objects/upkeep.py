"""Maintenance of a repository on disk, beside stock git that may do the same at any moment.

What is condemned is moved out of ``objects`` into a folder of our own, from where it can still be read: so it is absent
for everybody who asks whether it is there, git included, and nothing is lost if somebody came to rely on it meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, closing, suppress
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from gitconfig_server.storage.disk.files import DiskFiles
from gitconfig_server.storage.disk.objects.condemned import CondemnedObjects
from gitconfig_server.storage.disk.objects.pack_file import PackFile
from gitconfig_server.storage.disk.objects.packs import PackFiles
from gitconfig_server.storage.disk.objects.store import DiskObjects
from gitconfig_server.storage.objects import TAG, RawObject
from gitconfig_server.storage.upkeep import MOST_LOOSE_REFS, MOST_PACKS, MOST_SINGLES, YOUNG, Due, Foldable, Reachable

_SAMPLE = "17"
"""The folder of loose objects that is counted in place of all 256, as git does; ids are spread evenly."""

_TAGGED = slice(len(b"object "), len(b"object ") + 40)
"""Where a tag names what it is of."""

_HELD_BY = (".keep", ".promisor")
"""Files beside a pack that say that it must stay (git-repack(1))."""


class _Refs(Protocol):
    def held(self) -> AbstractContextManager[object]:
        """Shut the repository's writers out."""

    def loose_refs(self) -> int:
        """How many refs have files of their own."""

    def pack_refs(self, peel: Callable[[Collection[bytes]], Mapping[bytes, bytes]]) -> int:
        """Keep those together whose ids ``peel`` knows; how many."""


class DiskUpkeep:
    """As ``Upkeep``. Garbage is moved to ``condemned``, and left alone where that is None: a work tree has an index."""

    def __init__(
        self,
        root: str,
        objects: DiskObjects,
        files: DiskFiles,
        condemned: CondemnedObjects | None,
        refs: _Refs,
    ) -> None:
        self._refs = refs
        self._folder = Path(root, "objects")
        self._objects = objects
        self._files = files
        self._condemned = condemned

    def due(self) -> Due:
        """By a sample of the loose objects."""
        if len(self._replaceable()) > MOST_PACKS:
            return Due.ALL
        with suppress(FileNotFoundError):
            if sum(1 for _ in (self._folder / _SAMPLE).iterdir()) * 256 >= MOST_SINGLES:
                return Due.SINGLES
        return Due.SINGLES if self._refs.loose_refs() >= MOST_LOOSE_REFS else Due.NOTHING

    def pack_refs(self) -> int:
        """As stock git packs them, beside writers and readers."""
        return self._refs.pack_refs(self._peel) if self._refs.loose_refs() >= MOST_LOOSE_REFS else 0

    def foldable(self, due: Due) -> Foldable:
        """The loose objects, and what lies in packs that nobody holds."""
        packs = self._replaceable() if due is Due.ALL else []
        singles = {bytes.fromhex(path.parent.name + path.name) for path in _loose(self._folder)}
        packed = {name for pack in packs for name in pack}
        return Foldable(singles, packed, frozenset(pack.path.name for pack in packs))

    def fold(self, pack: Path, replaced: frozenset[str]) -> None:
        """The pack first, durably; then what it holds otherwise."""
        old = [one for one in self._replaceable() if one.path.name in replaced]
        with closing(PackFile(pack)) as opened:
            new = {*opened}
        placed = self._objects.put_pack(pack)
        for path in _loose(self._folder):
            if bytes.fromhex(path.parent.name + path.name) in new:
                self._files.unlink(str(path))
        for one in old:
            if self._condemned and one.path.name != placed.name:
                self._condemned.take_pack(one.path)

    def condemn(self, reachable: Reachable) -> int:
        """Loose objects: those in packs are condemned with their packs."""
        if self._condemned is None:
            return 0
        before, count = time.time() - YOUNG.total_seconds(), 0
        for path in _loose(self._folder):
            if bytes.fromhex(path.parent.name + path.name) not in reachable:
                count += self._condemned.take(path, before)
        return count

    def sweep(self, refresh: Callable[[], Reachable], condemned_for: timedelta) -> int:
        """What has become reachable is stored again; what is old enough goes, while no ref of ours can move."""
        if self._condemned is None:
            return 0
        before = time.time() - condemned_for.total_seconds()
        self._restore(self._condemned, refresh())
        if not any(path.stat().st_mtime <= before for path in self._condemned.files()):
            return 0
        with self._refs.held():
            self._restore(self._condemned, refresh())
            return self._remove(self._condemned, before)

    def _peel(self, ids: Collection[bytes]) -> Mapping[bytes, bytes]:
        """What each of the ids leads to through annotated tags; one that is missing is left out."""
        ends = {}
        for name in ids:
            with suppress(KeyError):
                ends[name] = self._peeled(name)
        return ends

    def _peeled(self, name: bytes) -> bytes:
        kind, content = self._objects.get_raw(name)
        while kind == TAG:
            name = content[_TAGGED]
            kind, content = self._objects.get_raw(name)
        return name

    def _restore(self, condemned: CondemnedObjects, reachable: Reachable) -> None:
        """Store what is reachable and nowhere else."""
        for name in condemned.names():
            digits = name.hex().encode()
            if name in reachable and not self._objects.contains_many([digits]):
                self._objects.put([RawObject(digits, *self._objects.get_raw(digits))])

    def _remove(self, condemned: CondemnedObjects, before: float) -> int:
        names = set(condemned.names())
        condemned.remove(before)
        gone = [name.hex().encode() for name in names.difference(condemned.names())]
        return len(gone) - len(self._objects.contains_many(gone))

    def _replaceable(self) -> list[PackFile]:
        """Packs that are not young, not held by anybody, and not part of an index over several."""
        if self._condemned is None or (self._folder / "pack" / "multi-pack-index").exists():
            return []
        before = time.time() - YOUNG.total_seconds()
        return [pack for pack in PackFiles(self._folder / "pack").open() if _is_free(pack.path, before)]


def _is_free(pack: Path, before: float) -> bool:
    try:
        old = pack.stat().st_mtime < before
    except FileNotFoundError:
        return False
    return old and not any(pack.with_suffix(suffix).exists() for suffix in _HELD_BY)


def _loose(folder: Path) -> Iterator[Path]:
    """The files of loose objects."""
    for number in range(256):
        with suppress(FileNotFoundError):
            for path in (folder / f"{number:02x}").iterdir():
                if len(path.name) == 38 and all(digit in "0123456789abcdef" for digit in path.name):
                    yield path
