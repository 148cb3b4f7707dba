"""Changing a tree: what was read stays as it is, and what changes is a copy that shares all the rest with it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NoReturn

from gitconfig_server.errors import InvalidEdit
from gitconfig_server.formats.editing.alignment import align
from gitconfig_server.formats.editing.groups import group_items, members_beneath
from gitconfig_server.formats.editing.keys import is_index, split_key
from gitconfig_server.formats.editing.tree import (
    GONE,
    NOWHERE,
    Key,
    ListNode,
    MapNode,
    Node,
    Path,
    Request,
    ScalarNode,
    Step,
    at,
    find,
    find_names,
    key_of,
    resolved,
    same,
    step_into,
)
from gitconfig_server.formats.values import scalar_text

_INDEXED = re.compile(r"(.*)\[([0-9]{1,9})\]", re.DOTALL)
_NEXT = re.compile(r"\[([0-9]{1,9})\]\.?")

_CLOSED = "the document is no map but one value or list, which has the key 'document'"

Position = tuple[int, int]


class TreeEdit:
    """A tree that is being changed; ``root`` is what it has become. ``path`` is the file's, for what errors say.

    A place is given by names: one dotted key, or the names that lead there. A new key stands in the innermost map that
    its names lead to. There the first name, which may be dotted, is spelled as the keys beside it are; names behind it
    are keys as they are. Raises InvalidEdit where the format, or what stands there, cannot take a change.
    """

    def __init__(self, path: str, root: MapNode) -> None:
        self.root = root
        self.touched: list[Path] = []
        self._path = path
        self._own: dict[int, Node] = {}
        self._holed: list[ListNode] = []
        self._shrunk: dict[tuple[Path, str], set[int]] = {}
        self._latest: dict[tuple[int, str], Key] = {}

    def put(self, names: Sequence[str], value: Node) -> None:
        """Let a value stand at a place; what spells out keys beneath the place in longer keys stays beside a scalar."""
        request = Request(names)
        found = find_names(self.root, request)
        if found:
            self.replace(found[-1], value)
            return
        group = None if isinstance(value, ScalarNode) else next(self.groups(request), None)
        if group:
            self.set_group(*group, value)
        else:
            self._add(request, value)

    def replace_root(self, value: Node) -> None:
        """Let the document be another map."""
        node = resolved(value)
        assert isinstance(node, MapNode), "a document is a map"
        if self.root.is_flat:
            self.root = self._owned_map(self.root)
            for key in list(self.root.entries):
                self.root.drop(key)
            for key, child in node.items():
                self._add_flat((), key.text, child)
        elif not self.root.is_closed:
            spelled = respelled(node, self.root)
            assert isinstance(spelled, MapNode), "a map stays one"
            root = MapNode(dict(spelled.items()))
            root.origin = self.root.origin
            self.root = root

    def ensure_map(self, names: Sequence[str], *, literally: bool = False) -> None:
        """Let there be a map, whatever it holds, where there is none. ``literally``: ``{}`` itself was asked for."""
        request = Request(names)
        found = find_names(self.root, request)
        if found and isinstance(resolved(at(self.root, found[-1])), MapNode):
            return
        if next(self.groups(request), None) or (self.root.is_flat and not literally):
            return
        self.put(names, MapNode({}))

    def remove(self, names: Sequence[str]) -> bool:
        """Let what stands at a place go, and whether there was anything.

        Where nothing stands there itself, or a map does, all longer keys go that spell out what is beneath. Other items
        of a list keep their places until ``settle``.
        """
        request = Request(names)
        found = find_names(self.root, request)
        whole = not found or any(isinstance(resolved(at(self.root, path)), MapNode) for path in found)
        groups = list(self.groups(request)) if whole else []
        for path in found:
            self.take(path)
        for path, text in groups:
            self.drop_group(path, text)
        return bool(found or groups)

    def bring_back(self, then: MapNode, key: str) -> None:
        """Let ``key``, and what is beneath it, be as in another tree; maps that it was put into since go with it."""
        request = Request((key,))
        former = TreeEdit(self._path, then)
        wanted = {path: at(then, path) for path in find_names(then, request)}
        for path, text in former.groups(request):
            container = resolved(at(then, path))
            assert isinstance(container, MapNode), "a group stands in a map"
            wanted.update({(*path, one): at(then, (*path, one)) for one in container.beneath(text)})
        if not wanted:
            above = [path[:-1] for path in find_names(self.root, request)]
            self.remove((key,))
            self.settle()
            for path in above:
                self._tidy(path, then)
        for path, node in wanted.items():
            self.put([step.text if isinstance(step, Key) else f"[{step}]" for step in path], node)

    def _tidy(self, path: Path, then: MapNode) -> None:
        """Remove a map that has become empty and was not there then, and so on upwards."""
        while path and isinstance(path[-1], Key):
            node = resolved(at(self.root, path))
            if not isinstance(node, MapNode) or len(node) or find(then, key_of(path)):
                return
            self.take(path)
            path = path[:-1]

    def settle(self) -> None:
        """Close up the places of items that went."""
        for items in self._holed:
            items.items[:] = [item for item in items.items if item is not GONE]
        if self._holed and self.root.is_flat:  # a list without items is none
            empty = [key for key, node in self.root.entries.items() if isinstance(node, ListNode) and not node.items]
            for key in empty:
                self.root.drop(key)
        for (path, prefix), gone in self._shrunk.items():
            self._renumber(path, prefix, gone)
        self._holed.clear()
        self._shrunk.clear()

    def keep_only_touched(self) -> None:
        """Remove all that nobody has set since the beginning."""
        kept: dict[object, object] = {}
        for path in self.touched:
            inner = kept
            for step in path:
                inner = inner.setdefault(step, {})  # type: ignore[assignment]
            inner[None] = True
        self._keep((), kept)
        self.settle()

    def _keep(self, path: Path, kept: dict[object, object]) -> None:
        node = resolved(at(self.root, path))
        if None in kept and len(kept) == 1:
            return
        steps: list[Step] = []
        if not isinstance(node, ScalarNode):
            steps = [key for key, _ in node.items()] if isinstance(node, MapNode) else [*range(len(node.items))]
        for step in steps:
            if step in kept:
                self._keep((*path, step), kept[step])  # type: ignore[arg-type]
            else:
                self.take((*path, step))

    def replace(self, path: Path, value: Node) -> None:
        """Put ``value`` in place of what stands at a path."""
        self.touched.append(path)
        if self.root.is_flat:
            self._replace_flat(path, value)
        elif not same(at(self.root, path), value):
            self._store(path, value)

    def take(self, path: Path, *, at_once: bool = False) -> Node:
        """Remove what stands at a path; in a list a hole is left until ``settle``, unless ``at_once``."""
        node = at(self.root, path)
        container = self.owned(path[:-1])
        step = path[-1]
        if isinstance(container, MapNode) and isinstance(step, Key):
            container.drop(step)
            self._note_gone(path[:-1], step.text)
        elif isinstance(container, ListNode) and isinstance(step, int) and at_once and len(container.items) > 1:
            del container.items[step]
        elif isinstance(container, ListNode) and isinstance(step, int):
            container.items[step] = GONE
            self._holed.append(container)
        return node

    def groups(self, request: Request) -> Iterator[tuple[Path, str]]:
        """The maps in which longer keys spell out what is beneath a place, with what those keys begin with."""
        for position, path, node in self._ways(request):
            text = request.rest(position)
            if isinstance(node, MapNode) and node.any_beneath(text):
                yield path, text

    def drop_group(self, path: Path, text: str) -> None:
        """Remove the keys that go on after ``text``."""
        container = self.owned(path)
        assert isinstance(container, MapNode), "a group stands in a map"
        for key in container.beneath(text):
            container.drop(key)
        self._note_gone(path, text)

    def set_group(self, path: Path, text: str, value: Node) -> None:
        """Let keys that go on after ``text`` spell out a map or list, in place of what they do; others stay."""
        container = self.owned(path)
        assert isinstance(container, MapNode), "a group stands in a map"
        value = resolved(value)
        if (
            self.root.is_flat
            and not isinstance(value, ScalarNode)
            and not (value.items if isinstance(value, ListNode) else len(value))
        ):
            self._refuse_empty(text)
        if isinstance(value, ListNode):
            value = self._aligned(container, text, value)
        self._exchange_group(path, container, text, dict(members_beneath(text, value)))

    def owned(self, path: Path) -> MapNode | ListNode:
        """The map or list at a path, as a copy of its own with all above it."""
        node = self.root = self._owned_map(self.root)
        current: MapNode | ListNode = node
        for step in path:
            child = at(current, (step,))
            inner = resolved(child)
            assert not isinstance(inner, ScalarNode), "a container is asked for"
            is_shared = inner is not child or (isinstance(current, MapNode) and step in current.brought)
            copy = self._copy(inner, is_shared=is_shared)
            if copy is not child:
                _put(current, step, copy)
            current = copy
        return current

    def put_key(self, path: Path, name: str, value: Node) -> None:
        """Put a value at a new key, which is spelled so, of the map at a path."""
        container = self.owned(path)
        assert isinstance(container, MapNode), "a key stands in a map"
        if container.is_closed:
            self._refuse(name, _CLOSED)
        if container.is_flat:
            self._add_flat(path, name, value)
            return
        container.put(Key(name), value)
        self._follow_sibling(container, name)

    def insert_in_group(self, path: Path, text: str, index: int, value: Node) -> None:
        """Let an item of a list that is spelled by indexes stand at ``index``; those behind it move up."""
        container = self.owned(path)
        assert isinstance(container, MapNode), "a group stands in a map"
        items = group_items(container, text) or []
        if index == len(items):
            for name, node in members_beneath(f"{text}[{index}]", value):
                self.put_key(path, name, node)
            return
        listed: list[dict[str, Node]] = [*items[:index], dict(members_beneath("", value)), *items[index:]]
        wanted = {f"{text}[{number}]{rest}": node for number, item in enumerate(listed) for rest, node in item.items()}
        self._exchange_group(path, container, text, wanted)

    def _aligned(self, container: MapNode, text: str, value: ListNode) -> ListNode:
        """The items, with the very nodes of those that stand in the group already."""
        items = group_items(container, text)
        if items is None:
            return value
        old = [_nested(item) for item in items]
        found = align(old, value.items, as_text=self.root.is_flat)
        return ListNode([old[at] if at is not None else item for item, at in zip(value.items, found, strict=True)])

    def _exchange_group(self, path: Path, container: MapNode, text: str, wanted: dict[str, Node]) -> None:
        before = container.beneath(text)
        leader = before[-1] if before else None
        for key in before:
            container.drop(key)
        for name, node in wanted.items():
            key = Key(name)
            container.put(key, self._text(name, node) if self.root.is_flat else node)
            if leader is not None and key not in before:
                container.follows[key] = leader
            self.touched.append((*path, key))

    def _text(self, name: str, node: Node) -> Node:
        node = resolved(node)
        if not isinstance(node, ScalarNode) or node.value is None:
            self._refuse_empty(name)
        return node if isinstance(node.value, str) else ScalarNode(scalar_text(node.value))

    def _refuse_empty(self, key: str) -> NoReturn:
        self._refuse(key, "this format holds text alone: null, {} and [] cannot be stored in it")

    def _replace_flat(self, path: Path, value: Node) -> None:
        standing, value = resolved(at(self.root, path)), resolved(value)
        if isinstance(standing, ListNode) and isinstance(value, ListNode) and _are_texts(value):
            items = [self._text(key_of(path), item) for item in value.items]
            found = align(standing.items, items)
            items = [standing.items[one] if one is not None else item for one, item in zip(found, items, strict=True)]
            if items != standing.items:
                self._store(path, ListNode(items))
            return
        if isinstance(value, ScalarNode):
            text = self._text(key_of(path), value)
            if not same(standing, text):
                self._store(path, text)
            return
        key = path[0]
        assert isinstance(key, Key), "a flat document is a map"
        if len(path) > 1:
            spelled = Key(key_of(path))
            self._spread(key)
            self.take((spelled,))
            path = (spelled,)
        else:
            self.take(path)
        self.touched.pop()
        self.set_group((), path[-1].text if isinstance(path[-1], Key) else "", value)

    def _spread(self, key: Key) -> None:
        """Give each item of ``name[]=a,b`` a key of its own."""
        node = resolved(at(self.root, (key,)))
        self.take((key,))
        self.set_group((), key.text, node)

    def _store(self, path: Path, value: Node) -> None:
        _put(self.owned(path[:-1]), path[-1], respelled(value, at(self.root, path)))

    def _owned_map(self, node: MapNode) -> MapNode:
        copy = self._copy(node, is_shared=False)
        assert isinstance(copy, MapNode), "the copy of a map is one"
        return copy

    def _copy(self, node: MapNode | ListNode, *, is_shared: bool) -> MapNode | ListNode:
        """A copy that may be changed; ``is_shared``: what it was read from belongs to another place."""
        if id(node) in self._own and not is_shared:
            return node
        copy: MapNode | ListNode
        if isinstance(node, ListNode):
            copy = ListNode(list(node.items))
        else:
            copy = MapNode(
                dict(node.entries), node.brought, hiding=node.hiding, is_flat=node.is_flat, is_closed=node.is_closed
            )
            copy.follows = dict(node.follows)
            if is_shared:
                copy.entries.update(copy.brought)
                copy.brought, copy.hiding = {}, set()
        copy.origin = None if is_shared else node.origin
        copy.start = NOWHERE if is_shared else node.start
        self._own[id(copy)] = copy
        return copy

    def _ways(self, request: Request) -> Iterator[tuple[Position, Path, Node]]:
        """All that stands on the way to a place, with the position reached; scalars are no way on."""
        seen: set[tuple[int, Position]] = set()
        waiting: list[tuple[Node, Path, Position]] = [(self.root, (), (0, 0))]
        while waiting:
            node, path, position = waiting.pop()
            inner = resolved(node)
            if (id(inner), position) in seen:
                continue
            seen.add((id(inner), position))
            yield position, path, inner
            if isinstance(inner, ScalarNode):
                continue
            for text, behind in request.cuts(position):
                step, child = step_into(inner, text)
                if step is not None and child is not None and not request.is_done(behind):
                    waiting.append((child, (*path, step), behind))

    def _add(self, request: Request, value: Node) -> None:
        """Put a value where nothing stands."""
        ways = [way for way in self._ways(request) if not isinstance(way[2], ScalarNode) or way[2].value is None]
        position, path, found = max(ways, key=lambda way: way[0])
        node = resolved(found)
        if isinstance(node, ScalarNode):
            self.touched.append(path)
            self._store(path, self._chain(request, position, value))
        elif isinstance(node, ListNode) and self.root.is_flat:
            self._append_flat(path, node, request.rest(position), request.rest((0, 0)), value)
        elif isinstance(node, ListNode):
            self._append(path, node, request, position, value)
        elif node.is_flat:
            self._add_flat(path, request.rest(position), value)
        else:
            self._add_to_map(path, node, request, position, value)

    def _append(self, path: Path, node: ListNode, request: Request, position: Position, value: Node) -> None:
        key, rest = key_of(path), request.rest(position)
        found = _NEXT.match(rest)
        if found is None:
            self._refuse(request.rest((0, 0)), f"{key} is a list: its items are {key}[0] and so on")
        if int(found[1]) != len(node.items):
            self._refuse(request.rest((0, 0)), f"{key} has {len(node.items)} items: the next is [{len(node.items)}]")
        parts = split_key(rest[found.end() :]) if found.end() < len(rest) else []
        container = self.owned(path)
        assert isinstance(container, ListNode), "as it is"
        container.items.append(self._nest(request, parts, value))
        self.touched.append((*path, len(container.items) - 1))

    def _append_flat(self, path: Path, node: ListNode, rest: str, key: str, value: Node) -> None:
        """Add to ``name[]=a,b``; what is no text, or lies further on, gets a key of its own."""
        if rest != f"[{len(node.items)}]" or not isinstance(resolved(value), ScalarNode):
            self._add_flat((), key, value)
            return
        container = self.owned(path)
        assert isinstance(container, ListNode), "as it is"
        container.items.append(self._text(key, value))
        self.touched.append((*path, len(container.items) - 1))

    def _add_flat(self, path: Path, text: str, value: Node) -> None:
        split_key(text)
        value = resolved(value)
        if not isinstance(value, ScalarNode):
            self.set_group(path, text, value)
            return
        container = self.owned(path)
        assert isinstance(container, MapNode), "as it is"
        container.put(Key(text), self._text(text, value))
        self.touched.append((*path, Key(text)))
        self._follow_sibling(container, text)

    def _add_to_map(self, path: Path, node: MapNode, request: Request, position: Position, value: Node) -> None:
        key = request.rest((0, 0))
        if node.is_closed:
            self._refuse(key, _CLOSED)
        rest = request.rest(position)
        cuts = [text for text, _ in request.cuts(position) if text != rest]
        sibling = next((text for text in cuts if node.any_beneath(text)), None)
        in_the_way = next((text for text in cuts if node.named(text) is not None), None)
        if in_the_way and isinstance(resolved(node.get(node.named(in_the_way) or Key("")) or GONE), ListNode):
            self._refuse(key, f"{in_the_way} is a list: its items are {in_the_way}[0] and so on")
        is_dotted = position[0] == 0 and len(request.cuts(position)) > len(request.names)
        as_one = sibling or in_the_way or (is_dotted and ((path and not len(node)) or _has_dotted_keys(node)))
        container = self.owned(path)
        assert isinstance(container, MapNode), "as it is"
        if as_one:
            split_key(rest)
            self._check_first(request, rest, sibling, node)
            new = Key(rest)
            container.put(new, value)
            self._follow_sibling(container, rest)
        else:
            new = self._put_chain(container, path, request, position, value)
        self.touched.append((*path, new))

    def _put_chain(self, container: MapNode, path: Path, request: Request, position: Position, value: Node) -> Key:
        first, *parts = self._parts(request, position)
        if is_index(first):
            numbers = [
                key for key, _ in container.items() if isinstance(key.value, int) and not isinstance(key.value, bool)
            ]
            if not numbers and not any(key.segment.startswith("[") for key, _ in container.items()):
                self._refuse(request.rest((0, 0)), f"{key_of(path) or 'the document'} is a map, it has no items")
            new = Key(int(first[1:-1])) if numbers else Key(first)
        else:
            new = Key(first)
        container.put(new, self._nest(request, parts, value))
        return new

    def _parts(self, request: Request, position: Position) -> list[str]:
        """The keys that are still to be made, one inside the other."""
        number, used = position
        if number:
            return list(request.names[number:])
        return [*split_key(request.names[0][used:]), *request.names[1:]]

    def _chain(self, request: Request, position: Position, value: Node) -> Node:
        return self._nest(request, self._parts(request, position), value)

    def _nest(self, request: Request, parts: Sequence[str], value: Node) -> Node:
        """New maps and lists, one inside the other, and the value in the innermost."""
        for part in reversed(parts):
            if part != "[0]" and part[:1] == "[" and part[1:-1].isdigit():
                self._refuse(request.rest((0, 0)), "the first item of a new list is [0]")
            value = ListNode([value]) if is_index(part) else MapNode({Key(part): value})
        return value

    def _check_first(self, request: Request, rest: str, sibling: str | None, node: MapNode) -> None:
        """Refuse an item past the end of a list that is spelled by indexes."""
        found = _INDEXED.fullmatch(rest)
        before = f"{found[1]}[{int(found[2]) - 1}]" if found and int(found[2]) else ""
        if found and before and not node.any_beneath(before) and node.named(before) is None:
            self._refuse(request.rest((0, 0)), f"{found[1]} has no item before [{found[2]}]: add them in order")

    def _follow_sibling(self, container: MapNode, text: str) -> None:
        """Let a new key stand behind the last of those that share most with it."""
        new, above = Key(text), list(_parents(text))
        for parent in above:
            leader = self._latest.get((id(container), parent))
            if leader is None or leader not in container.entries:
                found = [key for key in container.beneath(parent) if key != new and key in container.entries]
                found = found or [key for key in (container.named(parent),) if key in container.entries]
                leader = max(found, key=lambda key: container.entries[key].start, default=None)
            if leader is not None:
                container.follows[new] = leader
                break
        self._latest.update(dict.fromkeys(((id(container), parent) for parent in above), new))

    def _note_gone(self, path: Path, text: str) -> None:
        found = _INDEXED.fullmatch(text)
        if found:
            self._shrunk.setdefault((path, found[1]), set()).add(int(found[2]))

    def _renumber(self, path: Path, prefix: str, gone: set[int]) -> None:
        """Close up a list that is spelled by indexes, if it was one without gaps."""
        container = resolved(at(self.root, path))
        assert isinstance(container, MapNode), "a group stands in a map"
        items = group_items(container, prefix, gone)
        if items is None:
            return
        wanted = {f"{prefix}[{number}]{rest}": node for number, item in enumerate(items) for rest, node in item.items()}
        others = [key for key in container.beneath(prefix) if not key.text.startswith(f"{prefix}[")]
        wanted |= {key.text: node for key in others if (node := container.get(key)) is not None}
        touched = len(self.touched)
        self._exchange_group(path, container, prefix, wanted)
        del self.touched[touched:]

    def _refuse(self, key: str, reason: str) -> NoReturn:
        raise InvalidEdit(self._path, key, reason)


def respelled(value: Node, standing: Node) -> Node:
    """A new value with the keys of what it takes the place of: to JSON ``443`` and ``on`` are text."""
    standing = resolved(standing)
    if isinstance(value, MapNode) and isinstance(standing, MapNode) and value.origin is None:
        found = ((standing.named(key.text) or key if isinstance(key.value, str) else key, key) for key in value.entries)
        pairs = ((new, value.entries[key]) for new, key in found)
        return MapNode({key: respelled(child, standing.get(key) or child) for key, child in pairs})
    return value


def _put(container: MapNode | ListNode, step: object, node: Node) -> None:
    if isinstance(container, MapNode) and isinstance(step, Key):
        container.put(step, node)
    elif isinstance(container, ListNode) and isinstance(step, int):
        container.items[step] = node


def _nested(item: dict[str, Node]) -> Node:
    """An item that keys spell out: its only node, or a map of what they go on with."""
    if list(item) == [""]:
        return item[""]
    return MapNode({Key(rest.removeprefix(".")): node for rest, node in item.items()})


def _has_dotted_keys(node: MapNode) -> bool:
    """Whether a map spells its keys with dots rather than to nest them."""
    if any(isinstance(resolved(child), MapNode) for child in node.entries.values()):
        return False
    return any("." in key.segment and not key.segment.startswith("[") for key in node.entries)


def _are_texts(node: ListNode) -> bool:
    return bool(node.items) and all(isinstance(item, ScalarNode) and item.value is not None for item in node.items)


def _parents(text: str) -> Iterator[str]:
    """What a dotted key begins with, the longest first."""
    while text:
        text = text[: max(text.rfind("."), text.rfind("["), 0)]
        if text:
            yield text
