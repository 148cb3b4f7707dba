"""What a dotted key, or several names, mean in a tree."""

from __future__ import annotations

from collections.abc import Sequence

from gitconfig_server.formats.editing.keys import is_endless
from gitconfig_server.formats.editing.tree import (
    GONE,
    NOWHERE,
    ListNode,
    MapNode,
    Node,
    Path,
    ScalarNode,
    Step,
    resolved,
)
from gitconfig_server.formats.editing.walking import at
from gitconfig_server.formats.values import join_key

_MAX_CUTS = 300
"""Ways to divide a key that are tried; keys with more parts mean only what is spelled exactly so."""


class AskedNames:
    """The names a caller gave for one place: a dotted key is one name, ``{"a": {"b": 1}}`` has two.

    A position in it is the number of a name, and how much of that is used.
    """

    __slots__ = ("names",)

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)

    def rest(self, position: tuple[int, int]) -> str:
        """All that is left, as one dotted key."""
        number, used = position
        text = self.names[number][used:] if number < len(self.names) else ""
        for name in self.names[number + 1 :]:
            text = join_key(text, name)
        return text

    def is_done(self, position: tuple[int, int]) -> bool:
        """Whether nothing is left."""
        return position[0] >= len(self.names)

    def cuts(self, position: tuple[int, int]) -> list[tuple[str, tuple[int, int]]]:
        """What may be the next key, and the position behind it; the longest first."""
        number, used = position
        found: list[tuple[str, tuple[int, int]]] = []
        before = ""
        while number < len(self.names) and len(found) < _MAX_CUTS:
            name = self.names[number]
            if not is_endless(name):
                for end in range(used + 1, len(name)):
                    if name[end] in ".[":
                        found.append((before + name[used:end], (number, end + (name[end] == "."))))
            whole = before + name[used:]
            number, used = number + 1, 0
            found.append((whole, (number, 0)))
            follows = self.names[number] if number < len(self.names) else ""
            before = whole if follows.startswith("[") else f"{whole}."
        return found[::-1]


def find(root: MapNode, key: str) -> list[Path]:
    """The paths of what a dotted key means, its effective spelling last; several where it is spelled in several ways.

    ``labels.app.kubernetes.io/name`` is the key ``app.kubernetes.io/name`` in ``labels`` if that stands; at each map
    the longest spelling is looked for first. ``a[0]`` is an item of a list or the key ``0`` of a map.
    """
    return find_names(root, AskedNames((key,)))


def find_names(root: MapNode, request: AskedNames) -> list[Path]:
    """As ``find``, for a place that was given by one or several names."""
    found: list[Path] = []
    seen: set[tuple[int, tuple[int, int]]] = set()
    waiting: list[tuple[Node, Path, tuple[int, int]]] = [(root, (), (0, 0))]
    while waiting:
        node, path, position = waiting.pop()
        if request.is_done(position):
            found.append(path)
            continue
        inner = resolved(node)
        if (id(inner), position) in seen or isinstance(inner, ScalarNode):
            continue
        seen.add((id(inner), position))
        steps = [(*step_into(inner, text), behind) for text, behind in request.cuts(position)]
        waiting += [
            (child, (*path, step), behind)
            for step, child, behind in reversed(steps)
            if step is not None and child is not None
        ]
    return sorted(found, key=lambda path: _place(root, path)) if len(found) > 1 else found


def step_into(node: ListNode | MapNode, text: str) -> tuple[Step | None, Node | None]:
    """The child that a part of a key means."""
    if isinstance(node, MapNode):
        key = node.named(text)
        return key, node.get(key) if key is not None else None
    digits = text[1:-1] if text[:1] == "[" and text[-1:] == "]" else ""
    if not digits.isascii() or not digits.isdigit() or len(digits) > 9 or str(int(digits)) != digits:
        return None, None
    index = int(digits)
    if index >= len(node.items) or node.items[index] is GONE:
        return None, None
    return index, node.items[index]


def _place(root: MapNode, path: Path) -> tuple[int, int]:
    """Where it stands in the text: what is new counts as last, since it will be written behind the rest."""
    node = at(root, path)
    return (node.start == NOWHERE, node.start)
