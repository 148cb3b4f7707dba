"""Writing ``.properties`` that read back as exactly what was meant, in ISO-8859-1 as well as in UTF-8."""

from __future__ import annotations

import re

_NAMED = {"\t": "\\t", "\n": "\\n", "\r": "\\r", "\f": "\\f", "\\": "\\\\"}
_KEY = re.compile(r"[^\x21-\x7e]|[\\=:]|^[#!]")
_VALUE = re.compile(r"[^\x20-\x7e]|\\|^[ ]|[ ]$")


def key_text(key: str) -> str:
    """A key; what would end it or make a comment of it is escaped."""
    return _KEY.sub(_escape, key)


def value_text(value: str, separator: str = "=") -> str:
    """A value; the blanks at its ends are escaped, and what ``separator`` would take in."""
    text = _VALUE.sub(_escape, value)
    return "\\" + text if text[:1] in ("=", ":") and not set(separator) & set("=:") else text


def item_text(value: str) -> str:
    """An item of ``name[]=a,b``."""
    return value_text(value).replace(",", "\\,")


def _escape(found: re.Match[str]) -> str:
    sign = found.group()
    if sign in _NAMED:
        return _NAMED[sign]
    if " " <= sign <= "~":
        return "\\" + sign
    units = sign.encode("utf-16-be")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
