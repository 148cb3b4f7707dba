"""Moves refs on disk: all or none, whatever happens on the way.

The journal's record is the point of no return. Before it a transaction never happened: its locks are removed. After
it whoever next holds the repository's lock carries the transaction to its end.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from gitconfig_server.errors import StorageError, UpdateRefused
from gitconfig_server.storage.base import JournalRecord, RefUpdate
from gitconfig_server.storage.disk.counter import MappedCounter
from gitconfig_server.storage.disk.files import DiskFiles, DurableFolders, folder_of
from gitconfig_server.storage.disk.journal.file import Journal
from gitconfig_server.storage.disk.journal.format import JournalEntry
from gitconfig_server.storage.disk.refs.locks import RefLocks
from gitconfig_server.storage.disk.refs.loose import read_loose
from gitconfig_server.storage.disk.refs.reader import DiskRefs, repacked
from gitconfig_server.storage.ref_rules import folders_of, given_room, publication_order

_OBSERVED = frozenset({"init", "external", "external-forced"})
"""Reasons of records that tell what others did: there is nothing to carry out."""

_PACKED = b"packed-refs"


class RefMoved(Exception):
    """Stock Git moved a ref between our look and our lock."""


class RefWriter:
    """Used only while the repository's lock is held."""

    def __init__(
        self,
        root: str,
        files: DiskFiles,
        durable: DurableFolders,
        refs: DiskRefs,
        locks: RefLocks,
        journal: Journal,
        counter: MappedCounter,
    ) -> None:
        self._root = root
        self._files = files
        self._durable = durable
        self._refs = refs
        self._locks = locks
        self._journal = journal
        self._counter = counter

    def move(
        self, updates: Sequence[RefUpdate], record: JournalRecord, deadline: float, when_shown: Callable[[], None]
    ) -> JournalRecord:
        """Carry out updates whose old values were just checked; RefMoved where one holds no longer.

        ``when_shown`` is called once readers see all of it, while what is left to be synced still is.
        """
        try:
            self._lock(updates, deadline)
            # behind Git's locks, where stock Git cannot move them any more
            if any(self._refs.read(update.ref) != update.old for update in updates):
                raise RefMoved
            stamped = self._journal.append([JournalEntry(record)])
            self._complete(stamped.seq, updates, when_shown)
        finally:
            self._locks.drop_all()
        self._counter.mark_done(stamped.seq)
        return stamped

    def roll_forward(self, deadline: float) -> None:
        """Finish the last transaction, if its writer did not live to do it."""
        last = self._journal.state.last
        if last is None or last.seq <= self._counter.done:
            return
        if last.reason not in _OBSERVED:
            try:
                # a ref that holds neither value was moved on by stock Git, perhaps just before we had its lock
                remaining = self._remaining(last.updates)
                self._lock(remaining, deadline)
                self._carry_out(self._remaining(remaining))
            except UpdateRefused:
                # stock Git has made a ref beneath or above ours: what it did is journalled next
                pass
            finally:
                self._locks.drop_all()
            # what is in place already was perhaps never synced
            self._durable.sync({self._root, *(folder_of(self._locks.path(update.ref)) for update in last.updates)})
        self._counter.mark_done(last.seq)

    def restore(self, values: Iterable[tuple[bytes, bytes]], deadline: float) -> None:
        """Write refs whose file a crash left without a value as the journal knows them."""
        try:
            updates = [RefUpdate(ref, None, value) for ref, value in values]
            self._lock(updates, deadline)
            self._carry_out(update for update in updates if self._refs.is_torn(update.ref))
        finally:
            self._locks.drop_all()

    def point_head(self, ref: bytes, deadline: float) -> None:
        """Make HEAD symbolic."""
        self.replace(b"HEAD", lambda _before: b"ref: " + ref + b"\n", deadline)
        self._counter.end_move()

    def replace(self, name: bytes, change: Callable[[bytes], bytes], deadline: float) -> None:
        """Rewrite a file at the top of the repository under Git's lock, if ``change`` changes it; durable."""
        path = Path(self._locks.path(name))
        try:
            self._locks.take(name, b"", deadline)
            before = path.read_bytes() if path.exists() else b""
            after = change(before)
            if after != before:
                self._locks.fill(name, after)
                self._locks.publish(name)
                self._durable.sync([self._root])
        finally:
            self._locks.drop_all()

    def pack(self, refs: Iterable[bytes], targets: Mapping[bytes, bytes], deadline: float) -> int:
        """Put loose refs into ``packed-refs``, as git-pack-refs(1) does; how many.

        Only those whose value is among ``targets``, which names what it leads to in the end.
        """
        found: dict[bytes, bytes] = {}

        def with_found(before: bytes) -> bytes:
            # behind the lock of the packed ones, which stock Git takes before it deletes a ref, packed or not
            for ref in refs:
                loose = read_loose(os.fsencode(self._locks.path(ref)))
                if loose and loose.value and loose.value in targets:
                    found[ref] = loose.value
            peeled = {value: targets[value] for value in found.values() if targets[value] != value}
            return repacked(before, (), found, peeled)

        self.replace(_PACKED, with_found, deadline)
        for ref, value in found.items():
            self._remove_packed(ref, value, deadline)
        return len(found)

    def _remove_packed(self, ref: bytes, value: bytes, deadline: float) -> None:
        """Remove the file of a packed ref, unless somebody has moved it meanwhile."""
        path = self._locks.path(ref)
        try:
            self._locks.take(ref, b"", deadline)
            loose = read_loose(os.fsencode(path))
            if loose and loose.value == value == self._refs.packed(ref):
                self._files.unlink(path)
        except UpdateRefused:
            pass  # it is gone, and another stands where its folder was
        finally:
            self._locks.drop_all()
        self._remove_folders(ref)

    def _remaining(self, updates: Iterable[RefUpdate]) -> list[RefUpdate]:
        return [update for update in updates if self._refs.read(update.ref) == update.old]

    def _lock(self, updates: Sequence[RefUpdate], deadline: float) -> None:
        # no file can be made beneath or above one that is still there: such a ref goes into the packed ones
        made = given_room(updates)
        for update in updates:
            if update.ref not in made:
                self._locks.take(update.ref, b"" if update.new is None else update.new + b"\n", deadline)
                self._locks.clear_the_way(update.ref)
        gone = [update.ref for update in updates if update.new is None and self._refs.packed(update.ref)]
        if gone or made:
            self._locks.take(_PACKED, b"", deadline)
            path = Path(self._locks.path(_PACKED))
            self._locks.fill(_PACKED, repacked(path.read_bytes() if path.exists() else b"", gone, made))

    def _complete(self, seq: int, updates: Iterable[RefUpdate], when_shown: Callable[[], None]) -> None:
        try:
            self._carry_out(updates, when_shown)
        except OSError as error:
            # nothing is taken back: others may have read the record, or the refs that are in place
            told = f"record {seq} is written, but not all its refs are in place: the next writer completes it"
            raise StorageError(told, inside=str(error)) from error

    def _carry_out(self, updates: Iterable[RefUpdate], when_shown: Callable[[], None] = lambda: None) -> None:
        folders: set[str] = set()
        # odd from before the first ref to after the last: who reads in between looks again, and never sees half
        self._counter.begin_move()
        for update in publication_order(updates):
            if update.new is None:
                self._delete(update.ref, folders)
            elif self._locks.holds(update.ref):
                self._locks.publish(update.ref)
            else:
                self._publish_packed(folders)
                continue
            folders.add(folder_of(self._locks.path(update.ref)))
        # shown before it is durable, since the record is: after a power loss the refs are put in place again
        self._counter.end_move()
        when_shown()
        self._durable.sync(folders)

    def _publish_packed(self, folders: set[str]) -> None:
        if self._locks.holds(_PACKED):
            self._locks.publish(_PACKED)
            folders.add(self._root)

    def _delete(self, ref: bytes, folders: set[str]) -> None:
        # packed first: an old packed value would show where the loose one is gone
        self._publish_packed(folders)
        self._files.unlink(self._locks.path(ref))
        log = f"{self._root}/logs/{os.fsdecode(ref)}"
        if Path(log).is_file():
            self._files.unlink(log)
        self._locks.drop(ref)
        self._remove_folders(ref)

    def _remove_folders(self, ref: bytes) -> None:
        """Those above a file that is gone, as far as they are empty."""
        for folder in folders_of(ref):
            if folder.count(b"/") > 1:
                with suppress(OSError):
                    self._files.remove_folder(self._locks.path(folder))
