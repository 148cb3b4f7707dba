"""What an outline consists of, whatever the format."""

from __future__ import annotations

from msgspec import Struct, field


class TiedTogether(Exception):
    """The text has something that ties its parts together: it has no outline."""


class OutlineEntry(Struct):
    """``key``: flat. The lines ``start`` to ``end`` (excluded), from 0; ``indent``: the blanks in front of the key.

    ``tail``: what follows its value within these lines and parts it from the next one. ``is_tied``: it means something
    together with other places of the text, so it has to stay; some of its ``entries`` may go.
    """

    key: str
    start: int
    indent: str
    end: int = 0
    entries: list[OutlineEntry] = field(default_factory=list)
    tail: str = ""
    is_tied: bool = False


def has_odd_returns(text: str) -> bool:
    """Whether it has a carriage return that ends a line by itself: a merge by lines sees none there."""
    return text.count("\r") != text.count("\r\n")
