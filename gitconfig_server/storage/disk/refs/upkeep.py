"""Housekeeping of refs: crowds of files are packed, damage is told and mended."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager

from gitconfig_server.storage.disk.counter import MappedCounter
from gitconfig_server.storage.disk.refs.damage import RefDamage
from gitconfig_server.storage.disk.refs.reader import DiskRefs, without_damage
from gitconfig_server.storage.disk.refs.watch import RefWatch
from gitconfig_server.storage.disk.refs.writer import RefWriter

_STEP = 1000
"""Refs that are packed while writers wait: 0.4 s or so where there are 50,000."""


class RefUpkeep:
    """``held`` holds the repository's lock, all being settled, and gives the time until which to wait for others."""

    def __init__(
        self,
        refs: DiskRefs,
        writer: RefWriter,
        counter: MappedCounter,
        watch: RefWatch,
        damage: RefDamage,
        held: Callable[[], AbstractContextManager[float]],
    ) -> None:
        self._refs = refs
        self._writer = writer
        self._counter = counter
        self._watch = watch
        self._damage = damage
        self.held = held

    def loose_refs(self) -> int:
        """How many refs have files of their own."""
        self._watch.look()
        return len(self._refs.loose())

    def pack_refs(self, peel: Callable[[Collection[bytes]], Mapping[bytes, bytes]]) -> int:
        """Keep refs together that have files of their own; how many they were.

        ``peel`` answers what ids lead to in the end, of those that it knows. Writers come in between the steps.
        """
        loose = self._refs.loose()
        refs, targets, done = sorted(loose), peel({*loose.values()}), 0
        for start in range(0, len(refs), _STEP):
            with self.held() as deadline:
                done += self._writer.pack(refs[start : start + _STEP], targets, deadline)
        return done

    def damaged(self) -> Iterator[str]:
        """Files of refs that hold something else, with the way out."""
        self._watch.look()
        return self._damage.told()

    def repair_packed(self) -> str:
        """Write ``packed-refs`` without what is no ref; what was done, nothing where it was sound.

        What the journal knows of what stood there has a file of its own by then.
        """
        with self.held() as deadline:
            line = self._refs.packed_damage
            if line:
                self._writer.replace(b"packed-refs", without_damage, deadline)
                self._counter.end_move()
        return f"packed-refs was damaged in line {line}: what is no ref was taken out" if line else ""
