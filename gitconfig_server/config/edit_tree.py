"""Changing a document as a tree, whatever the spelling of its keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile
from typing import NoReturn, TypeGuard

from gitconfig_server.config.edit_index import Index, Unfolding
from gitconfig_server.config.edit_keys import is_index, next_index, parents, split_key
from gitconfig_server.config.edit_nodes import Branch, Child, Leaf, Node, flat, fresh, is_leaf
from gitconfig_server.config.edit_plan import Change, Nested, Plan, Put, SetKey, same
from gitconfig_server.config.properties import flatten
from gitconfig_server.environments import Value
from gitconfig_server.errors import InvalidEdit


class Tree:
    """One document and the changes made to it. ``repeated`` are anchors whose name is given more than once."""

    def __init__(self, path: str, root: Branch, repeated: frozenset[str] = frozenset()) -> None:
        self._path = path
        self._root = root
        self._index = Index(root)
        self._unfolding = Unfolding(self._index, repeated)
        self._latest: dict[str, Child] = {}
        self._leaders: dict[Child, Child] = {}
        self._dotted: dict[Branch, bool] = {}
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
        self._settle()

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
            self._add(key, value)

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
            child.parent.children.remove(child)
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

    def _settle(self) -> None:
        """Move new children behind the siblings they follow: all at once, as each move costs as much as all."""
        followers: dict[Child, list[Child]] = {}
        for child, leader in self._leaders.items():
            followers.setdefault(leader, []).append(child)
        for branch in {leader.parent for leader in followers}:
            children = (child for child in branch.children if child not in self._leaders)
            branch.children = [one for child in children for one in (child, *followers.get(child, ()))]

    def _add(self, key: str, value: Nested) -> None:
        split_key(key)
        for parent in reversed(list(parents(key))):
            standing = self._index.at(parent)
            if standing:
                branches = [child for child in standing if isinstance(child.value, Branch)]
                self._add_beneath([*standing, *branches][-1], key, value)
                return
            if self._index.reaches(parent):
                self._add_beside(self._sibling(parent), key, parent, value)
                return
        self._insert(self._root, key, value)

    def _add_beneath(self, child: Child, key: str, value: Nested) -> None:
        rest = split_key(key[len(child.path) :].removeprefix("."))
        node = child.value
        if isinstance(node, Leaf) and node.value is not None:
            self._refuse(key, f"{child.path} is a value, nothing can stand beneath it: set {child.path} to a map")
        if not isinstance(node, Branch) or (node.is_bare and node.is_list != is_index(rest[0])):
            child.value = self._chain(key, rest, value)
            self._index.enter_beneath(child)
        elif node.is_list:
            self._append(node, key, rest, value)
        else:
            self._insert(node, key, value)

    def _append(self, branch: Branch, key: str, rest: list[str], value: Nested) -> None:
        if not is_index(rest[0]):
            self._refuse(key, f"{branch.path} is a list: its items are {branch.path}[0] and so on")
        if rest[0] != f"[{len(branch.children)}]":
            self._refuse(key, f"{branch.path} has {len(branch.children)} items: the next is [{len(branch.children)}]")
        child = Child(branch, "", self._chain(key, rest[1:], value))
        branch.children.append(child)
        self._index.enter(child, branch.path + rest[0])

    def _add_beside(self, sibling: Child, key: str, parent: str, value: Nested) -> None:
        """Spell ``key`` as its sibling is, which has the dotted ``parent`` in one key with its own name."""
        part, *more = split_key(key[len(parent) :].removeprefix("."))
        if is_index(part) and part != "[0]" and not self._index.reaches(f"{parent}[{int(part[1:-1]) - 1}]"):
            self._refuse(key, f"{parent} has no item before {part}: add them in order")
        self._check_first(key, more)
        branch = sibling.parent
        child = Child(branch, _rest(branch, key), fresh(value))
        branch.children.append(child)
        self._leaders[child] = self._leaders.get(sibling, sibling)
        self._index.enter(child, key)
        self._latest[parent] = child

    def _sibling(self, parent: str) -> Child:
        """The last of those whose dotted keys begin with ``parent``."""
        latest = self._latest.get(parent)
        if latest and latest in self._index.at(latest.path):
            return latest
        return max(self._index.topmost(parent), key=lambda child: (child.is_new, child.start))

    def _insert(self, branch: Branch, key: str, value: Nested) -> None:
        """Add to a map: nested, or in one dotted key where all its keys are written so."""
        if branch.closed:
            self._refuse(key, "the document is no map but one value or list, which has the key 'document'")
        rest = _rest(branch, key)
        first, *more = split_key(rest)
        if is_index(first) and not any(child.segment.startswith("[") for child in branch.living()):
            self._refuse(key, f"{branch.path or 'the document'} is a map, it has no items")
        if self._is_dotted(branch):
            self._check_first(key, more)
            child = Child(branch, rest, fresh(value))
        else:
            child = Child(branch, first, self._chain(key, more, value))
        branch.children.append(child)
        self._index.enter(child, key[: len(key) - len(rest)] + child.segment)

    def _is_dotted(self, branch: Branch) -> bool:
        """Whether a map spells its keys with dots rather than to nest them."""
        if branch not in self._dotted:
            nests = any(isinstance(child.value, Branch) and not child.value.is_list for child in branch.standing)
            dotted = ("." in child.segment and not child.segment.startswith("[") for child in branch.standing)
            self._dotted[branch] = not nests and any(dotted)
        return self._dotted[branch]

    def _check_first(self, key: str, parts: Iterable[str]) -> None:
        if any(is_index(part) and part != "[0]" for part in parts):
            self._refuse(key, "the first item of a new list is [0]")

    def _chain(self, key: str, parts: list[str], value: Nested) -> Node:
        """New maps and lists, one inside the other, and the value in the innermost."""
        self._check_first(key, parts)
        node = fresh(value)
        for part in reversed(parts):
            branch = Branch(is_index(part))
            branch.children = [Child(branch, "" if branch.is_list else part, node)]
            node = branch
        return node

    def _refuse(self, key: str, reason: str) -> NoReturn:
        raise InvalidEdit(self._path, key, reason)


def _rest(branch: Branch, key: str) -> str:
    """What a child of ``branch`` has to add to its path to stand at ``key``."""
    return key[len(branch.path) :].removeprefix(".") if branch.path.strip() else key


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
