"""What an edited text consists of: leaves, maps, lists and aliases, each with where it stands, if it stands already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from gitconfig_server.formats.editing.plan import Nested
from gitconfig_server.formats.values import Scalar, join_index, join_key, leaf_value
from gitconfig_server.model.environments import Value

NOWHERE = -1


@dataclass(slots=True, eq=False)
class Leaf:
    """A scalar. ``style`` is its quote or block sign, ``""`` where it is plain; an absent value begins at its end.

    ``written``: how a plain one that is no text is spelled; that of a new one is taken from where it stood before.
    """

    value: Scalar
    style: str = ""
    start: int = NOWHERE
    end: int = NOWHERE
    written: str = ""


@dataclass(slots=True, eq=False)
class Alias:
    """Another node's value, told by ``name``; without a name a tagged collection (``!!set``), equal to ``target``."""

    name: str
    target: Node
    start: int = NOWHERE
    end: int = NOWHERE


@dataclass(slots=True, eq=False)
class Branch:
    """A map or a list.

    ``children`` are those it shall have, removed ones of maps among them; ``standing`` are those that the text has, in
    its order. ``column`` is where keys or dashes of a block begin; ``inner`` follows a flow's bracket (it is ``start``
    in ``[a: 1]``, where the map has none). ``emptied`` tells that something was taken away; ``closed`` is what holds
    the one key ``document`` of a document that is no map.
    """

    is_list: bool
    flow: bool = False
    children: list[Child] = field(default_factory=list)
    standing: tuple[Child, ...] = ()
    start: int = NOWHERE
    inner: int = NOWHERE
    end: int = NOWHERE
    column: int = 0
    path: str = ""
    holder: Child | None = None
    emptied: bool = False
    closed: bool = False

    def living(self) -> list[Child]:
        """The children that are still there."""
        return [child for child in self.children if not child.removed]

    @property
    def is_bare(self) -> bool:
        """Whether no child is there any more."""
        return all(child.removed for child in reversed(self.children))


Node = Leaf | Alias | Branch


@dataclass(slots=True, eq=False)
class Child:
    """What a map or list holds at one key or place.

    ``segment`` is what it adds to a flat key, ``""`` in lists. In the text it begins at ``start`` (the key, the dash),
    and its value follows ``socket``: the end of the colon or dash, of the key where there is no colon; ``was`` is the
    value that stands there. A ``ghost`` is what ``<<`` brings: it has no text of its own; what ``hides`` is in the way
    of one. ``merge`` is the ``<<`` itself.
    """

    parent: Branch
    segment: str
    value: Node
    path: str = ""
    start: int = NOWHERE
    socket: int = NOWHERE
    key: Leaf | Alias | None = None
    was: Node | None = None
    removed: bool = False
    ghost: bool = False
    hides: bool = False
    merge: bool = False

    @property
    def is_new(self) -> bool:
        """Whether it still has to be written."""
        return self.start == NOWHERE and not self.ghost

    @property
    def end(self) -> int:
        """Where its text ends; what follows on that line is blank or a comment or closes a flow."""
        assert self.was is not None, "only what stands in the text ends there"
        return max(self.was.end, self.socket)


def resolve(node: Node) -> Leaf | Branch:
    """The node itself, or what the alias stands for."""
    while isinstance(node, Alias):
        node = node.target
    return node


def is_leaf(node: Node) -> bool:
    """Whether a node reads as one value: a scalar, or an empty list."""
    node = resolve(node)
    return isinstance(node, Leaf) or (node.is_list and not node.children)


def fresh(value: Nested) -> Node:
    """A node that is nowhere yet."""
    if isinstance(value, Mapping):
        branch = Branch(False)
        branch.children = [Child(branch, name, fresh(child)) for name, child in value.items()]
        return branch
    if isinstance(value, Sequence) and not isinstance(value, str):
        branch = Branch(True)
        branch.children = [Child(branch, "", fresh(item)) for item in value]
        return branch
    return Leaf(value)


def places(branch: Branch, path: str) -> Iterator[tuple[str, Child]]:
    """The children of what stands at ``path``, with their flat keys; ``<<`` has none."""
    children = [child for child in branch.children if not child.removed and not child.merge]
    for index, child in enumerate(children):
        yield join_index(path, index) if branch.is_list else join_key(path, child.segment), child


def flat(node: Node, path: str) -> Iterator[tuple[str, Value]]:
    """The flat keys and values at and beneath ``path``, where ``node`` stands."""
    node = resolve(node)
    if isinstance(node, Leaf):
        yield path, leaf_value(node.value)
    elif is_leaf(node):
        yield path, ""
    else:
        for key, child in places(node, path):
            yield from flat(child.value, key)
