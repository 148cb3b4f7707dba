"""Changing a YAML text in place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gitconfig_server.formats.editing.anchors import Anchors
from gitconfig_server.formats.editing.flat_changes import Tree
from gitconfig_server.formats.editing.lines import Lines, Patches
from gitconfig_server.formats.editing.nodes import Branch, Child, Leaf, Node, resolve
from gitconfig_server.formats.editing.plan import Change
from gitconfig_server.formats.editing.yaml.block import BlockPatcher
from gitconfig_server.formats.editing.yaml.stored_nodes import StandingNodes
from gitconfig_server.formats.editing.yaml.writer import YamlWriter
from gitconfig_server.formats.values import leaf_value

MAX_STEP = 16


def edit_yaml(path: str, text: str, changes: Sequence[Change], number: int) -> tuple[str, dict[str, str]]:
    """The text after the changes to its ``number``-th document that is not empty; the aliases it has, key -> anchor.

    A text that has no such document gets one. Raises SharedAnchor where an alias would lose what it stands for.
    """
    lines = Lines(text)
    nodes = StandingNodes(lines)
    last: Node | None = None
    for last in nodes.documents():
        if not _is_empty(last):
            if not number:
                return _edit_document(path, lines, _root(last), frozenset(nodes.repeated), changes)
            number -= 1
    is_separate = nodes.is_ended or (last is not None and last.start < last.end)
    return _add_document(path, lines, is_separate, changes), {}


def _is_empty(root: Node) -> bool:
    node = resolve(root)
    if isinstance(node, Leaf):
        return leaf_value(node.value) == ""
    return node.is_list and not node.children


def _root(node: Node) -> Branch:
    """The document's map. One that is a single value or a list has, as in Spring, the only key ``document``."""
    if isinstance(node, Branch) and not node.is_list:
        return node
    root = Branch(False, closed=True, column=-1)
    child = Child(root, "document", node, start=node.start, socket=node.start, was=node)
    root.children, root.standing = [child], (child,)
    return root


def _edit_document(
    path: str, lines: Lines, root: Branch, repeated: frozenset[str], changes: Sequence[Change]
) -> tuple[str, dict[str, str]]:
    Tree(path, root, repeated).apply(changes)
    anchors = Anchors(path, root)
    patches = Patches(lines)
    BlockPatcher(lines, patches, _writer_like(root)).patch_root(root)
    return patches.result(), anchors.aliases


def _add_document(path: str, lines: Lines, is_separate: bool, changes: Sequence[Change]) -> str:
    """Put a document at the end, behind whatever comments the text has; ``is_separate``: behind another one."""
    root = Branch(False)
    Tree(path, root).apply(changes)
    written = YamlWriter().block(root, 0) or ["{}"]
    if is_separate:
        written.insert(0, "---")
    patches = Patches(lines)
    patches.put_lines(len(lines.text), len(lines.text), written)
    return patches.result()


def _writer_like(root: Branch) -> YamlWriter:
    """A writer that indents as the document does."""
    step = next((inner for inner, is_list in _steps(root) if not is_list), 2)
    dash = next((inner for inner, is_list in _steps(root) if is_list), step)
    return YamlWriter(step, dash)


def _steps(branch: Branch) -> Iterator[tuple[int, bool]]:
    """How far to the right of its key each block stands, and whether it is a list."""
    for child in branch.standing:
        if isinstance(child.was, Branch) and not child.was.flow:
            if not branch.is_list and not branch.closed:
                yield min(child.was.column - branch.column, MAX_STEP), child.was.is_list
            yield from _steps(child.was)
