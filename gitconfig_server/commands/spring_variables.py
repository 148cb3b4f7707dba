"""Placeholders in the settings of a Spring Cloud Config Server, which it fills in from its environment."""

from __future__ import annotations

import re

_INNERMOST = re.compile(r"\$\{([^:{}$]+)(?::([^{}]*))?\}")
_OPENING = re.compile(r"\$\{([^:{}$]+)(:?)")
_OF_JAVA = {"user.home": "HOME", "user.dir": "PWD", "user.name": "USER"}


def has_variables(text: str) -> bool:
    """Whether anything in it is to be filled in; ``{application}`` is not."""
    return _INNERMOST.search(text) is not None


def with_defaults(text: str) -> str | None:
    """``text`` with the default of every placeholder in its place, from the inside out; None where one has none."""
    while found := _INNERMOST.search(text):
        if found[2] is None:
            return None
        text = text[: found.start()] + found[2] + text[found.end() :]
    return text


def in_shell(text: str) -> str:
    """The same text for a shell's double quotes."""
    return _OPENING.sub(lambda found: f"${{{_variable(found[1])}{':-' if found[2] else ''}", text)


def variables(text: str) -> str:
    """The names in ``text`` as they are written, for a message."""
    return ", ".join(f"${{{found[1]}}}" for found in _OPENING.finditer(text))


def _variable(name: str) -> str:
    """The variable that Spring reads for ``name``."""
    return _OF_JAVA.get(name) or re.sub(r"[.-]", "_", name).upper()
