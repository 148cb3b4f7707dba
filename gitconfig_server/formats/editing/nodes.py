"""What an edited text consists of: leaves, maps, lists and aliases, each with where it stands, if it stands already."""

from __future__ import annotations

from msgspec import Struct, field

from gitconfig_server.formats.editing.tree import NOWHERE, ListNode, Node, ScalarNode, resolved
from gitconfig_server.formats.values import Scalar


class Leaf(Struct, eq=False, gc=False):
    """A scalar. ``style`` is its quote or block sign, ``""`` where it is plain; an absent value begins at its end.

    ``written``: how a plain one that is no text is spelled. ``text``: that of a new one which stood elsewhere before;
    it is ``""`` for a null that nothing was written for.
    """

    value: Scalar
    style: str = ""
    start: int = NOWHERE
    end: int = NOWHERE
    written: str = ""
    text: str | None = None


class Alias(Struct, eq=False):
    """Another node's value, told by ``name``; without a name a tagged collection (``!!set``), equal to ``target``."""

    name: str
    target: NodeMark
    start: int = NOWHERE
    end: int = NOWHERE


class BranchMark(Struct, eq=False):
    """A map or a list.

    ``children`` are those it shall have, removed ones of maps among them; ``standing`` are those that the text has, in
    its order. ``column`` is where keys or dashes of a block begin; ``inner`` follows a flow's bracket (it is ``start``
    in ``[a: 1]``, where the map has none). ``closed`` is what holds
    the one key ``document`` of a document that is no map. ``text``: the lines of a new one that stood elsewhere before,
    without the blanks they all begin with; ``flow_text`` where they are those of a flow. ``is_flush``: its dashes stand
    right below the key that holds it.

    No mark knows what it stands in: trees without circles go when nobody has them any more, and do not wait for a
    collection, which holds up all threads.
    """

    is_list: bool
    flow: bool = False
    children: list[Child] = field(default_factory=list)
    standing: tuple[Child, ...] = ()
    start: int = NOWHERE
    inner: int = NOWHERE
    end: int = NOWHERE
    column: int = 0
    closed: bool = False
    is_flush: bool = False
    text: tuple[str, ...] = ()
    flow_text: bool = False

    def living(self) -> list[Child]:
        """The children that are still there."""
        return [child for child in self.children if not child.removed]

    @property
    def is_bare(self) -> bool:
        """Whether no child is there any more."""
        return all(child.removed for child in reversed(self.children))


NodeMark = Leaf | Alias | BranchMark


class Child(Struct, eq=False, gc=False):
    """What a map or list holds at one key or place.

    ``segment`` is what it adds to a flat key, ``""`` in lists. In the text it begins at ``start`` (the key, the dash),
    and its value follows ``socket``: the end of the colon or dash, of the key where there is no colon; ``was`` is the
    value that stands there. A ``ghost`` is what ``<<`` brings: it has no text of its own; what ``hides`` is in the way
    of one. ``merge`` is the ``<<`` itself. ``rename`` is the key it shall have. ``origin`` of a new item: the one that
    moves here, with its text.
    """

    in_list: bool
    segment: str
    value: NodeMark
    path: str = ""
    start: int = NOWHERE
    socket: int = NOWHERE
    key: Leaf | Alias | None = None
    was: NodeMark | None = None
    removed: bool = False
    ghost: bool = False
    hides: bool = False
    merge: bool = False
    rename: Leaf | None = None
    origin: Child | None = None

    @property
    def is_new(self) -> bool:
        """Whether it still has to be written."""
        return self.start == NOWHERE and not self.ghost

    @property
    def end(self) -> int:
        """Where its text ends; what follows on that line is blank or a comment or closes a flow."""
        assert self.was is not None, "only what stands in the text ends there"
        return max(self.was.end, self.socket)


def resolve(node: NodeMark) -> Leaf | BranchMark:
    """The node itself, or what the alias stands for."""
    while isinstance(node, Alias):
        node = node.target
    return node


def new_mark(node: Node) -> NodeMark:
    """Marks of a tree that stands nowhere yet."""
    node = resolved(node)
    if isinstance(node, ScalarNode):
        return Leaf(node.value)
    branch = BranchMark(isinstance(node, ListNode))
    if isinstance(node, ListNode):
        branch.children = [Child(branch.is_list, "", new_mark(item)) for item in node.items]
    else:
        found = ((key, new_mark(child)) for key, child in node.items())
        branch.children = [Child(branch.is_list, key.segment, mark, key=Leaf(key.value)) for key, mark in found]
    return branch


def places(branch: BranchMark) -> list[Child]:
    """The children of a map or list; ``<<`` is none."""
    return [child for child in branch.children if not child.removed and not child.merge]
