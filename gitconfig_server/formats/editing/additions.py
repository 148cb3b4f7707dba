"""Where new keys go in a tree, and how they are spelled there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NoReturn

from gitconfig_server.errors import InvalidEdit
from gitconfig_server.formats.editing.index import Index
from gitconfig_server.formats.editing.keys import is_index, parents, split_key
from gitconfig_server.formats.editing.nodes import Branch, Child, Leaf, Node, fresh
from gitconfig_server.formats.editing.plan import Nested


class Additions:
    """Adds keys that do not stand yet. ``path`` is the file's, for what errors say."""

    def __init__(self, path: str, root: Branch, index: Index) -> None:
        self._path = path
        self._root = root
        self._index = index
        self._latest: dict[str, Child] = {}
        self._leaders: dict[Child, Child] = {}
        self._dotted: dict[Branch, bool] = {}
        self._bracketed: set[Branch] = set()

    def add(self, key: str, value: Nested) -> None:
        """Put a new key where those beside it stand: as deep down as its parents go."""
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

    def settle(self) -> None:
        """Move new children behind the siblings they follow: all at once, as each move costs as much as all."""
        followers: dict[Child, list[Child]] = {}
        for child, leader in self._leaders.items():
            followers.setdefault(leader, []).append(child)
        for branch in {leader.parent for leader in followers}:
            children = (child for child in branch.children if child not in self._leaders)
            branch.children = [one for child in children for one in (child, *followers.get(child, ()))]

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
        for child in (latest, self._leaders.get(latest)) if latest else ():
            if child and child in self._index.at(child.path):
                return child
        return max(self._index.topmost(parent), key=lambda child: (child.is_new, child.start))

    def _insert(self, branch: Branch, key: str, value: Nested) -> None:
        """Add to a map: nested, or in one dotted key where all its keys are written so."""
        if branch.closed:
            self._refuse(key, "the document is no map but one value or list, which has the key 'document'")
        rest = _rest(branch, key)
        first, *more = split_key(rest)
        if is_index(first) and not self._has_brackets(branch):
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

    def _has_brackets(self, branch: Branch) -> bool:
        """Whether a map has keys such as ``1:`` or ``'[x.y]':``, so that it may get more of them."""
        if branch not in self._bracketed and any(child.segment.startswith("[") for child in branch.living()):
            self._bracketed.add(branch)
        return branch in self._bracketed

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
