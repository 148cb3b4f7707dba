"""Tabs between YAML tokens: libyaml takes them for blanks, SnakeYAML refuses the file."""

from __future__ import annotations

import re

from yaml import CSafeLoader, ScalarToken

from gitconfig_server.config.readers.decoding import place_after
from gitconfig_server.config.readers.documents import Place
from gitconfig_server.config.readers.yaml_nodes import span

_COMMENT = re.compile(r"#[^\n\r]*")
_BLANKS = re.compile(r"[ \t]*")


def find_tab(text: str) -> Place | None:
    """Where the first such tab stands in ``text``, which must have parsed; blanks that end a plain scalar may be tabs.

    A second pass over the tokens, for the few files that hold a tab at all.
    """
    next_token = CSafeLoader(text).get_token
    end = 0
    while token := next_token():
        start, after = span(token)
        tab = _COMMENT.sub(_blank, text[end:start]).find("\t")
        if tab >= 0:
            return place_after(text[: end + tab])
        end = max(end, after)
        if isinstance(token, ScalarToken) and token.plain:
            end = _end_of_blanks(text, end)
    return None


def _end_of_blanks(text: str, start: int) -> int:
    found = _BLANKS.match(text, start)
    return found.end() if found else start


def _blank(comment: re.Match[str]) -> str:
    return " " * len(comment.group())
