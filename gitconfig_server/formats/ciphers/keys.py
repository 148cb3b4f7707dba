"""The prefixes of an encrypted text (``{cipher}``, ``{key:alias}``, ``{plain}``), and the keys they pick."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct, field

from gitconfig_server.errors import CannotDecrypt, UnknownKey
from gitconfig_server.lru import Recent

if TYPE_CHECKING:
    from gitconfig_server.formats.ciphers.algorithms import TextCipher

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


ONLY_KEY = ""
"""The alias of the key that the settings give without one."""

_REMEMBERED = 4 * 1024 * 1024
"""Characters of encrypted values, and of what they hold, that are remembered in memory."""


class Keys(Struct, frozen=True, eq=False):
    """Ciphers by alias; the ``default`` one's are the texts that name no key.

    Where the only key was given without an alias, it is every alias's, as in Spring. ``{secret:text}`` opens keys that
    are still ``locked`` (ValueError where it does not), and says nothing about others.
    """

    opened: Mapping[str, TextCipher]
    default: str = ONLY_KEY
    locked: Mapping[str, Callable[[str], TextCipher]] = field(default_factory=dict)
    _known: Recent[str, tuple[str | None]] = field(default_factory=lambda: Recent(_REMEMBERED))

    def cipher(self, pairs: Mapping[str, str]) -> TextCipher:
        """The cipher that the pairs in front of a text pick. Raises UnknownKey."""
        if set(self.opened) == {ONLY_KEY}:
            return self.opened[ONLY_KEY]
        alias = pairs.get("key", self.default).lower()
        if alias in self.opened:
            return self.opened[alias]
        try:
            return self.locked[alias](pairs["secret"])
        except (KeyError, ValueError):
            raise UnknownKey(alias) from None

    def decrypt(self, text: str) -> str:
        """What an encrypted text, its pairs in front of it, holds; remembered. Raises CannotDecrypt."""
        known = self._known.get(text)
        if known is None:
            known = (self._decrypted(text),)
            self._known.put(text, known, len(text) + len(known[0] or ""))
        if known[0] is None:
            raise CannotDecrypt
        return known[0]

    def _decrypted(self, text: str) -> str | None:
        pairs, sealed = read_prefixes(text)
        try:
            return self.cipher(pairs).decrypt(sealed)
        except (CannotDecrypt, UnknownKey):
            return None
