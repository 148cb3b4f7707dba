"""What stands in front of an encrypted text: ``{cipher}``, pairs such as ``{key:alias}``, and ``{plain}``."""

from __future__ import annotations

import re
from collections.abc import Mapping

CIPHER = "{cipher}"
"""What an encrypted value begins with."""

_PLAIN = "{plain}"
_PAIR = re.compile(r"\{([^{}:]*):([^}]*)\}")
_PAIRS = re.compile(rf"(?:{_PAIR.pattern})*")
_NAMES_OF_SPRING = ("name", "profiles")
"""Pairs that Spring's server adds itself, and never writes."""


def read_prefixes(text: str) -> tuple[dict[str, str], str]:
    """The pairs in front of ``text``, and the text itself: what follows them, or what follows ``{plain}``."""
    head, plain, rest = text.partition(_PLAIN)
    found = _PAIRS.match(head)
    assert found is not None, "the pattern matches anything"
    return dict(_PAIR.findall(found.group())), rest if plain else text[found.end() :]


def write_prefixes(pairs: Mapping[str, str]) -> str:
    """``pairs`` as they stand in front of a text."""
    return "".join(f"{{{name}:{value}}}" for name, value in pairs.items() if name not in _NAMES_OF_SPRING)
