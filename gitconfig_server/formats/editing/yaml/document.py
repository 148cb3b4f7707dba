"""Changing a YAML text in place."""

from __future__ import annotations

from collections.abc import Iterator

from gitconfig_server.formats.editing.anchors import check_anchors
from gitconfig_server.formats.editing.lines import Lines, Patches
from gitconfig_server.formats.editing.nodes import BranchMark, NodeMark, new_mark
from gitconfig_server.formats.editing.tree import MapNode
from gitconfig_server.formats.editing.yaml.block import BlockPatcher
from gitconfig_server.formats.editing.yaml.writer import YamlWriter

_MAX_STEP = 16


def patch_yaml(path: str, lines: Lines, root: BranchMark) -> str:
    """The text with the marks of one document brought to what they have become.

    Raises SharedAnchor where an alias would lose what it stands for.
    """
    check_anchors(path, root)
    patches = Patches(lines)
    BlockPatcher(lines, patches, _writer_like(root)).patch_root(root)
    return patches.result()


def add_document(lines: Lines, standing: NodeMark | None, is_last: bool, wanted: MapNode) -> str:
    """The text with a document that says nothing filled, or, where it has none, with its first one.

    ``standing``: what marks the empty document. ``is_last``: nothing follows it but comments, which stay in front.
    """
    root = new_mark(wanted)
    assert isinstance(root, BranchMark), "a map is a branch"
    written = YamlWriter().block(root, 0) or ["{}"]
    patches = Patches(lines)
    if standing is None or (is_last and standing.start == standing.end):
        patches.put_lines(len(lines.text), len(lines.text), written)
    elif standing.start == standing.end:
        at = standing.start if not lines.column(standing.start) else lines.following(standing.start)
        patches.put_lines(at, at, written)
    else:
        lead = "" if lines.is_first(standing.start) else lines.eol
        patches.replace(standing.start, standing.end, lead + lines.eol.join(written))
    return patches.result()


def _writer_like(root: BranchMark) -> YamlWriter:
    """A writer that indents as the document does."""
    step = next((inner for inner, is_list in _steps(root) if not is_list), 2)
    dash = next((inner for inner, is_list in _steps(root) if is_list), step)
    return YamlWriter(step, dash)


def _steps(branch: BranchMark) -> Iterator[tuple[int, bool]]:
    """How far to the right of its key each block stands, and whether it is a list."""
    for child in branch.standing:
        if isinstance(child.was, BranchMark) and not child.was.flow:
            if not branch.is_list and not branch.closed:
                yield min(child.was.column - branch.column, _MAX_STEP), child.was.is_list
            yield from _steps(child.was)
