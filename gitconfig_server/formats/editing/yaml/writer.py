"""Writing YAML that reads back as exactly what was meant, here and in SnakeYAML."""

from __future__ import annotations

import json
import re
from typing import ClassVar

from msgspec import Struct

from gitconfig_server.errors import TooLarge
from gitconfig_server.formats.editing.nodes import Alias, BranchMark, Child, Leaf, NodeMark
from gitconfig_server.formats.reading.yaml_scalars import plain_scalar
from gitconfig_server.formats.values import Scalar

_MAX_SIMPLE_KEY = 1000
"""Characters of a key in front of its colon; libyaml and SnakeYAML take 1024."""

_QUOTES = ("'", '"')
BLOCKS = ("|", ">")

_ESCAPED = re.compile("[^\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_PLAIN_START = re.compile(r"-[A-Za-z]|(?!\.\.\.)[^- ?:,\[\]{}#&*!|>'\"%@`=<]")
_FLOW_SIGN = re.compile(r"[,\[\]{}?]|:(?:$|[,\[\]{}])")
_NOT_LITERAL = re.compile(r"\A[ \t\n]|^[ \t]+$|\n\n\Z|\A\Z", re.MULTILINE)
_NOT_FOLDED = re.compile(r"^[ \t\n]|[ \t]$", re.MULTILINE)
_BREAKS_AND_TABS = str.maketrans("", "", "\n\t")

Written = tuple[str, list[str]]
"""What follows the colon or dash on its line, and the lines below."""


class YamlWriter(Struct, frozen=True):
    """How new text looks: ``step`` and ``dash`` are the columns that maps and lists stand to the right of their key.

    Without ``blocks`` text of several lines stands in quotes.
    """

    step: int = 2
    dash: int = 2
    blocks: bool = True
    separator: ClassVar[str] = ", "
    unit: ClassVar[str | None] = None

    def block(self, branch: BranchMark, column: int) -> list[str]:
        """The lines of a map or list that has children."""
        return [line for child in branch.living() for line in self.entry(child, column)]

    def entry(self, child: Child, column: int, like: Child | None = None) -> list[str]:
        """The lines of one key or item; quotes are those of its sibling ``like``."""
        head, tail = self.value(child.value, column, item=child.in_list, style=_quote_of_value(like))
        lead = "-" if child.in_list else key_of_child(child, _quote_of_key(like)) + ":"
        return [f"{' ' * column}{lead} {head}" if head else " " * column + lead, *tail]

    def value(self, node: NodeMark, column: int, *, item: bool, style: str = "", margin: int = 0) -> Written:
        """A value of the key or item at ``column``; a block of text keeps to ``margin``, if it is given."""
        if isinstance(node, BranchMark) and node.text:
            return self._text(node, column, item)
        if isinstance(node, BranchMark) and not node.is_bare:
            return self._branch(node, column, item)
        if self.blocks and isinstance(node, Leaf) and isinstance(node.value, str):
            lines = _block_text(node.value, margin or column + (2 if item else self.step), style)
            if lines:
                return lines[0], lines[1:]
        return self.inline(node, style, flow=False), []

    def _branch(self, branch: BranchMark, column: int, item: bool) -> Written:
        if not item:
            return "", self.block(branch, column + (self.dash if branch.is_list else self.step))
        first, *more = self.block(branch, column + 2)
        return first[column + 2 :], more

    def _text(self, branch: BranchMark, column: int, item: bool) -> Written:
        """A collection as it stood elsewhere."""
        first, *more = branch.text
        if branch.flow_text:
            return first, [_indented(line, column + 2) for line in more]
        if item:
            return first, [_indented(line, column + 2) for line in more]
        return "", [_indented(line, column + (self.dash if branch.is_list else self.step)) for line in branch.text]

    def inline(self, node: NodeMark, style: str = "", *, flow: bool = True) -> str:
        """A value on one line."""
        if isinstance(node, Alias):
            return f"*{node.name}"
        if isinstance(node, Leaf):
            is_absent = node.text == "" and not flow
            return "" if is_absent else node.text or scalar_text(node.value, style or node.style, flow=flow)
        if node.flow_text and len(node.text) == 1:
            return node.text[0]
        inner = ", ".join(self.flow_entry(child) for child in node.living())
        return f"[{inner}]" if node.is_list else f"{{{inner}}}"

    def flow_entry(self, child: Child, like: Child | None = None, indent: str | None = None) -> str:
        """One key or item of a flow, on one line whatever its indentation."""
        value = self.inline(child.value, _quote_of_value(like))
        return value if child.in_list else f"{key_of_child(child, _quote_of_key(like), flow=True)}: {value}"

    def flow_key(self, child: Child) -> str:
        """A new name, quoted as the one it replaces."""
        return key_of_child(child, child.key.style if isinstance(child.key, Leaf) else "", flow=True)

    def flow_value(self, node: NodeMark, was: NodeMark, indent: str | None = None) -> str:
        """A value of a flow, quoted as the one it replaces."""
        return self.inline(node, was.style if isinstance(was, Leaf) else "")


def key_of_child(child: Child, quote: str = "", *, flow: bool = False) -> str:
    """The key of a new child, or that a standing one shall have; one that is no text is spelled as it was."""
    key = child.rename or child.key
    if isinstance(key, Leaf) and not isinstance(key.value, str):
        return key.text or scalar_text(key.value)
    return _key_text(
        key.value if isinstance(key, Leaf) and isinstance(key.value, str) else child.segment, quote, flow=flow
    )


def _indented(line: str, column: int) -> str:
    return " " * column + line if line else line


def _key_text(segment: str, quote: str = "", *, flow: bool = False) -> str:
    """A key that adds ``segment`` to a flat key."""
    text = scalar_text(segment, quote, flow=flow)
    if len(text) > _MAX_SIMPLE_KEY:
        raise TooLarge(f"length of one part of a key, {segment[:80]!r},", _MAX_SIMPLE_KEY)
    return text


def scalar_text(value: Scalar, style: str = "", *, flow: bool = False) -> str:
    """A scalar on one line; text in the quotes of ``style`` where it can stand in them."""
    if not isinstance(value, str):
        return "null" if value is None else str(value).lower() if isinstance(value, bool) else repr(value)
    if style == '"' or _ESCAPED.search(value):
        return _double_quoted(value)
    if style == "'" or not _is_plain(value, flow):
        return "'" + value.replace("'", "''") + "'"
    return value


def _is_plain(text: str, flow: bool) -> bool:
    """Whether text needs no quotes; of what may go without them, the less common is quoted all the same."""
    if not _PLAIN_START.match(text) or ": " in text or " #" in text or text[-1] in ": ":
        return False
    try:
        return plain_scalar(text) is text and not (flow and _FLOW_SIGN.search(text))
    except ValueError:
        return False


def _double_quoted(text: str) -> str:
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))


def _block_text(text: str, column: int, style: str) -> list[str]:
    """A literal or folded block, its sign first, for text of several lines or what stood in one; else nothing."""
    several = "\n" in text and style != '"'
    if not (several or style in BLOCKS) or _NOT_LITERAL.search(text):
        return []
    if _ESCAPED.search(text.translate(_BREAKS_AND_TABS)):
        return []
    chomping = "" if text.endswith("\n") else "-"
    lines = text.removesuffix("\n").split("\n")
    if style == ">" and not _NOT_FOLDED.search(text.removesuffix("\n")):
        return [f">{chomping}", *"\n\n".join(" " * column + line for line in lines).split("\n")]
    return [f"|{chomping}", *(" " * column + line if line else "" for line in lines)]


def _quote_of_key(like: Child | None) -> str:
    return _quote(like.key) if like else ""


def _quote_of_value(like: Child | None) -> str:
    return _quote(like.was) if like else ""


def _quote(node: NodeMark | None) -> str:
    """The quotes around a sibling's text, if it need not have them: those it has to have are no pattern for others."""
    if not isinstance(node, Leaf) or node.style not in _QUOTES or not isinstance(node.value, str):
        return ""
    return node.style if _is_plain(node.value, flow=True) else ""
