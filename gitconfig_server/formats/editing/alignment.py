"""Which items of a list are which of the list it has become."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from msgspec import Struct

from gitconfig_server.formats.editing.tree import ListNode, MapNode, Node, ScalarNode, resolved, same
from gitconfig_server.formats.values import scalar_text

_MAX_COMPARED = 10_000
"""Pairs of items that are held against each other for what they share."""


class Placed(Struct, frozen=True):
    """Where an item comes from: the old item's number, None for a new one; ``moved``: it overtook others."""

    old: int | None
    moved: bool = False


def place_items(old: Sequence[Node], new: Sequence[Node]) -> list[Placed]:
    """For each new item the old one that it is, or that it is a changed form of.

    First the very nodes, and changed copies of them; then equal ones; then maps that share something; at last, between
    items that stay, those that stand in the place of others.
    """
    found = align(old, new)
    _add_similar(old, new, found)
    kept = _increasing(found)
    placed = [Placed(one, one is not None and number not in kept) for number, one in enumerate(found)]
    _fill_gaps(old, found, kept, placed)
    return placed


def align(old: Sequence[Node], new: Sequence[Node], *, as_text: bool = False) -> list[int | None]:
    """For each new item the old one that is the same, each old one once. ``as_text``: ``1`` is ``'1'``."""
    prints = _Prints(as_text)
    found: list[int | None] = [None] * len(new)
    by_node = {id(node): number for number, node in enumerate(old)}
    left = set(range(len(old)))
    for number, node in enumerate(new):
        origin = node.origin if isinstance(node, ListNode | MapNode) and node.origin is not None else node
        at = by_node.get(id(origin))
        if at is not None and at in left:
            left.discard(at)
            found[number] = at
    waiting: dict[int, list[int]] = {}
    for at in sorted(left, reverse=True):
        waiting.setdefault(prints.of(old[at]), []).append(at)
    for number, node in enumerate(new):
        if found[number] is None and (candidates := waiting.get(prints.of(node))):
            found[number] = candidates.pop()
    return found


class _Prints:
    """Numbers that equal nodes share; a node that aliases repeat is looked at once."""

    def __init__(self, as_text: bool) -> None:
        self._as_text = as_text
        self._known: dict[int, int] = {}
        self._nodes: list[Node] = []

    def of(self, node: Node) -> int:
        """The number of a node."""
        node = resolved(node)
        if id(node) not in self._known:
            self._nodes.append(node)
            self._known[id(node)] = self._make(node)
        return self._known[id(node)]

    def _make(self, node: ScalarNode | ListNode | MapNode) -> int:
        if isinstance(node, ScalarNode):
            value = scalar_text(node.value) if self._as_text else node.value
            return hash((type(value), repr(value)))
        if isinstance(node, ListNode):
            return hash(("list", *(self.of(item) for item in node.items)))
        return hash(("map", frozenset((key, self.of(child)) for key, child in node.items())))


def _add_similar(old: Sequence[Node], new: Sequence[Node], found: list[int | None]) -> None:
    """Match maps that have most in common."""
    taken = set(found)
    olds = [at for at in range(len(old)) if at not in taken and isinstance(old[at], MapNode)]
    news = [number for number, at in enumerate(found) if at is None and isinstance(new[number], MapNode)]
    if len(olds) * len(news) > _MAX_COMPARED:
        return
    scores = [(_shared(old[at], new[number]), at, number) for at in olds for number in news]
    for score, at, number in sorted(scores, key=lambda one: (-one[0], abs(one[1] - one[2]), one[1])):
        if score and at not in taken and found[number] is None:
            taken.add(at)
            found[number] = at


def _shared(one: Node, other: Node) -> int:
    assert isinstance(one, MapNode), "maps are compared"
    assert isinstance(other, MapNode), "maps are compared"
    return sum(1 for key, child in one.items() if (found := other.get(key)) is not None and same(child, found))


def _increasing(found: Sequence[int | None]) -> set[int]:
    """The numbers of the most new items whose old ones stand in the same order."""
    tails: list[int] = []
    numbers: list[int] = []
    before: dict[int, int | None] = {}
    for number, at in enumerate(found):
        if at is None:
            continue
        length = bisect_left(tails, at)
        before[number] = numbers[length - 1] if length else None
        if length == len(tails):
            tails.append(at)
            numbers.append(number)
        else:
            tails[length], numbers[length] = at, number
    kept: set[int] = set()
    last: int | None = numbers[-1] if numbers else None
    while last is not None:
        kept.add(last)
        last = before[last]
    return kept


def _fill_gaps(old: Sequence[Node], found: Sequence[int | None], kept: set[int], placed: list[Placed]) -> None:
    """Let new items stand for old ones between two that stay, where there are as many of them; of a list of which
    nothing stays, let the first be the first."""
    taken = set(found)
    start_old = start_new = 0
    for number in [*sorted(kept), len(found)]:
        at = found[number] if number < len(found) else len(old)
        assert at is not None, "what is kept has an old item"
        olds = [one for one in range(start_old, at) if one not in taken]
        news = [one for one in range(start_new, number) if found[one] is None]
        if olds and news and (len(olds) == len(news) or not kept):
            for one, other in zip(olds, news, strict=False):
                placed[other] = Placed(one)
        start_old, start_new = at + 1, number + 1
