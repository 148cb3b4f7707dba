"""RSA keys from files: PEM (private keys, public keys, certificates) and PKCS#12 stores. Raises InvalidSettings."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache, partial
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    load_pem_private_key,
    load_pem_public_key,
    load_ssh_public_key,
)
from cryptography.x509 import load_pem_x509_certificate
from msgspec import Struct, field

from gitconfig_server.errors import InvalidSettings
from gitconfig_server.formats.ciphers.algorithms import RsaKey
from gitconfig_server.formats.ciphers.pkcs12 import open_key, read_certificates, read_encrypted_keys

_MAX_FILE = 1024 * 1024

_PEM = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----.*?-----END \1-----", re.DOTALL)
_JAVA_STORES = (b"\xfe\xed\xfe\xed", b"\xce\xce\xce\xce")
_ERRORS = (ValueError, TypeError, UnsupportedAlgorithm)
"""What ``cryptography`` raises for a key it cannot read; TypeError where a password is missing or needless."""

Unlock = Callable[[str], RSAPrivateKey]
"""From a secret to the key behind it. Raises ValueError."""


class StoredKeys(Struct, frozen=True):
    """Keys by alias, in lower case as Java has them; ``locked`` are those that no known password opens."""

    opened: Mapping[str, RsaKey]
    locked: Mapping[str, Unlock] = field(default_factory=dict)


def read_key_file(setting: str, path: str) -> bytes:
    """The content of a file that ``setting`` names."""
    try:
        with Path(path.removeprefix("file:")).expanduser().open("rb") as file:
            content = file.read(_MAX_FILE + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        hint = ": there is no classpath here, give the file's path" if path.startswith("classpath:") else ""
        raise InvalidSettings(f"{setting}: cannot read {path}: {reason}{hint}") from error
    if len(content) > _MAX_FILE:
        raise InvalidSettings(f"{setting}: {path} is larger than {_MAX_FILE} bytes, which no key is")
    return content


def is_pem(content: bytes) -> bool:
    """Whether ``content`` holds something in PEM, or a public key in OpenSSH's form."""
    return _PEM.search(content) is not None or content.startswith(b"ssh-rsa ")


def read_pem(setting: str, path: str, content: bytes, alias: str, passwords: Sequence[str]) -> StoredKeys:
    """The private key of a PEM file, or else the public one, as ``alias``."""
    blocks = {found[1]: found[0] for found in reversed(list(_PEM.finditer(content)))}
    private = next((block for label, block in blocks.items() if label.endswith(b"PRIVATE KEY")), None)
    try:
        if private is None:
            return StoredKeys({alias: _public_key(content, blocks)})
        if b"ENCRYPTED" in private[:80]:
            return _unlocked({alias: partial(_unlock, load_pem_private_key, private)}, passwords)
        return StoredKeys({alias: _private(load_pem_private_key(private, None))})
    except _ERRORS as error:
        raise InvalidSettings(f"{setting}: {path} holds no RSA key that can be read") from error


def read_pkcs12(setting: str, path: str, content: bytes, passwords: Sequence[str]) -> StoredKeys:
    """The keys and certificates of a store. ``passwords``: the store's own, then others that may open its keys."""
    if content.startswith(_JAVA_STORES):
        raise InvalidSettings(
            f"{setting}: {path} is a store of Java's own kind: make a PKCS#12 store of it and name that: keytool"
            f" -importkeystore -srckeystore {path} -destkeystore {path}.p12 -deststoretype pkcs12"
        )
    try:
        found = read_encrypted_keys(content)
    except ValueError as error:
        raise InvalidSettings(f"{setting}: {path} is no PKCS#12 store") from error
    load = partial(open_key, content if len(found) == 1 else None)
    keys = _unlocked({alias.lower(): partial(_unlock, load, key) for alias, key in found}, passwords)
    public = {alias: key for alias, key in _certificates(content, passwords).items() if alias not in keys.locked}
    return StoredKeys({**public, **keys.opened}, keys.locked)


def _certificates(content: bytes, passwords: Sequence[str]) -> dict[str, RsaKey]:
    """The certificates' keys; none where the store has a key that its own password does not open."""
    for password in passwords:
        with suppress(*_ERRORS):
            return {alias.lower(): key for alias, key in read_certificates(content, password.encode()).items()}
    return {}


def _unlocked(locks: Mapping[str, Unlock], passwords: Sequence[str]) -> StoredKeys:
    opened: dict[str, RsaKey] = {}
    for alias, unlock in locks.items():
        for password in passwords:
            with suppress(ValueError):
                opened[alias] = unlock(password)
                break
    return StoredKeys(opened, {alias: lru_cache(16)(unlock) for alias, unlock in locks.items() if alias not in opened})


def _unlock(load: Callable[[bytes, bytes], object], key: bytes, secret: str) -> RSAPrivateKey:
    try:
        return _private(load(key, secret.encode()))
    except _ERRORS as error:
        raise ValueError("the secret does not open an RSA key") from error


def _public_key(content: bytes, blocks: dict[bytes, bytes]) -> RSAPublicKey:
    certificate = blocks.get(b"CERTIFICATE")
    public = next((block for label, block in blocks.items() if label.endswith(b"PUBLIC KEY")), None)
    if certificate:
        key: object = load_pem_x509_certificate(certificate).public_key()
    else:
        key = load_pem_public_key(public) if public else load_ssh_public_key(content.strip())
    if not isinstance(key, RSAPublicKey):
        raise ValueError("not an RSA key")
    return key


def _private(key: object) -> RSAPrivateKey:
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("not an RSA key")
    return key
