"""Walking the commit graph: who descends from whom, and what is new."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Iterator

from gitconfig_server.git.commits import parents_of
from gitconfig_server.git.objects import ObjectReader


def first_parents(objects: ObjectReader, tip: bytes) -> Iterator[bytes]:
    """``tip`` and its first parents, newest first; stops quietly where a shallow history ends."""
    current: bytes | None = tip
    while current:
        yield current
        parents, _ = parents_of(objects, current)
        current = parents[0] if parents else None
        if current and not objects.contains_many([current]):
            return


def is_ancestor(objects: ObjectReader, old: bytes, new: bytes) -> bool:
    """Whether ``new`` is ``old`` or descends from it. Quick where ``old`` is near; a "no" walks all of history."""
    seen = {new}
    queue = [(0, new)]
    while queue:
        _, commit = heapq.heappop(queue)
        if commit == old:
            return True
        for parent in parents_of(objects, commit)[0]:
            if parent not in seen:
                seen.add(parent)
                heapq.heappush(queue, (-_seconds(objects, parent), parent))
    return False


def new_commits(
    objects: ObjectReader, wants: Iterable[bytes], haves: Iterable[bytes], boundary: Collection[bytes] = ()
) -> list[bytes]:
    """The commits reachable from ``wants`` and not from ``haves``, newest first.

    Walks both sides in order of date and stops once only known history is left, so the cost is that of what is new.
    ``boundary`` holds commits whose parents are not to be followed (a shallow clone's edge). Dates that lie cost
    time, and may list a commit the other side has already; never the other way round.
    """
    painted = dict.fromkeys(haves, True)
    for want in wants:
        painted.setdefault(want, False)
    queue = [(-_seconds(objects, commit), commit) for commit in painted]
    heapq.heapify(queue)
    undecided = sum(not known for known in painted.values())
    order: list[bytes] = []
    while queue and undecided:
        _, commit = heapq.heappop(queue)
        known = painted[commit]
        if not known:
            order.append(commit)
            undecided -= 1
        if commit in boundary:
            continue
        for parent in parents_of(objects, commit)[0]:
            before = painted.get(parent)
            if before is None:
                painted[parent] = known
                undecided += not known
                heapq.heappush(queue, (-_seconds(objects, parent), parent))
            elif known and not before:
                painted[parent] = True
                undecided -= any(waiting == parent for _, waiting in queue)
    return [commit for commit in order if not painted[commit]]


def _seconds(objects: ObjectReader, commit: bytes) -> int:
    return parents_of(objects, commit)[1]
