"""Changing a tree: what was read stays as it is, and what changes is a copy that shares all the rest with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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
    resolved,
    same,
)
from gitconfig_server.formats.editing.tree_additions import TreeAdditions
from gitconfig_server.formats.editing.tree_copies import respelled
from gitconfig_server.formats.editing.walking import at, find_at, key_of

_Kept = dict[Step | None, "_Kept"]
"""What is kept beneath a place, by its next step; None among them: all of it."""


class TreeEdit(TreeAdditions):
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
            self.add(request, value, as_was=as_was)

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
            self._bring_back(path, node)

    def keep_only_touched(self) -> None:
        """Remove all that nobody has set since the beginning."""
        kept: _Kept = {}
        for path in self.touched:
            inner = kept
            for step in path:
                inner = inner.setdefault(step, {})
            inner[None] = {}
        self._keep((), kept)
        self.settle()

    def replace(self, path: Path, value: Node) -> None:
        """Put ``value`` in place of what stands at a path."""
        self.touched.append(path)
        if self.root.is_flat:
            self._replace_flat(path, value)
        elif not same(at(self.root, path), value):
            self._store(path, value)

    def _bring_back(self, path: Path, node: Node) -> None:
        """Let a node stand where it did; a key that was a number, or had dots in it, is one again."""
        if find_at(self.root, path) is not None:
            self.replace(path, node)
            return
        home = next(end for end in range(len(path) - 1, -1, -1) if find_at(self.root, path[:end]) is not None)
        standing, missing = (
            resolved(at(self.root, path[:home])),
            [step for step in path[home:] if isinstance(step, Key)],
        )
        names = [step.text if isinstance(step, Key) else f"[{step}]" for step in path]
        is_own = any(_is_own(key) for key in missing) and len(missing) == len(path) - home
        is_nested = isinstance(standing, MapNode) and not standing.is_closed and not standing.is_flat
        if not is_own or not is_nested or find_names(self.root, AskedNames(names)):
            self.put(names, node, as_was=True)
            return
        for key in reversed(missing[1:]):
            node = MapNode({key: node})
        container = self.owned(path[:home])
        assert isinstance(container, MapNode), "as it is"
        container.put(missing[0], node)

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

    def _keep(self, path: Path, kept: _Kept) -> None:
        node = resolved(at(self.root, path))
        if None in kept:
            return
        steps: list[Step] = []
        if not isinstance(node, ScalarNode):
            steps = [key for key, _ in node.items()] if isinstance(node, MapNode) else [*range(len(node.items))]
        for step in steps:
            if step in kept:
                self._keep((*path, step), kept[step])
            else:
                self.take((*path, step))


def _is_own(key: Key) -> bool:
    """Whether a name would not lead to the very key: it is no text, or a dotted one."""
    return not isinstance(key.value, str) or "." in key.value or "[" in key.value


def _is_left_empty(node: Node) -> bool:
    if isinstance(node, MapNode):
        return not len(node)
    return isinstance(node, ListNode) and all(item is GONE for item in node.items)


def _is_said(rest: str, names: set[str] | None) -> bool:
    """Whether a key that goes on with ``rest`` spells something in a map of ``names``, or, None, an item of a list."""
    if names is None:
        return rest.startswith("[")
    return any(rest[1:end] in names for end in range(2, len(rest) + 1) if rest[end : end + 1] in ("", ".", "["))
