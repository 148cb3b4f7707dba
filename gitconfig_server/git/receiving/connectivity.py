"""Whether pushed objects may join the repository: each sound in itself, and everything they name at hand.

The repository stays closed under references, because nothing enters it but whole sets that passed here; so it is
enough to ask for what the new objects name (git's ``connected.c`` walks from the tips instead).
"""

from __future__ import annotations

from binascii import hexlify, unhexlify
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import islice
from typing import Protocol

from gitconfig_server.errors import InvalidContent
from gitconfig_server.git.graph import Planted
from gitconfig_server.git.objects.deadline import BoundedReader, Deadline
from gitconfig_server.git.objects.reader import ObjectReader, Overlay
from gitconfig_server.git.objects.similar_trees import SimilarTrees
from gitconfig_server.git.objects.tree_sets import EntryBytes, TreeCache, names_folder, names_submodule
from gitconfig_server.git.receiving.object_checks import TreeChecks, check_attributes, check_commit, check_tag
from gitconfig_server.git.receiving.placement import Placement
from gitconfig_server.git.receiving.unpack import Unpacked
from gitconfig_server.model.findings import Finding
from gitconfig_server.storage.object_store import TYPE_NAMES, TYPE_NUMBERS
from gitconfig_server.storage.objects import BLOB, COMMIT, TAG, TREE, Objects

MAX_FAULTS = 20
"""Faults told of one push; more would only scroll the first away."""

_BATCH = 5000


class Offered(ObjectReader, Protocol):
    """The objects of one push, apart from the stored ones."""

    @property
    def types(self) -> Mapping[bytes, int]:
        """The type of each object that came, by its id in 20 bytes."""


