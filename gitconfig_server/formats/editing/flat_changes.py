"""Changing a document as a tree, whatever the spelling of its keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import NoReturn, TypeGuard

from gitconfig_server.errors import InvalidEdit
from gitconfig_server.formats.editing.additions import Additions
from gitconfig_server.formats.editing.index import Index, Unfolding
from gitconfig_server.formats.editing.keys import next_index
from gitconfig_server.formats.editing.nodes import Branch, Child, Node, flat, fresh, is_leaf
from gitconfig_server.formats.editing.plan import Change, Nested, Plan, Put, SetKey, same
from gitconfig_server.formats.properties import flatten
from gitconfig_server.model.environments import Value


class Tree:
    """One document and the changes made to it. ``repeated`` are anchors whose name is given more than once."""

    def __init__(self, path: str, root: Branch, repeated: frozenset[str] = frozenset()) -> None:
        self._path = path
        self._index = Index(root)
        self._unfolding = Unfolding(self._index, repeated)
        self._additions = Additions(path, root, self._index)
        self._emptied: list[Branch] = []

    def apply(self, changes: Sequence[Change]) -> None:
        """Make the changes, in order; then maps and lists that lost all they had go too.

        Everything is unfolded before anything changes, so that copies are of what stands in the text. Raises
        InvalidEdit where a change does not fit what stands there.
        """
        for change in changes:
            self._unfolding.make_way(change)
        for change in changes:
            self._make(change)
        for branch in sorted(self._emptied, key=lambda branch: -branch.start):
            self._prune(branch)
        self._additions.settle()

    def _make(self, change: Change) -> None:
        if isinstance(change, Put):
            self._put(change.key, change.value)
        else:
            self._drop(change.key)

    def _put(self, key: str, value: Nested) -> None:
        standing = self._index.at(key)
        leaves = [child for child in standing if is_leaf(child.value)]
        if leaves:
            self._set(leaves[-1], value)
            for child in leaves[:-1] if isinstance(value, Mapping | list) else ():
                self._remove(child)
                self._index.leave(child)
            return
        chosen = standing[-1] if standing else None
        for child in self._index.topmost(key):
            if child is not chosen:
                self._remove(child)
        self._index.leave_beneath(key)
        for child in standing[:-1]:
            self._index.leave(child)
        if chosen:
            self._set(chosen, value)
        else:
            self._additions.add(key, value)

    def _set(self, child: Child, value: Nested) -> None:
        child.ghost = False
        if isinstance(child.value, Branch) and child.value.is_list and child.value.children and _is_items(value):
            self._align(child, child.value, value)
        elif value != {} or not _is_empty_map(child.value):
            child.value = fresh(value)
            self._index.enter_beneath(child)

    def _align(self, child: Child, branch: Branch, items: Sequence[Nested]) -> None:
        """Give a list new items; those at its ends that stay the same stay where they are."""
        old, new = [dict(flat(one.value, "x")) for one in branch.children], [flatten({"x": item}) for item in items]
        head = _common(old, new)
        tail = min(_common(old[::-1], new[::-1]), len(old) - head, len(new) - head)
        standing, wanted = branch.children[head : len(old) - tail], items[head : len(new) - tail]
        kept = standing[: len(wanted)]
        for one, item in zip(kept, wanted, strict=False):
            if not _refillable(one, item):
                one.value = fresh(item)
        for one in standing[len(kept) :]:
            one.removed = True
        added = [Child(branch, "", fresh(item)) for item in wanted[len(kept) :]]
        branch.children[head : len(old) - tail] = [*kept, *added]
        self._index.enter_beneath(child)
        for one, item in zip(kept, wanted, strict=False):
            if _refillable(one, item):
                self._refill(one, item)

    def _refill(self, child: Child, item: Nested) -> None:
        """Make the map at ``child`` hold what ``item`` does."""
        plan = Plan(dict(flat(child.value, child.path)))
        plan.edit(SetKey(child.path, item))
        for change in plan.changes:
            self._unfolding.make_way(change)
            self._make(change)

    def _drop(self, key: str) -> None:
        for child in self._index.topmost(key):
            self._check_last(child)
            self._remove(child)
        self._index.leave_beneath(key)
        for child in self._index.at(key):
            self._index.leave(child)

    def _check_last(self, child: Child) -> None:
        """Refuse to take an item out of the middle of a list, real or spelled ``a[0]:``: the others would move."""
        if child.parent.is_list:
            is_last = child is child.parent.children[-1]
        else:
            following = None if child.segment.startswith("[") else next_index(child.path)
            is_last = following is None or not self._index.reaches(following)
        if not is_last:
            self._refuse(child.path, "only the last item of a list can be removed: set the whole list")

    def _remove(self, child: Child) -> None:
        child.removed = True
        if child.parent.is_list:
            siblings = child.parent.children
            siblings.pop() if siblings[-1] is child else siblings.remove(child)
        if not child.parent.emptied:
            child.parent.emptied = True
            self._emptied.append(child.parent)

    def _prune(self, branch: Branch) -> None:
        """Take away what has lost all its children, and so on upwards. Inside a list nothing may move: ``{}`` stays."""
        while (holder := branch.holder) and holder.value is branch and not holder.removed and branch.is_bare:
            if holder.parent.is_list and holder is not holder.parent.children[-1]:
                holder.value = fresh({})
                return
            self._remove(holder)
            branch = holder.parent

    def _refuse(self, key: str, reason: str) -> NoReturn:
        raise InvalidEdit(self._path, key, reason)


def _is_items(value: Nested) -> TypeGuard[list[Nested]]:
    return isinstance(value, list) and bool(value)


def _is_empty_map(node: Node) -> bool:
    return isinstance(node, Branch) and not node.is_list and node.is_bare and not node.emptied


def _refillable(child: Child, item: Nested) -> bool:
    """Whether both are maps, so that the text of one can become the other key by key."""
    standing = child.value
    return isinstance(standing, Branch) and not standing.is_list and isinstance(item, Mapping) and bool(item)


def _common(one: list[dict[str, Value]], other: list[dict[str, Value]]) -> int:
    """How many items both lists begin with."""
    return sum(1 for _ in takewhile(lambda pair: same(*pair), zip(one, other, strict=False)))
