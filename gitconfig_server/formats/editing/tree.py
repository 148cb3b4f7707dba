"""The tree of one document as its format has it, whatever the format.

``MapNode`` (real keys, an integer or boolean one among them), ``ListNode``, ``ScalarNode``, and ``AliasNode`` for
YAML's ``*name``. ``.properties`` are one map of text whose keys hold dots. ``{}``, ``[]`` and null are nodes like
others.

Reading: ``stored.read_tree(path, content, document)`` gives the root of a document. Then

- ``same(one, other)``: equality by type and value; the order of keys does not count, an alias is what it stands for.
- ``walking.leaves(root)``: flat key and node of each scalar, ``{}`` and ``[]``, in the order of the text.
- ``places.find(root, key)``: the paths a dotted key means, the effective one last; ``walking.at(root, path)``: the node
  there.
- ``plain(node)``: the same as dicts and lists; ``node_of(value)``: the way back.

Nodes that were read are never changed: ``tree_edits.TreeEdit`` copies what it changes and keeps all else, the very
objects, so ``is`` tells what nobody touched. ``texts.EditedText`` makes the text of a document whose tree is the given
one: nodes that were read bring their text and comments with them, wherever they stand now.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from gitconfig_server.formats.editing.keys import SortedKeys
from gitconfig_server.formats.values import Scalar, key_segment, scalar_text

NOWHERE = -1

Nested = str | int | float | bool | None | Sequence["Nested"] | Mapping[str, "Nested"]
"""What JSON can say."""

_MANY = 1000
"""Keys that go at once, from which on the order of a map's keys is found anew."""


class Key(Struct, eq=False, gc=False):
    """A key of a map. ``1``, ``'1'``, ``1.0`` and ``true`` are four keys; ``written`` is how a plain one stands there
    (``on``)."""

    value: Scalar
    written: str = ""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Key) and type(self.value) is type(other.value) and self.value == other.value

    def __ne__(self, other: object) -> bool:  # a Struct has one of its own, which goes by identity here
        return not self == other

    def __hash__(self) -> int:
        return hash(self.value)

    def __repr__(self) -> str:
        return f"Key({self.value!r})"

    @property
    def segment(self) -> str:
        """What it adds to a flat key: itself, or ``[1]`` where it is no text."""
        return key_segment(self.value)

    @property
    def text(self) -> str:
        """Its name as JSON would have it."""
        return self.value if isinstance(self.value, str) else scalar_text(self.value)


class ScalarNode(Struct, eq=False, gc=False):
    """A single value; it stands in the text from ``start`` to ``end``, if it was read.

    Not looked through for garbage, as nothing that holds scalars alone has to be: there are thousands of them in a
    tree, and collections hold up all threads.
    """

    value: Scalar
    start: int = NOWHERE
    end: int = NOWHERE


class ListNode:
    """A list. ``origin``: the list that was read and of which this is a changed copy; itself where nothing changed."""

    __slots__ = ("_origin", "end", "items", "start")

    def __init__(self, items: list[Node], start: int = NOWHERE, end: int = NOWHERE) -> None:
        self.items = items
        self.start = start
        self.end = end
        self._origin: ListNode | None = None

    @property
    def origin(self) -> ListNode | None:
        """What was read; kept is another one alone, since a node that names itself is freed by a collection only."""
        return self if self._origin is None and self.start != NOWHERE else self._origin

    @origin.setter
    def origin(self, read: ListNode | None) -> None:
        self._origin = read


