"""Where two commits' histories parted, and what each has had since."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

from gitconfig_server.git.commits import parents_of
from gitconfig_server.git.graph import is_ancestor
from gitconfig_server.git.objects import ObjectReader

_ONE, _TWO, _OLDER = 1, 2, 4
"""Painted on commits: reached from one side, from the other, and from a commit that both have reached."""


@dataclass(frozen=True, slots=True)
class Divergence:
    """``base``: a commit that both descend from, as young as any; None where they have nothing in common.

    ``ahead``: what the one has and the other has not, ``behind`` the reverse, each newest first.
    """

    base: bytes | None
    ahead: tuple[bytes, ...]
    behind: tuple[bytes, ...]


def divergence(objects: ObjectReader, one: bytes, two: bytes) -> Divergence:
    """How ``one`` and ``two`` differ; the cost is that of what differs.

    Dates that lie cost time. They may add a commit that both have to what one has, but never lead to a base that
    another one descends from.
    """
    painted = _painted(objects, one, two)
    met = [commit for commit, paint in painted.items() if paint == _ONE | _TWO]
    if len(met) > 1:
        met = [old for old in met if not any(is_ancestor(objects, old, new) for new in met if new != old)]
    base = max(met, key=lambda commit: (_seconds(objects, commit), commit), default=None)
    sides = (tuple(commit for commit, paint in painted.items() if paint == side) for side in (_ONE, _TWO))
    return Divergence(base, *sides)


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
