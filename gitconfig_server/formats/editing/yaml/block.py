"""Patching YAML's blocks: keys and dashes on lines of their own, told apart by their columns."""

from __future__ import annotations

import re
from itertools import groupby

from gitconfig_server.formats.editing.flow import FlowPatcher
from gitconfig_server.formats.editing.lines import Lines, Patches
from gitconfig_server.formats.editing.nodes import BranchMark, Child, Leaf, NodeMark
from gitconfig_server.formats.editing.yaml.writer import BLOCKS, Written, YamlWriter, key_of_child
from gitconfig_server.model.replace import replace

_HEADER = re.compile(r"(?:[&!]\S*\s+)*[|>][-+0-9]*")
_BREAK = re.compile("\r\n|[\r\n]")
_PROPERTIES = re.compile(r"[&!]\S*(?:[ \t]+[&!]\S*)?")


class BlockPatcher:
    """Makes the patches for what changed in one YAML document."""

    def __init__(self, lines: Lines, patches: Patches, writer: YamlWriter) -> None:
        self._lines = lines
        self._patches = patches
        self._writer = writer
        self._flow = FlowPatcher(lines, patches, writer)
        self._cut_until = 0
        self._sealed = False
        self._last_leaves: dict[Child, Leaf | None] = {}

    def patch_root(self, root: BranchMark) -> None:
        """Bring a document's text to what its root's children are; one that has lost them all becomes ``{}``."""
        if root.closed:
            self._patch_only(root)
        elif root.flow and not root.standing and not root.is_bare:
            lines = self._writer.block(root, 0)
            lead = "" if self._lines.is_first(root.start) else self._lines.eol
            self._patches.replace(root.start, root.end, lead + self._lines.eol.join(lines))
        else:
            self._patch(root)
            if not root.flow and root.is_bare:
                at = self._lines.after(root.standing[-1].end, root.column, level=True)
                self._patches.put_lines(at, at, ["{}"])

    def _patch_only(self, root: BranchMark) -> None:
        """A document that is no map: its only child has neither key nor socket."""
        (child,) = root.standing
        if child.removed:
            child.value = BranchMark(False)
        if child.value is not child.was:
            self._exchange(child, root)
        elif isinstance(child.value, BranchMark) and _is_emptied(child.value):
            self._empty(child, child.value, root)
        elif isinstance(child.value, BranchMark):
            self._patch(child.value)

    def _patch(self, branch: BranchMark) -> None:
        if branch.flow:
            self._flow.patch(branch)
            return
        before: Child | None = None
        for child in branch.standing[self._cut_first(branch) :]:
            if child.removed:
                self._cut(branch, child, before)
                continue
            if child.rename is not None and child.key is not None:
                self._patches.replace(child.key.start, child.key.end, key_of_child(child, _style(child.key)))
            if child.value is not child.was or _is_filled(child.value):
                self._exchange(child, branch)
            elif isinstance(child.value, BranchMark) and _is_emptied(child.value):
                self._empty(child, child.value, branch)
            elif isinstance(child.value, BranchMark):
                self._patch(child.value)
            before = child
        if any(child.is_new for child in branch.children):
            self._insert(branch)

    def _cut_first(self, branch: BranchMark) -> int:
        """Take out the first children where another dash stands on their line (``- a: 1``); how many that were."""
        lines, standing = self._lines, branch.standing
        start = standing[0].start
        count = next((number for number, child in enumerate(standing) if not child.removed), len(standing))
        if not count or lines.is_first(start):
            return 0
        end = standing[count - 1].end
        following = standing[count].start if count < len(standing) else None
        if following is not None and "#" not in lines.text[lines.following(end) : following]:
            self._patches.replace(start, following, "")
            return count
        if following is None:
            end = self._last_line_end(standing[count - 1], branch.column)
        dash = len(lines.text[lines.start(start) : start].rstrip(" "))
        self._patches.replace(lines.start(start) + dash, lines.end(end), "")
        return count

    def _last_line_end(self, child: Child, column: int) -> int:
        """The end of the last line that belongs to a child, in front of its break."""
        after = self._lines.after(child.end, column)
        return self._lines.end(after - 1) if after > self._lines.following(child.end) else self._lines.end(child.end)

    def _cut(self, branch: BranchMark, child: Child, before: Child | None) -> None:
        end = self._lines.after(child.end, branch.column)
        kept = self._last_leaf(before)
        if kept and kept.style in BLOCKS and "+" in self._header(kept):
            end = self._cut_until = self._lines.after_blank(end)
        start = self._lines.start(child.start)
        if branch.is_list and (child is not branch.standing[0] or self._is_commented(branch)):
            start = self._leading(child, branch)
        self._patches.put_lines(start, end, [])

    def _leading(self, child: Child, branch: BranchMark) -> int:
        """Where the comments right above an item begin, which belong to it."""
        lines, start = self._lines, self._lines.start(child.start)
        while start:
            above = lines.start(start - 1)
            if lines.text[lines.skip_blanks(above)] != "#" or lines.column(lines.skip_blanks(above)) != branch.column:
                break
            start = above
        return start

    def _is_commented(self, branch: BranchMark) -> bool:
        """Whether comments above items tell of each: that of the first is not a title of all."""
        others = branch.standing[1:] or branch.standing
        return any(self._leading(one, branch) < self._lines.start(one.start) for one in others)

    def _empty(self, child: Child, was: BranchMark, branch: BranchMark) -> None:
        """Leave ``{}`` or ``[]`` where all has gone; comments between what stood there stay."""
        lines, sign = self._lines, "[]" if was.is_list else "{}"
        first, *others = was.standing
        if branch.closed or lines.start(first.start) == lines.start(child.socket):
            self._patches.replace(first.start, max(first.end, first.start), sign)
        else:
            others = [first, *others]
            found = _PROPERTIES.match(lines.text, was.start)
            named = found is not None and lines.start(was.start) == lines.start(child.socket)
            at = found.end() if found is not None and named else child.socket
            self._patches.replace(at, at, f" {sign}")
        for one in others:
            self._patches.put_lines(lines.start(one.start), lines.after(one.end, was.column), [])

    def _last_leaf(self, child: Child | None) -> Leaf | None:
        """The scalar that ends what stands at a child, None where it ends otherwise."""
        if child and child not in self._last_leaves:
            self._last_leaves[child] = _ending(child)
        return self._last_leaves[child] if child else None

    def _header(self, leaf: Leaf) -> str:
        found = _HEADER.match(self._lines.text, leaf.start)
        return found.group() if found else ""

    def _exchange(self, child: Child, branch: BranchMark) -> None:
        was, lines = child.was, self._lines
        assert was is not None, "it stands"
        head, tail = self._written(child, was, branch)
        glued = " " if lines.text[was.end : was.end + 1] == "#" else ""
        if isinstance(was, BranchMark) and not was.flow:
            self._exchange_block(child, was, branch, head, tail)
        elif was.start == was.end:
            self._fill(child, branch, head, tail)
        elif isinstance(was, Leaf) and was.style in BLOCKS:
            sign = was.start + len(self._header(was))
            self._patches.replace(was.start if head else child.socket, sign, head)
            self._patches.put_lines(lines.following(sign), lines.following(was.end), tail)
        elif not tail:
            is_beside = lines.start(was.start) == lines.start(child.socket)
            self._patches.replace(child.socket if is_beside and not head else was.start, was.end, head + glued)
        elif lines.start(was.start) == lines.start(child.socket):
            self._patches.replace(was.start if head else child.socket, was.end, head + glued)
            self._patches.put_lines(lines.following(was.end), lines.following(was.end), tail)
        else:
            self._patches.replace(child.socket, child.socket, f" {head}" if head else "")
            self._patches.put_lines(lines.start(was.start), lines.following(was.end), tail)

    def _written(self, child: Child, was: NodeMark, branch: BranchMark) -> Written:
        """The new value. Text becomes no block where a comment to the right below would become a part of it."""
        alone = self._lines.after(child.end, branch.column) == self._lines.following(child.end)
        writer = self._writer if alone else replace(self._writer, blocks=False)
        style = was.style if isinstance(was, Leaf) else ""
        margin = self._margin(was) if isinstance(was, Leaf) and style in BLOCKS else 0
        return writer.value(child.value, branch.column, item=branch.is_list, style=style, margin=margin)

    def _margin(self, leaf: Leaf) -> int:
        """The column of a block of text, 0 where there is none."""
        first = self._lines.after_blank(self._lines.following(leaf.start))
        return self._lines.skip_blanks(first) - first if first < leaf.end else 0

    def _exchange_block(self, child: Child, was: BranchMark, branch: BranchMark, head: str, tail: list[str]) -> None:
        lines, first = self._lines, was.standing[0].start
        lead = f" {head}" if head and not branch.closed else head
        if lines.start(first) == lines.start(child.socket):
            text = lines.eol.join([lead, *tail])
            self._patches.replace(child.socket, self._last_line_end(child, branch.column), text)
            return
        found = _PROPERTIES.match(lines.text, was.start)
        if found and lines.start(was.start) == lines.start(child.socket):
            self._patches.replace(was.start if head else child.socket, found.end(), head)
        else:
            self._patches.replace(child.socket, child.socket, lead)
        self._patches.put_lines(lines.following(child.socket), lines.after(child.end, branch.column), tail)

    def _fill(self, child: Child, branch: BranchMark, head: str, tail: list[str]) -> None:
        """Give a value to a key or dash that has none."""
        lead = f" {head}" if head else ""
        below = self._lines.following(child.socket)
        if self._lines.text[child.socket - 1] in ":-":
            self._patches.replace(child.socket, child.socket, lead)
            self._patches.put_lines(below, below, tail)
        else:
            self._patches.put_lines(below, below, [f"{' ' * branch.column}:{lead}", *tail])

    def _insert(self, branch: BranchMark) -> None:
        children = [child for child in branch.living() if not child.ghost]
        left = [child for child in children if not child.is_new]
        before: Child | None = None
        for new, run in groupby(children, key=lambda child: child.is_new):
            group = list(run)
            if not new:
                before = group[-1]
                continue
            like = before or (left[0] if left else None)
            written = [line for child in group for line in self._entry(child, branch, like)]
            if before is None and left and branch.is_list and self._lines.is_first(left[0].start):
                at = self._leading(left[0], branch)
                self._patches.put_lines(at, at, written)
            elif before is None and left:
                text = self._lines.eol.join([*written, ""])[branch.column :] + " " * branch.column
                self._patches.replace(left[0].start, left[0].start, text)
            else:
                inside = before is not None and before is not left[-1]
                at = self._lines.after(before.end, branch.column) if before and inside else self._end_of_block(branch)
                self._seal(before)
                self._patches.put_lines(at, at, written)

    def _entry(self, child: Child, branch: BranchMark, like: Child | None) -> list[str]:
        """The lines of a new child; those of an item that moves are the ones it had, with its comments."""
        if child.origin is None:
            return self._writer.entry(child, branch.column, like)
        lines, origin = self._lines, child.origin
        end = lines.after(origin.end, branch.column)
        start = self._leading(origin, branch)
        if not lines.is_first(origin.start):
            return _BREAK.split(" " * branch.column + lines.text[origin.start : end].rstrip("\r\n"))
        return _BREAK.split(lines.text[start:end].removesuffix("\n").removesuffix("\r"))

    def _end_of_block(self, branch: BranchMark) -> int:
        """Where more children go. Comments at the column of dashes that stand right below a key are the next key's."""
        end = self._lines.after(branch.standing[-1].end, branch.column, level=not branch.is_flush)
        return max(self._cut_until, end)

    def _seal(self, before: Child | None) -> None:
        """Keep a block of text at the very end without the line break that it would get from what follows."""
        text = self._lines.text
        leaf = self._last_leaf(before)
        at_end = leaf and leaf.style in BLOCKS and leaf.end == len(text) and not self._lines.ends_with_break
        if leaf and at_end and not self._sealed:
            self._sealed = True
            header = self._header(leaf)
            if "-" not in header:
                end = leaf.start + len(header)
                self._patches.replace(end - header.count("+"), end, "-")


def _is_emptied(branch: BranchMark) -> bool:
    """Whether a block has lost all its children."""
    return not branch.flow and bool(branch.standing) and branch.is_bare


def _style(node: NodeMark) -> str:
    return node.style if isinstance(node, Leaf) else ""


def _is_filled(node: NodeMark) -> bool:
    """Whether an empty flow has got children, and may as well become a block."""
    return isinstance(node, BranchMark) and node.flow and not node.standing and not node.is_bare


def _ending(child: Child) -> Leaf | None:
    node: NodeMark | None = child.value if child.value is child.was else None
    while isinstance(node, BranchMark) and not node.flow:
        last = next((one for one in reversed(node.standing) if not one.removed), None)
        node = last.value if last and last.value is last.was else None
    return node if isinstance(node, Leaf) else None
