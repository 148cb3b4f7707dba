"""From what a terminal sends to keys: one letter, or the name of what a key does."""

from __future__ import annotations

import re

_ESCAPE = re.compile(r"\x1b(?:\[[0-9;]*[A-Za-z~]|O[A-Za-z])")
_BEGUN = re.compile(r"\x1b(?:\[[0-9;]*|O)?")
_LONGEST = 8
"""An escape sequence that is longer is none of ours, and nobody waits for its end."""

KEYS = {
    "\x1b[A": "up",
    "\x1bOA": "up",
    "\x1b[B": "down",
    "\x1bOB": "down",
    "\x1b[C": "right",
    "\x1bOC": "right",
    "\x1b[D": "left",
    "\x1bOD": "left",
    "\x1b[H": "home",
    "\x1bOH": "home",
    "\x1b[1~": "home",
    "\x1b[F": "end",
    "\x1bOF": "end",
    "\x1b[4~": "end",
    "\x1b[3~": "delete",
    "\x01": "home",
    "\x02": "left",
    "\x05": "end",
    "\x06": "right",
    "\x08": "back",
    "\x0b": "kill",
    "\x0c": "redraw",
    "\x0e": "down",
    "\x10": "up",
    "\x12": "search",
    "\x15": "clear",
    "\x17": "word",
    "\x7f": "back",
}
"""What is sent -> what it does; nothing else that begins with a control character does anything."""


def take_key(text: str) -> tuple[str | None, str]:
    """The first key of ``text`` and what follows it; None where it has not come whole, ``""`` where it is no key."""
    if text[0] != "\x1b":
        return text[0], text[1:]
    found = _ESCAPE.match(text)
    if found:
        return found.group(), text[found.end() :]
    if len(text) < _LONGEST and _BEGUN.fullmatch(text):
        return None, text
    return "", text[1:]