class MapNode:
    """A map. ``brought``: what ``<<`` gives it and no key of its own hides; ``origin`` as of ListNode.

    ``hiding``: own keys in front of what ``<<`` would give. ``is_flat``: its format has no maps within maps, so that
    all keys are dotted (``.properties``). ``is_closed``: it stands for a document that is a list or a single value, and
    has the only key ``document``. ``follows``: behind which key a new one is to stand. ``is_unmerged``: what ``<<``
    brought is its own now. ``gone``: names of text that were dropped; until one is put again it means no other key.
    """

    __slots__ = (
        "_names",
        "_origin",
        "_sorted",
        "brought",
        "end",
        "entries",
        "follows",
        "gone",
        "hiding",
        "is_closed",
        "is_flat",
        "is_unmerged",
        "start",
    )

    def __init__(
        self,
        entries: dict[Key, Node],
        brought: Mapping[Key, Node] | None = None,
        start: int = NOWHERE,
        end: int = NOWHERE,
        *,
        hiding: Iterable[Key] = (),
        is_flat: bool = False,
        is_closed: bool = False,
    ) -> None:
        self.entries = entries
        self.brought = dict(brought or {})
        self.hiding = set(hiding)
        self.start = start
        self.end = end
        self.is_flat = is_flat
        self.is_closed = is_closed
        self.is_unmerged = False
        self._origin: MapNode | None = None
        self.follows: dict[Key, Key] = {}
        self.gone: set[str] = set()
        self._names: dict[str, Key] | None = None
        self._sorted: SortedKeys | None = None

    @property
    def origin(self) -> MapNode | None:
        """As of ListNode."""
        return self if self._origin is None and self.start != NOWHERE else self._origin

    @origin.setter
    def origin(self, read: MapNode | None) -> None:
        self._origin = read

    def __len__(self) -> int:
        return len(self.entries) + len(self.brought)

    def __bool__(self) -> bool:
        """``{}`` is a node like others: what asks whether there is one must not lose it."""
        return True

    def items(self) -> Iterator[tuple[Key, Node]]:
        """What a reader finds in it."""
        yield from self.entries.items()
        yield from self.brought.items()

    def get(self, key: Key) -> Node | None:
        """The value at this very key."""
        found = self.entries.get(key)
        return self.brought.get(key) if found is None else found

    def named(self, name: str) -> Key | None:
        """The key that a name means: the text itself; else one that is no text and is written so, or as ``[1]``."""
        key = Key(name)
        if self.get(key) is not None:
            return key
        if name in self.gone:
            return None
        if self._names is None:
            self._names = {}
            for one, _ in self.items():
                if not isinstance(one.value, str):
                    self._names.update({one.segment: one, one.text: one, one.written or one.text: one})
        other = self._names.get(name)
        return other if other is not None and self.get(other) is not None else None

    def beneath(self, prefix: str) -> list[Key]:
        """The keys that go on with ``.`` or ``[`` after ``prefix``: for readers they stand beneath it."""
        return [Key(one) for one in self._segments().beneath(prefix)]

    def any_beneath(self, prefix: str) -> bool:
        """Whether ``beneath`` has any."""
        return self._segments().any_beneath(prefix)

    def put(self, key: Key, node: Node) -> None:
        """Set a key of a map that is being made: one that was read stays as it is."""
        if self._sorted is not None and isinstance(key.value, str) and self.get(key) is None:
            self._sorted.add(key.value)
        if self.brought.pop(key, None) is not None:
            self.hiding.add(key)
        self.entries[key] = node

    def drop(self, key: Key) -> None:
        """Remove a key of a map that is being made; what ``<<`` gives beside it becomes the map's own."""
        if key in self.brought or key in self.hiding:
            self.entries.update(self.brought)
            self.brought, self.hiding, self.is_unmerged = {}, set(), True
        del self.entries[key]
        if isinstance(key.value, str):
            self.gone.add(key.value)
        if self._sorted is not None and isinstance(key.value, str) and self.get(key) is None:
            self._sorted.remove(key.value)

    def drop_all(self, keys: Sequence[Key]) -> None:
        """Remove many keys of a map that is being made."""
        if len(keys) > _MANY:
            self._sorted = None
        for key in keys:
            self.drop(key)

    def _segments(self) -> SortedKeys:
        if self._sorted is None:
            self._sorted = SortedKeys(one.value for one, _ in self.items() if isinstance(one.value, str))
        return self._sorted


class AliasNode:
    """Another node's value, by its anchor's ``name``."""

    __slots__ = ("end", "name", "start", "target")

    def __init__(self, name: str, target: Node, start: int = NOWHERE, end: int = NOWHERE) -> None:
        self.name = name
        self.target = target
        self.start = start
        self.end = end


Node = ScalarNode | ListNode | MapNode | AliasNode
Step = Key | int
Path = tuple[Step, ...]


GONE = ScalarNode(None)
"""Stands in a list that is being changed where an item was: places mean what they meant until all is done."""


def resolved(node: Node) -> ScalarNode | ListNode | MapNode:
    """The node itself, or what an alias stands for."""
    while isinstance(node, AliasNode):
        node = node.target
    return node


def node_of(value: Any) -> Node:
    """A tree of dicts, lists and single values, which must be sound; keys are text."""
    if isinstance(value, Mapping):
        return MapNode({Key(name): node_of(child) for name, child in value.items()})
    if isinstance(value, list | tuple):
        return ListNode([node_of(item) for item in value])
    return ScalarNode(value)


def plain(node: Node) -> Any:
    """Dicts with text for keys, lists and single values."""
    node = resolved(node)
    if isinstance(node, ScalarNode):
        return node.value
    if isinstance(node, ListNode):
        return [plain(item) for item in node.items]
    return {key.text: plain(child) for key, child in node.items()}


def same(one: Node, other: Node) -> bool:
    """Whether two trees hold the same: ``1``, ``1.0``, ``true`` and ``'1'`` differ, and so do ``{}``, ``[]`` and null.

    Costs no more than the nodes there are, however often aliases repeat them.
    """
    return _same(one, other, set())


def _same(one: Node, other: Node, known: set[tuple[int, int]]) -> bool:
    one, other = resolved(one), resolved(other)
    if one is other:
        return True
    if isinstance(one, ScalarNode):
        return isinstance(other, ScalarNode) and _same_value(one.value, other.value)
    if (id(one), id(other)) in known:
        return True
    known.add((id(one), id(other)))
    if isinstance(one, ListNode):
        if not isinstance(other, ListNode) or len(one.items) != len(other.items):
            return False
        return all(_same(*pair, known) for pair in zip(one.items, other.items, strict=True))
    if not isinstance(other, MapNode) or len(one) != len(other):
        return False
    pairs = ((child, other.get(key)) for key, child in one.items())
    return all(found is not None and _same(child, found, known) for child, found in pairs)


def _same_value(one: Scalar, other: Scalar) -> bool:
    return type(one) is type(other) and (one == other or (one != one and other != other))
