"""Where a shallow clone's history ends, before and after a fetch (git's ``shallow.c``, ``get_shallow_commits``)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gitconfig_server.git.objects.commits import parents_of
from gitconfig_server.git.objects.reader import ObjectReader
from gitconfig_server.git.serving.negotiation import INFINITE_DEPTH


@dataclass(frozen=True, slots=True)
class Edge:
    """``new`` and ``gone`` are told to the client; ``within`` are the commits whose parents it will not have."""

    new: list[bytes]
    gone: list[bytes]
    within: frozenset[bytes]
    revealed: list[bytes]
    """Parents that the client lacks though it has the child: its old edge moved down."""


def move_edge(objects: ObjectReader, tips: Iterable[bytes], depth: int, shallow: Iterable[bytes]) -> Edge:
    """The edge of a client that holds ``shallow`` and asks for ``depth`` (0: its edge stays) from ``tips``."""
    before = objects.contains_many(shallow)
    if not depth:
        return Edge([], [], frozenset(before), [])
    if depth >= INFINITE_DEPTH:
        inner, edge = before, set[bytes]()
    else:
        inner, edge = _levels(objects, tips, depth)
    gone = sorted(before & inner)
    revealed = [parent for commit in gone for parent in parents_of(objects, commit)[0]]
    return Edge(sorted(edge - before), gone, frozenset(edge | (before - inner)), revealed)


def _levels(objects: ObjectReader, tips: Iterable[bytes], depth: int) -> tuple[set[bytes], set[bytes]]:
    """The commits above the last level, and those on it that have parents."""
    inner: set[bytes] = set()
    level = set(tips)
    for _ in range(depth - 1):
        inner |= level
        level = {parent for commit in level for parent in parents_of(objects, commit)[0]} - inner
        if not level:
            break
    return inner, {commit for commit in level if parents_of(objects, commit)[0]}
