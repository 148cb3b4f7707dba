"""Walking the commit graph: who descends from whom, what is new, and where two histories parted."""

from __future__ import annotations

import heapq
from binascii import hexlify, unhexlify
from collections.abc import Collection, Iterable, Iterator, Mapping

from msgspec import Struct

from gitconfig_server.git.objects.commits import parents_of, tree_of
from gitconfig_server.git.objects.reader import ObjectReader


class Planted(Struct, frozen=True, gc=False):
    """The tree and the parents of a commit, as 20 byte ids, and its committer's seconds."""

    tree: bytes
    parents: tuple[bytes, ...]
    seconds: int = 0


class Lineage(dict[bytes, tuple[tuple[bytes, ...], int]]):
    """Parents and date of each commit that was asked for, read once; walks over the same commits share it.

    ``known``: what somebody has read of commits already, by 20 byte ids.
    """

    def __init__(self, objects: ObjectReader, known: Mapping[bytes, Planted] | None = None) -> None:
        self._objects = objects
        self._known = known or {}

    def __missing__(self, commit: bytes) -> tuple[tuple[bytes, ...], int]:
        if len(self) > _KEPT_COMMITS:
            self.clear()
        if planted := self._find(commit):
            facts = tuple(map(hexlify, planted.parents)), planted.seconds
        else:
            facts = parents_of(self._objects, commit)
        self[commit] = facts
        return facts

    def tree_of(self, commit: bytes) -> bytes:
        """The root tree of a commit."""
        planted = self._find(commit)
        return hexlify(planted.tree) if planted else tree_of(self._objects, commit)

    def _find(self, commit: bytes) -> Planted | None:
        try:
            return self._known.get(unhexlify(commit)) if self._known else None
        except ValueError:
            return None  # what a damaged commit names


_KEPT_COMMITS = 200_000


def _lineage(objects: ObjectReader | Lineage) -> Lineage:
    return objects if isinstance(objects, Lineage) else Lineage(objects)


def first_parents(objects: ObjectReader, tip: bytes) -> Iterator[bytes]:
    """``tip`` and its first parents, newest first; stops quietly where a shallow history ends."""
    current: bytes | None = tip
    while current:
        yield current
        parents, _ = parents_of(objects, current)
        current = parents[0] if parents else None
        if current and not _is_stored(objects, current):
            return


def _is_stored(objects: ObjectReader, commit: bytes) -> bool:
    """Whether a commit is there, by reading it: it is read next, and is often at hand where ``contains_many`` asks."""
    try:
        objects.get_raw(commit)
    except KeyError:
        return False
    return True


def is_ancestor(objects: ObjectReader | Lineage, old: bytes, new: bytes) -> bool:
    """Whether ``new`` is ``old`` or descends from it. Quick where ``old`` is near; a "no" walks all of history."""
    lineage = _lineage(objects)
    seen = {new}
    # The youngest first: most questions are about neighbours, and are answered before old history is touched.
    queue = [(0, new)]
    while queue:
        _, commit = heapq.heappop(queue)
        if commit == old:
            return True
        for parent in lineage[commit][0]:
            if parent not in seen:
                seen.add(parent)
                heapq.heappush(queue, (-lineage[parent][1], parent))
    return False


def new_commits(
    objects: ObjectReader | Lineage, wants: Iterable[bytes], haves: Iterable[bytes], boundary: Collection[bytes] = ()
) -> list[bytes]:
    """The commits reachable from ``wants`` and not from ``haves``, newest first.

    Walks both sides in order of date and stops once only known history is left, so the cost is that of what is new.
    ``boundary`` holds commits whose parents are not to be followed (a shallow clone's edge). Dates that lie cost
    time, and may list a commit the other side has already; never the other way round.
    """
    lineage = _lineage(objects)
    painted = dict.fromkeys(haves, True)
    for want in wants:
        painted.setdefault(want, False)
    queue = [(-lineage[commit][1], commit) for commit in painted]
    heapq.heapify(queue)
    undecided = {commit for commit, known in painted.items() if not known}
    order: list[bytes] = []
    while queue and undecided:
        _, commit = heapq.heappop(queue)
        known = painted[commit]
        if not known:
            order.append(commit)
            undecided.discard(commit)
        if commit in boundary:
            continue
        for parent in lineage[commit][0]:
            before = painted.get(parent)
            if before is None:
                painted[parent] = known
                if not known:
                    undecided.add(parent)
                heapq.heappush(queue, (-lineage[parent][1], parent))
            elif known and not before:
                painted[parent] = True
                undecided.discard(parent)
    return [commit for commit in order if not painted[commit]]


_ONE, _TWO, _OLDER = 1, 2, 4
"""Painted on commits: reached from one side, from the other, and from a commit that both have reached."""


class Divergence(Struct, frozen=True):
    """``bases``: the commits that both descend from and no other such commit does, the youngest first.

    None where they have nothing in common, several where each merged an earlier state of the other. ``ahead``: what
    the one has and the other has not, ``behind`` the reverse, each newest first.
    """

    bases: tuple[bytes, ...]
    ahead: tuple[bytes, ...]
    behind: tuple[bytes, ...]

    @property
    def base(self) -> bytes | None:
        """The youngest of the bases, None where there is none."""
        return next(iter(self.bases), None)


def divergence(objects: ObjectReader, one: bytes, two: bytes) -> Divergence:
    """How ``one`` and ``two`` differ; the cost is that of what differs.

    Dates that lie cost time. They may add a commit that both have to what one has, but never lead to a base that
    another one descends from.
    """
    painted = _painted(objects, one, two)
    met = [commit for commit, paint in painted.items() if paint == _ONE | _TWO]
    # Dates may lie, so a base found by date is not believed to be one where another descends from it.
    if len(met) > 1:
        met = [old for old in met if not any(is_ancestor(objects, old, new) for new in met if new != old)]
    bases = sorted(met, key=lambda commit: (_seconds(objects, commit), commit), reverse=True)
    sides = (tuple(commit for commit, paint in painted.items() if paint == side) for side in (_ONE, _TWO))
    return Divergence(tuple(bases), *sides)


def _painted(objects: ObjectReader, one: bytes, two: bytes) -> dict[bytes, int]:
    """All that had to be looked at, newest first, until nothing was left that could still tell the sides apart."""
    painted = {one: _ONE}
    painted[two] = painted.get(two, 0) | _TWO
    queue = [(-_seconds(objects, commit), commit) for commit in painted]
    heapq.heapify(queue)
    seen: dict[bytes, None] = {}
    oldest = float("inf")  # of what one side alone has: its parents may be of the same second
    while any(not painted[commit] & _OLDER or -age >= oldest for age, commit in queue):
        age, commit = heapq.heappop(queue)
        seen[commit] = None
        paint = painted[commit]
        if paint in (_ONE, _TWO):
            oldest = min(oldest, -age)
        if paint == _ONE | _TWO:
            paint |= _OLDER
        for parent in parents_of(objects, commit)[0]:
            before = painted.get(parent, 0)
            if before | paint != before:
                painted[parent] = before | paint
                heapq.heappush(queue, (-_seconds(objects, parent), parent))
    return {commit: painted[commit] for commit in seen}


def _seconds(objects: ObjectReader, commit: bytes) -> int:
    return parents_of(objects, commit)[1]
