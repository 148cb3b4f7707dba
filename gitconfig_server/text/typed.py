"""What a value means that somebody typed."""

from __future__ import annotations

import re

from gitconfig_server.formats.values import float_text
from gitconfig_server.model.environments import Value

_MAX_DIGITS = 1000
"""Of a number; longer ones are text, as they are in YAML files here."""

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?P<fraction>\.[0-9]+)?")


def read_typed(text: str) -> Value:
    """A number or boolean where ``text`` is one and would be printed as it is written; else the text itself.

    So ``30``, ``0.5`` and ``true`` are what they look like, and ``1.10``, ``0755``, ``1e3``, ``yes`` and ``null`` stay
    as they are.
    """
    if text in ("true", "false"):
        return text == "true"
    number = _NUMBER.fullmatch(text)
    if number is None or len(text) > _MAX_DIGITS:
        return text
    if number["fraction"] is None:
        return text if text == "-0" else int(text)
    return float(text) if float_text(float(text)) == text else text