class ObjectChecks:
    """Looks at each object of one push as it is unpacked, then at all of them together.

    ``links``: trees may hold symbolic links and submodules, as those of a followed repository may. CheckTimeout where
    it takes longer than the ``deadline``.
    """

    def __init__(
        self, quarantine: Offered, stored: Objects, *, links: bool = False, deadline: Deadline | None = None
    ) -> None:
        self._deadline = deadline or Deadline()
        self._quarantine = quarantine
        self._stored = stored
        self._overlay = BoundedReader(Overlay(quarantine, stored), self._deadline)
        self._tree_checks = TreeChecks(links=links)
        self._similar = SimilarTrees()
        self.trees = TreeCache(self._overlay)
        """Those that were looked at last."""
        self._attributes: set[bytes] = set()
        self._named: dict[int, set[bytes]] = defaultdict(set)
        self.commits: dict[bytes, Planted] = {}
        """Those that came."""
        self._faults: list[tuple[bytes, InvalidContent]] = []

    def look(self, one: Unpacked) -> None:
        """Check one object by itself and note what it names."""
        self._deadline.check()
        if len(self._faults) >= MAX_FAULTS:
            return
        try:
            if one.type == TREE:
                self._tree(one)
            elif one.type == COMMIT:
                self._commit(one)
            elif one.type == TAG:
                target, kind = check_tag(one.raw)
                self._named[TYPE_NUMBERS[kind]].add(bytes.fromhex(target.decode()))
        except InvalidContent as fault:
            self._faults.append((one.id, fault))

    def conclude(self, tips: Iterable[bytes]) -> list[Finding]:
        """What is wrong with the push as a whole, nothing where all is well. ``tips`` are ids in hex."""
        placement = Placement(self._overlay, self._quarantine.types, self.commits, self.trees, self._deadline)
        if not self._faults:
            self._faults += self._collisions()
            self._faults += self._attribute_faults()
            self._faults += placement.follow()
            self._faults += self._mistyped()
            self._faults += self._absent(placement.vouched)
            self._faults += self._absent_tips(tips)
        return [self._finding(placement, name, fault) for name, fault in self._faults[:MAX_FAULTS]]

    def _tree(self, one: Unpacked) -> None:
        fresh: Collection[EntryBytes]
        if only := self._similar.find(one.id, one.raw):
            self.trees.keep_similar(one.id, only)
            fresh = (only.come,)
        else:
            entries, fresh = self._tree_checks.check(one.raw)
            self.trees.keep(one.id, entries)
            self._similar.keep(one.id, one.raw, entries)
        for entry in fresh:
            if names_folder(entry):
                self._named[TREE].add(entry[-20:])
            elif not names_submodule(entry):  # what that names is in another repository
                self._named[BLOB].add(entry[-20:])
                if entry.endswith(b" .gitattributes\0", 0, -20):
                    self._attributes.add(entry[-20:])

    def _commit(self, one: Unpacked) -> None:
        tree, parents, seconds = check_commit(one.raw)
        planted = self.commits[one.id] = Planted(unhexlify(tree), tuple(map(unhexlify, parents)), seconds)
        self._named[TREE].add(planted.tree)
        self._named[COMMIT].update(planted.parents)

    def _collisions(self) -> Iterator[tuple[bytes, InvalidContent]]:
        """Objects that the repository has under the same id with other content: an attack on SHA-1."""
        ids = iter(self._quarantine.types)
        while batch := list(map(hexlify, islice(ids, _BATCH))):
            for name, kind, raw in self._stored.get_many_raw(self._stored.contains_many(batch)):
                if self._quarantine.get_raw(name) != (kind, raw):
                    detail = f"object {name.decode()} differs from the stored one of that id"
                    yield bytes.fromhex(name.decode()), InvalidContent("", "collision", detail)

    def _attribute_faults(self) -> Iterator[tuple[bytes, InvalidContent]]:
        for name in self._attributes:
            try:
                check_attributes(self._overlay.get_raw(name.hex().encode())[1])
            except KeyError:
                continue  # told as absent
            except InvalidContent as fault:
                yield name, fault

    def _mistyped(self) -> Iterator[tuple[bytes, InvalidContent]]:
        new = self._quarantine.types
        for kind, names in self._named.items():
            for name in names & new.keys():
                if new[name] != kind:
                    yield name, _of_other_type(name, kind)

    def _absent(self, vouched: Mapping[int, set[bytes]]) -> Iterator[tuple[bytes, InvalidContent]]:
        """What is named and not there, or there as something else. Stored trees vouch for what they name."""
        for kind, names in self._named.items():
            asked = names - self._quarantine.types.keys() - vouched.get(kind, set())
            if asked:
                yield from self._absent_in_store(kind, set(map(hexlify, asked)))

    def _absent_in_store(self, kind: int, asked: set[bytes]) -> Iterator[tuple[bytes, InvalidContent]]:
        present = self._stored.contains_many(asked)
        for name in asked - present:
            detail = f"{TYPE_NAMES[kind].decode()} {name.decode()} is named, but missing"
            yield bytes.fromhex(name.decode()), InvalidContent("", "missing", detail)
        for name, actual, _ in self._stored.get_many_raw(present):
            if actual != kind:
                yield bytes.fromhex(name.decode()), _of_other_type(bytes.fromhex(name.decode()), kind)

    def _absent_tips(self, tips: Iterable[bytes]) -> Iterator[tuple[bytes, InvalidContent]]:
        asked = {tip for tip in tips if bytes.fromhex(tip.decode()) not in self._quarantine.types}
        for tip in asked - self._stored.contains_many(asked):
            yield bytes.fromhex(tip.decode()), InvalidContent("", "missing", f"object {tip.decode()} is missing")

    def _finding(self, placement: Placement, name: bytes, fault: InvalidContent) -> Finding:
        """The fault with the commit and path where the object stands."""
        kind = self._quarantine.types.get(name)
        if kind == COMMIT:
            return Finding(f"commit {name.hex()[:8]}", fault.rule, fault.detail)
        commit, folder = placement.locate(name)
        path = "/".join(part for part in (folder, fault.path) if part)
        return Finding(path or f"object {name.hex()[:8]}", fault.rule, fault.detail, commit=commit)


def _of_other_type(name: bytes, kind: int) -> InvalidContent:
    return InvalidContent("", "type", f"object {name.hex()} is named as a {TYPE_NAMES[kind].decode()}, but is none")
