"""Where a shallow clone's history ends, before and after a fetch (git's ``shallow.c``, ``upload-pack.c``)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator

from msgspec import Struct

from gitconfig_server.errors import MalformedRequest
from gitconfig_server.git.objects.commits import parents_of
from gitconfig_server.git.objects.reader import ObjectReader
from gitconfig_server.git.serving.request import INFINITE_DEPTH, FetchRequest


class Edge(Struct, frozen=True):
    """``new`` and ``gone`` are told to the client; ``within`` are the commits whose parents it will not have."""

    new: list[bytes]
    gone: list[bytes]
    within: frozenset[bytes]
    revealed: list[bytes]
    """Parents that the client lacks though it has the child: its old edge moved down."""


def move_edge(
    objects: ObjectReader,
    tips: Collection[bytes],
    request: FetchRequest,
    before: Collection[bytes] = (),
    without: Collection[bytes] = (),
) -> Edge:
    """The edge of a client that has ``before`` and asks for ``tips``; what it asks for decides whether it moves.

    ``without``: the commits of ``request.without``. MalformedRequest where nothing would be left.
    """
    before = set(before)
    if not request.deepens:
        return Edge([], [], frozenset(before), [])
    if not request.depth:
        inner, edge = _chosen(objects, tips, request.since or 0, without)
    elif request.depth >= INFINITE_DEPTH:
        inner, edge = before, set[bytes]()
    elif request.relative:
        inner, edge = _levels(objects, before, request.depth + 1)
    else:
        inner, edge = _levels(objects, tips, request.depth)
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


def _chosen(
    objects: ObjectReader, tips: Iterable[bytes], since: int, without: Collection[bytes]
) -> tuple[set[bytes], set[bytes]]:
    """Of the commits not older than ``since`` and not in the history of ``without``: the inner ones, and the edge."""
    excluded = set(_history(objects, without, lambda _: True))
    chosen = set(_history(objects, tips, lambda one: one not in excluded and parents_of(objects, one)[1] >= since))
    if not chosen:
        raise MalformedRequest("no commits selected for shallow requests")
    edge = {commit for commit in chosen if not chosen.issuperset(parents_of(objects, commit)[0])}
    return chosen - edge, edge


def _history(objects: ObjectReader, tips: Iterable[bytes], may: Callable[[bytes], bool]) -> Iterator[bytes]:
    """The commits that ``tips`` lead to, through commits that ``may`` be passed."""
    stack = list(tips)
    seen = set(stack)
    while stack:
        commit = stack.pop()
        if may(commit):
            yield commit
            fresh = set(parents_of(objects, commit)[0]) - seen
            seen |= fresh
            stack += fresh
