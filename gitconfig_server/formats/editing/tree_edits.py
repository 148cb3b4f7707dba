"""Changing a tree: what was read stays as it is, and what changes is a copy that shares all the rest with it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from gitconfig_server.formats.editing.keys import is_index, other_spellings, split_key
from gitconfig_server.formats.editing.places import AskedNames, find, find_names
from gitconfig_server.formats.editing.tree import (
    GONE,
    Key,
    ListNode,
    MapNode,
    Node,
    Path,
    ScalarNode,
    Step,
    at,
    find_at,
    key_of,
    resolved,
    same,
)
from gitconfig_server.formats.editing.tree_copies import CLOSED, INDEXED, CopyPosition, respelled
from gitconfig_server.formats.editing.tree_groups import TreeGroups

_NEXT = re.compile(r"\[([0-9]{1,9})\]\.?")


class TreeEdit(TreeGroups):
    """A tree that is being changed; ``root`` is what it has become. ``path`` is the file's, for what errors say.

    A place is given by names: one dotted key, or the names that lead there. A new key stands in the innermost map that
    its names lead to. There the first name, which may be dotted, is spelled as the keys beside it are; names behind it
    are keys as they are. Raises InvalidEdit where the format, or what stands there, cannot take a change.
    """

    def put(self, names: Sequence[str], value: Node, *, as_was: bool = False) -> None:
        """Let a value stand at a place.

        What longer keys spell out beneath it stays beside it, but for what a list or map then says in its own way.
        ``as_was``: it stood so, in a spelling that nobody may add anew.
        """
        request = AskedNames(names)
        found = find_names(self.root, request)
        if found:
            self._drop_respelled(request, value)
            self.replace(found[-1], value)
            return
        group = None if isinstance(value, ScalarNode) else next(self.groups(request), None)
        if group:
            self.set_group(*group, value)
        else:
            self._add(request, value, as_was=as_was)

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

    def make_way(self, keys: Mapping[str, bool]) -> None:
        """Let go what is in the way of what is to stand beneath ``keys``: items of a list (True), or keys of a map."""
        for key, is_list in keys.items():
            for path in find(self.root, key):
                node = resolved(at(self.root, path))
                if isinstance(node, MapNode) or (isinstance(node, ListNode) and is_list):
                    continue
                if self.root.is_flat:
                    self.take(path)
                else:
                    self._store(path, ScalarNode(None))

    def ensure_map(self, names: Sequence[str], *, literally: bool = False) -> None:
        """Let there be a map, whatever it holds, where there is none. ``literally``: ``{}`` itself was asked for."""
        request = AskedNames(names)
        found = find_names(self.root, request)
        if found and isinstance(resolved(at(self.root, found[-1])), MapNode):
            return
        if next(self.groups(request), None) or (self.root.is_flat and not literally):
            return
        self.put(names, MapNode({}))

    def remove(self, names: Sequence[str], *, tidy: bool = False) -> bool:
        """Let what stands at a place go, and whether there was anything.

        Where nothing stands there itself, or a map does, all longer keys go that spell out what is beneath. Other items
        of a list keep their places until ``settle``. ``tidy``: maps and lists that are left empty go too.
        """
        request = AskedNames(names)
        found = find_names(self.root, request)
        whole = not found or any(isinstance(resolved(at(self.root, path)), MapNode) for path in found)
        groups = list(self.groups(request)) if whole else []
        for path in found:
            self.take(path)
        for path, text in groups:
            self.drop_group(path, text)
        for path in [*(path[:-1] for path in found), *(path for path, _ in groups)] if tidy else ():
            self._remove_empty(path)
        return bool(found or groups)

    def bring_back(self, then: MapNode, key: str) -> None:
        """Let ``key``, and what is beneath it, be as in another tree; maps that it was put into since go with it."""
        request = AskedNames((key,))
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
            self.put([step.text if isinstance(step, Key) else f"[{step}]" for step in path], node, as_was=True)

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

    def replace(self, path: Path, value: Node) -> None:
        """Put ``value`` in place of what stands at a path."""
        self.touched.append(path)
        if self.root.is_flat:
            self._replace_flat(path, value)
        elif not same(at(self.root, path), value):
            self._store(path, value)

    def _drop_respelled(self, request: AskedNames, value: Node) -> None:
        """Let go the longer keys that would spell items of a list, or keys of a map, beside that list or map itself."""
        node = resolved(value)
        if isinstance(node, ScalarNode) or self.root.is_flat:
            return
        names = {key.text for key, _ in node.items()} if isinstance(node, MapNode) else None
        for path, text in list(self.groups(request)):
            container = self.owned(path)
            assert isinstance(container, MapNode), "a group stands in a map"
            for key in container.beneath(text):
                if _is_said(key.text[len(text) :], names):
                    container.drop(key)

    def _remove_empty(self, path: Path) -> None:
        """Remove a map or list of which nothing is left, and so on upwards; the document itself stays."""
        while path and (found := find_at(self.root, path)) is not None and _is_left_empty(resolved(found)):
            self.take(path)
            path = path[:-1]

    def _tidy(self, path: Path, then: MapNode) -> None:
        """Remove a map that has become empty and was not there then, and so on upwards."""
        while path and isinstance(path[-1], Key):
            node = resolved(at(self.root, path))
            if not isinstance(node, MapNode) or len(node) or find(then, key_of(path)):
                return
            self.take(path)
            path = path[:-1]

    def _keep(self, path: Path, kept: dict[object, object]) -> None:
        node = resolved(at(self.root, path))
        if None in kept:
            return
        steps: list[Step] = []
        if not isinstance(node, ScalarNode):
            steps = [key for key, _ in node.items()] if isinstance(node, MapNode) else [*range(len(node.items))]
        for step in steps:
            if step in kept:
                self._keep((*path, step), kept[step])  # type: ignore[arg-type]
            else:
                self.take((*path, step))

    def _add(self, request: AskedNames, value: Node, *, as_was: bool) -> None:
        """Put a value where nothing stands."""
        ways = [way for way in self._ways(request) if not isinstance(way[2], ScalarNode) or way[2].value is None]
        position, path, found = max(ways, key=lambda way: way[0])
        node = resolved(found)
        if isinstance(node, MapNode) and not as_was:
            self._check_new(request, position, node)
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

    def _append(self, path: Path, node: ListNode, request: AskedNames, position: CopyPosition, value: Node) -> None:
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

    def _add_to_map(self, path: Path, node: MapNode, request: AskedNames, position: CopyPosition, value: Node) -> None:
        key = request.rest((0, 0))
        if node.is_closed:
            self._refuse(key, CLOSED)
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

    def _put_chain(
        self, container: MapNode, path: Path, request: AskedNames, position: CopyPosition, value: Node
    ) -> Key:
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

    def _parts(self, request: AskedNames, position: CopyPosition) -> list[str]:
        """The keys that are still to be made, one inside the other."""
        number, used = position
        if number:
            return list(request.names[number:])
        return [*split_key(request.names[0][used:]), *request.names[1:]]

    def _chain(self, request: AskedNames, position: CopyPosition, value: Node) -> Node:
        return self._nest(request, self._parts(request, position), value)

    def _nest(self, request: AskedNames, parts: Sequence[str], value: Node) -> Node:
        """New maps and lists, one inside the other, and the value in the innermost."""
        for part in reversed(parts):
            if part != "[0]" and part[:1] == "[" and part[1:-1].isdigit():
                self._refuse(request.rest((0, 0)), "the first item of a new list is [0]")
            value = ListNode([value]) if is_index(part) else MapNode({Key(part): value})
        return value

    def _check_new(self, request: AskedNames, position: CopyPosition, node: MapNode) -> None:
        """Refuse a key that stands there in another spelling, or is an item of what is a single value."""
        key, rest = request.rest((0, 0)), request.rest(position)
        for text, other in other_spellings(rest):
            if _stands(node, other) and not _stands(node, text):
                self._refuse(key, f"{text} stands there spelled {other}: use that spelling")
        for text, _ in request.cuts(position):
            is_item = node.named(text) is not None and _NEXT.match(rest, len(text)) is not None
            if is_item and not any(one.text[len(text)] == "[" for one in node.beneath(text)):
                self._refuse(key, f"{text} is a single value, it has no items: set {text} to a list")

    def _check_first(self, request: AskedNames, rest: str, sibling: str | None, node: MapNode) -> None:
        """Refuse an item past the end of a list that is spelled by indexes."""
        found = INDEXED.fullmatch(rest)
        before = f"{found[1]}[{int(found[2]) - 1}]" if found and int(found[2]) else ""
        if found and before and not node.any_beneath(before) and node.named(before) is None:
            self._refuse(request.rest((0, 0)), f"{found[1]} has no item before [{found[2]}]: add them in order")


def _is_left_empty(node: Node) -> bool:
    if isinstance(node, MapNode):
        return not len(node)
    return isinstance(node, ListNode) and all(item is GONE for item in node.items)


def _stands(node: MapNode, text: str) -> bool:
    """Whether a map has a key that is ``text`` or goes on after it."""
    return node.get(Key(text)) is not None or node.any_beneath(text)


def _is_said(rest: str, names: set[str] | None) -> bool:
    """Whether a key that goes on with ``rest`` spells something in a map of ``names``, or, None, an item of a list."""
    if names is None:
        return rest.startswith("[")
    return any(rest[1:end] in names for end in range(2, len(rest) + 1) if rest[end : end + 1] in ("", ".", "["))


def _has_dotted_keys(node: MapNode) -> bool:
    """Whether a map spells its keys with dots rather than to nest them."""
    if any(isinstance(resolved(child), MapNode) for child in node.entries.values()):
        return False
    return any("." in key.segment and not key.segment.startswith("[") for key in node.entries)
