r"""libyaml's events and tokens, also where a text writes one character as two halves: ``"\ud83d\ude00"``.

JSON encoders write characters past U+FFFF so, and SnakeYAML joins them; libyaml refuses either half. It is shown
characters of a private area in their place, at the same length, so that every mark stays true; what it tells is then
put right. A text that has characters of that area itself is shown as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from yaml import CSafeLoader

_PAIR = re.compile(r"(?<!\\)((?:\\\\)*)\\u([dD])([89abAB])([0-9a-fA-F]{2})\\u([dD])([c-fC-F])([0-9a-fA-F]{2})")
_SHOWN = re.compile(r"()\\u([eE])([0-5])([0-9a-fA-F]{2})\\u([eE])([6-9a-d])([0-9a-fA-F]{2})")
_JOINED = re.compile("[\ue000-\ue5ff][\ue600-\uedff]")
_PRIVATE = re.compile("[\ue000-\uedff]|\\\\[uU](?:0000)?[eE][0-9a-dA-D]")
_DIGITS = "89abABcdefCDEF"
"""The second digits that a half may have, in the order of their stand-ins: the case of a letter is not lost."""


def open_events(text: str) -> Callable[[], Any]:
    """A function that gives one event of ``text`` after the other; None after the last one. Raises yaml.YAMLError."""
    return _open(text, lambda loader: loader.get_event)


def open_tokens(text: str) -> Callable[[], Any]:
    """A function that gives one token of ``text`` after the other; None after the last one. Raises yaml.YAMLError."""
    return _open(text, lambda loader: loader.get_token)


def _open(text: str, method: Callable[[CSafeLoader], Callable[[], Any]]) -> Callable[[], Any]:
    if ("\\ud" not in text and "\\uD" not in text) or not _PAIR.search(text) or _PRIVATE.search(text):
        return method(CSafeLoader(text))
    give = method(CSafeLoader(_PAIR.sub(_show, text)))

    def give_true() -> Any:
        one = give()
        if isinstance(getattr(one, "value", None), str):
            one.value = _JOINED.sub(_join, one.value) if one.style == '"' else _SHOWN.sub(_write, one.value)
        return one

    return give_true


def _show(found: re.Match[str]) -> str:
    """The pair as libyaml is shown it."""
    even, d, high, high_rest, other_d, low, low_rest = found.groups()
    e, other_e = chr(ord(d) + 1), chr(ord(other_d) + 1)
    return f"{even}\\u{e}{_DIGITS.index(high):x}{high_rest}\\u{other_e}{_DIGITS.index(low):x}{low_rest}"


def _write(found: re.Match[str]) -> str:
    """The pair as it is written, where it means nothing: in text without double quotes."""
    _, e, high, high_rest, other_e, low, low_rest = found.groups()
    d, other_d = chr(ord(e) - 1), chr(ord(other_e) - 1)
    return f"\\u{d}{_DIGITS[int(high, 16)]}{high_rest}\\u{other_d}{_DIGITS[int(low, 16)]}{low_rest}"


def _join(found: re.Match[str]) -> str:
    """The character whose halves two stand-ins are."""
    high, low = (int(_DIGITS[ord(half) >> 8 & 0xF], 16) << 8 | ord(half) & 0xFF for half in found[0])
    return chr(0x10000 + ((high - 0x800) << 10) + (low - 0xC00))
