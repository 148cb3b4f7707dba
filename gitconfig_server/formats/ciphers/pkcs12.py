"""The keys of a PKCS#12 store by alias. ``cryptography`` reads only one key of a store; Java keeps many in it.

A store is read as RFC 7292 has it: a sequence of safes, each of bags, of which those with encrypted keys matter here.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_private_key
from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12

_SEQUENCE, _OBJECT_ID, _OCTETS, _SET, _BMP_TEXT, _CONTENT, _INTEGER = 0x30, 0x06, 0x04, 0x31, 0x1E, 0xA0, 0x02
_DATA = bytes.fromhex("2a864886f70d010701")
_ENCRYPTED_KEY = bytes.fromhex("2a864886f70d010c0a0102")
_FRIENDLY_NAME = bytes.fromhex("2a864886f70d010914")

_Element = tuple[int, bytes, bytes]
"""Tag, content, and the whole with its tag."""


def read_encrypted_keys(store: bytes) -> list[tuple[str, bytes]]:
    """Alias and encrypted PKCS#8 (DER) of each key; ValueError where ``store`` is no such store.

    Keys without an alias are numbered from 1, as Java does.
    """
    content = _child(_child(store, _SEQUENCE), _SEQUENCE)
    safes = _child(_child(_child(content, _CONTENT), _OCTETS), _SEQUENCE)
    plain = [info for _, info, _ in _elements(safes) if _child(info, _OBJECT_ID) == _DATA]
    keys = [key for info in plain for key in _keys_of_safe(info)]
    numbers = count(1)
    return [(alias or str(next(numbers)), key) for alias, key in keys]


def read_certificates(store: bytes, password: bytes) -> dict[str, RSAPublicKey]:
    """Alias -> public key of the named certificates; ValueError where ``password`` does not open all of the store."""
    found = load_pkcs12(store, password)
    keys = {
        (one.friendly_name or b"").decode("utf-8", "replace"): one.certificate.public_key()
        for one in ([found.cert] if found.cert else []) + found.additional_certs
    }
    return {alias: key for alias, key in keys.items() if alias and isinstance(key, RSAPublicKey)}


def open_key(store: bytes | None, key: bytes, password: bytes) -> object:
    """The private key in an encrypted PKCS#8 (DER). Raises what ``cryptography`` raises.

    An empty password means no password to ``cryptography``, but for those of stores: the key is read out of ``store``
    then, which has no other, or as a store of its own. (The latter has no checksum, without which the two ways to
    encode an empty password cannot be told apart: older ciphers may need the former.)
    """
    if password:
        return load_der_private_key(key, password)
    return load_pkcs12(store or _store_of(key), password).key


def _store_of(key: bytes) -> bytes:
    """A store (``PFX``) of one key, without the checksum that would prove the password."""
    bag = _element(_SEQUENCE, _element(_OBJECT_ID, _ENCRYPTED_KEY) + _element(_CONTENT, key))
    safe = _info(_element(_SEQUENCE, bag))
    return _element(_SEQUENCE, _element(_INTEGER, b"\x03") + _info(_element(_SEQUENCE, safe)))


def _info(content: bytes) -> bytes:
    data = _element(_CONTENT, _element(_OCTETS, content))
    return _element(_SEQUENCE, _element(_OBJECT_ID, _DATA) + data)


def _element(tag: int, content: bytes) -> bytes:
    size = len(content)
    digits = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([tag, *([size] if size < 0x80 else [0x80 + len(digits), *digits])]) + content


def _keys_of_safe(info: bytes) -> Iterator[tuple[str, bytes]]:
    bags = _child(_child(_child(info, _CONTENT), _OCTETS), _SEQUENCE)
    for _, bag, _ in _elements(bags):
        if _child(bag, _OBJECT_ID) == _ENCRYPTED_KEY:
            _, _, key = next(_elements(_child(bag, _CONTENT)))
            yield _alias(bag), key


def _alias(bag: bytes) -> str:
    for tag, attributes, _ in _elements(bag):
        for _, attribute, _ in _elements(attributes) if tag == _SET else ():
            if _child(attribute, _OBJECT_ID) == _FRIENDLY_NAME:
                return _child(_child(attribute, _SET), _BMP_TEXT).decode("utf-16-be")
    return ""


def _child(content: bytes, wanted: int) -> bytes:
    """The content of the first element with this tag."""
    for tag, inner, _ in _elements(content):
        if tag == wanted:
            return inner
    raise ValueError("not a PKCS#12 store")


def _elements(content: bytes) -> Iterator[_Element]:
    """The DER elements that ``content`` consists of."""
    at = 0
    while at < len(content):
        start, length = at + 2, content[at + 1] if at + 1 < len(content) else 0x80
        if length >= 0x80:
            digits = length - 0x80
            length = int.from_bytes(content[start : start + digits])
            start += digits
            if not digits:  # an open end, which DER does not have
                raise ValueError("not DER")
        if start + length > len(content):
            raise ValueError("the store is cut short")
        yield content[at], content[start : start + length], content[at : start + length]
        at = start + length
