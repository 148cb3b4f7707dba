"""Changing a JSON text in place."""

from __future__ import annotations

import json
import re

from msgspec import Struct

from gitconfig_server.errors import TooLarge
from gitconfig_server.formats.editing.flow import FlowPatcher
from gitconfig_server.formats.editing.lines import Lines, Patches
from gitconfig_server.formats.editing.nodes import BranchMark, Child, Leaf, NodeMark
from gitconfig_server.formats.values import Scalar

MAX_NODES = 200_000
"""Values of one document that is edited, empty maps and lists among them."""

_BLANKS = re.compile(r"[ \t\n\r]*")
_SCALAR = re.compile(r'"(?:[^"\\]++|\\.)*+"|[-+.\w]+')


def patch_json(lines: Lines, root: BranchMark) -> str:
    """The text with its marks brought to what they have become."""
    patches = Patches(lines)
    FlowPatcher(lines, patches, _writer_like(lines, root)).patch(root)
    return patches.result()


def read_json_nodes(text: str) -> BranchMark:
    """The object at the top of a text that is known to be readable."""
    return _StandingNodes(text).read()


class _StandingNodes:
    """The nodes of a text that is known to be readable."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._count = 0

    def read(self) -> BranchMark:
        """The object at the top."""
        return self._branch(is_list=False)

    def _skip(self) -> str:
        """The next character that is no blank."""
        found = _BLANKS.match(self._text, self._at)
        self._at = found.end() if found else self._at
        return self._text[self._at]

    def _branch(self, is_list: bool) -> BranchMark:
        self._skip()
        branch = BranchMark(is_list, True, start=self._at, inner=self._at + 1)
        self._at += 1
        while (sign := self._skip()) not in "]}":
            if sign == ",":
                self._at += 1
                self._skip()
            branch.children.append(self._child(branch))
        self._at += 1
        branch.end = self._at
        branch.standing = tuple(branch.children)
        return branch

    def _child(self, branch: BranchMark) -> Child:
        self._count += 1
        if self._count > MAX_NODES:
            raise TooLarge("number of values in a JSON file", MAX_NODES)
        start = self._at
        key = None if branch.is_list else self._leaf()
        if key:
            self._skip()
            self._at += 1
        socket = self._at
        value = self._node()
        return Child(
            branch.is_list, str(key.value) if key else "", value, start=start, socket=socket, key=key, was=value
        )

    def _node(self) -> NodeMark:
        sign = self._skip()
        return self._branch(sign == "[") if sign in "[{" else self._leaf()

    def _leaf(self) -> Leaf:
        found = _SCALAR.match(self._text, self._at)
        assert found is not None, "a readable value stands here"
        self._at = found.end()
        return Leaf(json.loads(found.group()), "", *found.span())


class _JsonWriter(Struct, frozen=True):
    """How new text looks: with blanks behind commas and colons or not, in lines indented by ``unit`` or in one."""

    unit: str | None
    separator: str
    colon: str
    ascii: bool
    eol: str

    def flow_entry(self, child: Child, like: Child | None, indent: str | None) -> str:
        """A key with its value, or an item."""
        value = self._text(child.value, indent)
        return value if child.in_list else f"{self._scalar(child.segment)}{self.colon}{value}"

    def flow_key(self, child: Child) -> str:
        """A new name."""
        assert child.rename is not None, "it is asked for where there is one"
        return self._scalar(child.rename.value)

    def flow_value(self, node: NodeMark, was: NodeMark, indent: str | None) -> str:
        """A value."""
        return self._text(node, indent)

    def _text(self, node: NodeMark, indent: str | None) -> str:
        if isinstance(node, Leaf):
            return node.text or self._scalar(node.value)
        if isinstance(node, BranchMark) and node.text:
            return self.eol.join([node.text[0], *((indent or "") + line if line else "" for line in node.text[1:])])
        assert isinstance(node, BranchMark), "JSON has no aliases"
        children = node.living()
        opening, closing = "[]" if node.is_list else "{}"
        if not children or indent is None or self.unit is None:
            inner = self.separator.join(self.flow_entry(child, None, None) for child in children)
            return opening + inner + closing
        deeper = indent + self.unit
        inner = f",{self.eol}{deeper}".join(self.flow_entry(child, None, deeper) for child in children)
        return f"{opening}{self.eol}{deeper}{inner}{self.eol}{indent}{closing}"

    def _scalar(self, value: Scalar) -> str:
        return json.dumps(value, ensure_ascii=self.ascii)


def _writer_like(lines: Lines, root: BranchMark) -> _JsonWriter:
    first = root.standing[0] if root.standing else None
    tight = first is not None and first.was is not None and first.was.start == first.socket
    unit: str | None = "  "
    if first and lines.is_first(first.start):
        unit = lines.indent(first.start).removeprefix(lines.indent(root.start)) or "  "
    elif first:
        unit = None
    return _JsonWriter(unit, "," if tight else ", ", ":" if tight else ": ", _is_escaped(lines.text), lines.eol)


def _is_escaped(text: str) -> bool:
    """Whether what is not ASCII stands as ``\\u00e9``."""
    return "\\u" in text and text.isascii()
