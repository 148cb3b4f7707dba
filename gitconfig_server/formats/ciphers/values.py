"""Encrypted values of a source, decrypted as Spring's ``CipherEnvironmentEncryptor`` does."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from gitconfig_server.errors import CannotDecrypt, TooLarge
from gitconfig_server.formats.ciphers.keys import CIPHER, Keys
from gitconfig_server.model.environments import Value

MAX_CIPHERS = 2000
"""Encrypted values of one source: each may cost a millisecond."""

_INVALID = "invalid."
_NOT_AVAILABLE = "<n/a>"


class Decrypted(Struct, frozen=True):
    """Properties with their secrets opened. ``plain_keys``: those of values that stand in no file as they are here."""

    properties: Mapping[str, Value]
    plain_keys: frozenset[str]


def decrypt_properties(properties: Mapping[str, Value], keys: Keys, *, prefix_invalid: bool = True) -> Decrypted:
    """Each value that begins with ``{cipher}`` decrypted and, as in Spring, moved behind all others.

    One that cannot be decrypted becomes ``invalid.<key>: <n/a>``, or without ``prefix_invalid`` keeps its key and its
    text, ``{cipher}`` taken off. Raises TooLarge past MAX_CIPHERS.
    """
    ciphers = {
        key: value.removeprefix(CIPHER)
        for key, value in properties.items()
        if isinstance(value, str) and value.startswith(CIPHER)
    }
    if len(ciphers) > MAX_CIPHERS:
        raise TooLarge("the number of encrypted values in one source", MAX_CIPHERS)
    opened = {key: value for key, value in properties.items() if key not in ciphers}
    plain: dict[str, Value] = {}
    for key, text in ciphers.items():
        try:
            plain[key] = keys.decrypt(text)
        except CannotDecrypt:
            if prefix_invalid:
                plain[_INVALID + key] = _NOT_AVAILABLE
            else:
                plain[key] = text
    return Decrypted(opened | plain, frozenset(plain))
