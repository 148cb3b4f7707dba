"""Whether one commit is an ancestor of another."""

from __future__ import annotations

import heapq
import re

from gitconfig_server.storage.base import COMMIT, Objects

_PARENT = re.compile(rb"^parent ([0-9a-f]{40})$", re.MULTILINE)
_COMMITTED = re.compile(rb"^committer .*> (\d+) ", re.MULTILINE)
_OURS, _THEIRS = 1, 2

LIMIT = 20_000


def is_ancestor(objects: Objects, old: bytes, new: bytes) -> bool:
    """Whether ``new`` leads to ``old``: a move from one to the other is a fast-forward. False for other objects.

    Walks both histories newest first and stops where they have met, so that a step back costs no more than a step
    forward. Histories that have not met after ``LIMIT`` commits are taken for unrelated.
    """
    marks = {new: _OURS}
    marks[old] = marks.get(old, 0) | _THEIRS
    waiting = [(-_date(objects, name), name) for name in marks]
    heapq.heapify(waiting)
    while marks[old] & _OURS == 0 and len(marks) < LIMIT and any(marks[name] == _OURS for _date_, name in waiting):
        _negative, name = heapq.heappop(waiting)
        for parent in _parents(objects, name):
            before = marks.get(parent, 0)
            marks[parent] = before | marks[name]
            if marks[parent] != before:
                heapq.heappush(waiting, (-_date(objects, parent), parent))
    return marks[old] & _OURS != 0


def _commit(objects: Objects, name: bytes) -> bytes:
    try:
        type_num, raw = objects.get_raw(name)
    except KeyError:
        return b""
    return raw.partition(b"\n\n")[0] if type_num == COMMIT else b""


def _parents(objects: Objects, name: bytes) -> list[bytes]:
    return _PARENT.findall(_commit(objects, name))


def _date(objects: Objects, name: bytes) -> int:
    found = _COMMITTED.search(_commit(objects, name))
    return int(found[1]) if found else 0
