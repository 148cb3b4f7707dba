"""Patching flows, ``{a: 1}`` and ``[x, y]``, which in JSON is all there is."""

from __future__ import annotations

from itertools import groupby
from typing import Protocol

from gitconfig_server.formats.editing.lines import Lines, Patches
from gitconfig_server.formats.editing.nodes import BranchMark, Child, NodeMark


class FlowNotation(Protocol):
    """How new text looks inside a flow. ``indent``: what its line begins with, where each child has its own line.

    ``separator`` stands between children on one line; ``unit`` is what a deeper line begins with besides, None where
    empty brackets are filled on their line.
    """

    @property
    def separator(self) -> str: ...
    @property
    def unit(self) -> str | None: ...

    def flow_entry(self, child: Child, like: Child | None, indent: str | None) -> str:
        """A key with its value, or an item, in the manner of its sibling ``like``."""

    def flow_value(self, node: NodeMark, was: NodeMark, indent: str | None) -> str:
        """A value in the manner of the one it replaces."""

    def flow_key(self, child: Child) -> str:
        """The key that a child shall have, in the manner of the one it has."""


class FlowPatcher:
    """Makes the patches for what changed in standing flows."""

    def __init__(self, lines: Lines, patches: Patches, notation: FlowNotation) -> None:
        self._lines = lines
        self._patches = patches
        self._notation = notation
        self._joined: set[Child] = set()

    def patch(self, branch: BranchMark) -> None:
        """Bring the text of ``branch`` to what its children are."""
        for child in branch.standing:
            if not child.removed and child.rename is not None and child.key is not None:
                self._patches.replace(child.key.start, child.key.end, self._notation.flow_key(child))
            if not child.removed and child.value is not child.was:
                self._exchange(child)
            elif not child.removed and isinstance(child.value, BranchMark):
                self.patch(child.value)
        new = any(child.is_new for child in branch.living())
        if not any(not child.removed for child in branch.standing):
            if new or branch.standing:
                self._refill(branch)
            return
        for removed, run in groupby(enumerate(branch.standing), key=lambda pair: pair[1].removed):
            if removed:
                self._cut(branch, [number for number, _ in run])
        if new:
            self._insert(branch)

    def _exchange(self, child: Child) -> None:
        was = child.was
        assert was is not None, "it stands"
        written = self._notation.flow_value(child.value, was, self._line_indent(child.start))
        if was.start < was.end:
            self._patches.replace(was.start, was.end, written)
        else:
            colon = "" if self._lines.text[child.socket - 1] == ":" else ":"
            self._patches.replace(child.socket, child.socket, f"{colon} {written}")

    def _line_indent(self, offset: int) -> str | None:
        return None if self._notation.unit is None else self._lines.indent(offset)

    def _refill(self, branch: BranchMark) -> None:
        """None of what stands is left: write the whole inside anew, laid out as it was."""
        new = [child for child in branch.living() if child.is_new]
        first = branch.standing[0] if branch.standing else None
        outer = self._line_indent(branch.start) or ""
        if first and self._lines.is_first(first.start):
            indent: str | None = self._lines.indent(first.start)
        else:
            indent = None if self._notation.unit is None else outer + self._notation.unit
        written = [self._notation.flow_entry(child, first, indent) for child in new]
        if branch.inner == branch.start:
            self._patches.replace(branch.start, branch.end, "{" + self._notation.separator.join(written) + "}")
        elif indent is None or not new:
            self._patches.replace(branch.inner, branch.end - 1, self._notation.separator.join(written))
        else:
            eol = self._lines.eol
            inside = f"{eol}{indent}" + f",{eol}{indent}".join(written) + f"{eol}{outer}"
            self._patches.replace(branch.inner, branch.end - 1, inside)

    def _cut(self, branch: BranchMark, run: list[int]) -> None:
        """Take neighbours out, with the lines they had to themselves or a comma beside them."""
        lines, standing = self._lines, branch.standing
        first, last = standing[run[0]], standing[run[-1]]
        previous = standing[run[0] - 1] if run[0] else None
        following = standing[run[-1] + 1] if run[-1] + 1 < len(standing) else None
        comma = self._comma(last)
        behind = comma or last.end
        if lines.is_first(first.start) and lines.is_last(behind):
            self._patches.put_lines(lines.start(first.start), lines.following(behind), [])
            if previous and not following and not comma:
                self._drop_comma(branch, previous)
        elif following and (previous is None or lines.start(following.start) == lines.start(last.end)):
            self._patches.replace(first.start, following.start, "")
        elif previous and "#" in lines.text[previous.end : first.start]:
            self._drop_comma(branch, previous)
            self._patches.replace(first.start, behind, "")
        elif previous:
            self._joined.add(previous)
            self._patches.replace(previous.end, last.end, "")

    def _comma(self, child: Child) -> int:
        """Behind the comma that follows a child, 0 where none does."""
        at = self._lines.skip(child.end)
        return at + 1 if self._lines.text[at : at + 1] == "," else 0

    def _drop_comma(self, branch: BranchMark, child: Child) -> None:
        """Take away the comma behind what has become the last child."""
        comma = self._comma(child)
        if comma and not branch.living()[-1].is_new:
            self._patches.replace(comma - 1, comma, "")

    def _insert(self, branch: BranchMark) -> None:
        children = [child for child in branch.living() if not child.ghost]
        left = [child for child in children if not child.is_new]
        if branch.inner == branch.start:
            self._patches.replace(branch.start, branch.start, "{")
        before: Child | None = None
        for new, run in groupby(children, key=lambda child: child.is_new):
            group = list(run)
            if not new:
                before = group[-1]
            elif before is None:
                self._insert_before(left[0], group, self._own_line(branch, left[0]))
            else:
                closed = before is left[-1] and not self._comma(branch.standing[-1])
                self._insert_after(before, group, self._own_line(branch, before), closed)
        if branch.inner == branch.start:
            self._patches.replace(branch.end, branch.end, "}")

    def _own_line(self, branch: BranchMark, child: Child) -> str | None:
        """What stands in front of a child that begins its line; None where others do, or where there is no bracket."""
        upright = self._lines.is_first(child.start) and branch.inner > branch.start
        return self._lines.indent(child.start) if upright else None

    def _insert_before(self, following: Child, group: list[Child], indent: str | None) -> None:
        separator = self._notation.separator if indent is None else f",{self._lines.eol}{indent}"
        written = [self._notation.flow_entry(child, following, indent) + separator for child in group]
        self._patches.replace(following.start, following.start, "".join(written))

    def _insert_after(self, before: Child, group: list[Child], indent: str | None, closed: bool) -> None:
        """``closed``: the last of the group is followed by the bracket, without a comma."""
        lines = self._lines
        comma = 0 if before in self._joined else self._comma(before)
        separator = self._notation.separator if indent is None else f",{lines.eol}{indent}"
        written = [self._notation.flow_entry(child, before, indent) for child in group]
        if indent is not None and lines.is_last(comma or before.end) and before not in self._joined:
            if not comma:
                self._patches.replace(before.end, before.end, ",")
            at = lines.end(comma or before.end)
            self._patches.replace(at, at, separator[1:] + separator.join(written) + ("" if closed else ","))
            return
        self._patches.replace(before.end, before.end, "".join(separator + one for one in written))
        if comma and closed:
            self._patches.replace(comma - 1, comma, "")
