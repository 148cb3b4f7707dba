"""From the settings of encryption to keys; all that is wrong with them is an InvalidSettings that names the setting."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_der_private_key
from msgspec import Struct, field

from gitconfig_server.errors import InvalidSettings
from gitconfig_server.formats.ciphers.algorithms import AesCipher, RsaCipher, RsaScheme, TextCipher
from gitconfig_server.formats.ciphers.key_files import StoredKeys, Unlock, is_pem, read_key_file, read_pem, read_pkcs12
from gitconfig_server.formats.ciphers.keys import ONLY_KEY, Keys
from gitconfig_server.settings.encryption import EncryptSettings, KeyStoreSettings, RsaSettings

_RSA_PEM = re.compile(r"-----BEGIN RSA PRIVATE KEY-----(.+)-----END RSA PRIVATE KEY-----", re.DOTALL)
_LINE_BREAKS = re.compile(r"\s|\\n|\\r")
"""Also those that a variable or a YAML file has made of them."""


class _Part(Struct, frozen=True):
    """The keys that one setting names. ``alias``: the one for texts that name none, where no setting before says it."""

    alias: str
    opened: Mapping[str, TextCipher]
    locked: Mapping[str, Callable[[str], TextCipher]] = field(default_factory=dict)


def open_keys(settings: EncryptSettings) -> Keys | None:
    """The keys that ``settings`` name, None where they name none.

    The default one is ``key`` or ``key_file``, else the store's ``alias``, else the first of ``keys``.
    """
    parts = [*_from_key(settings), *_from_store(settings), *_from_files(settings)]
    if not parts:
        return None
    opened = {alias: cipher for part in parts for alias, cipher in part.opened.items()}
    locked = {alias: unlock for part in parts for alias, unlock in part.locked.items()}
    default = parts[0].alias
    if default not in opened:
        raise InvalidSettings(f"encrypt.key_store.secret: does not open the key {default!r}, nor does the password")
    return Keys(opened, default, locked)


def _from_key(settings: EncryptSettings) -> Iterator[_Part]:
    text, path, store = settings.key.get_secret_value(), settings.key_file, settings.key_store.location
    if len([one for one in (text, path, store) if one]) > 1:
        raise InvalidSettings("encrypt.key, encrypt.key_file, encrypt.key_store.location: set one of them, not several")
    setting = "encrypt.key"
    if path:
        setting = "encrypt.key_file"
        text = _text(setting, path, read_key_file(setting, path))
    if text:
        yield _Part(ONLY_KEY, {ONLY_KEY: _key_of_text(setting, text, settings.salt)})


def _from_store(settings: EncryptSettings) -> Iterator[_Part]:
    store = settings.key_store
    if store.location:
        stored = _open_store(store)
        yield _part(_default_alias(store, stored), stored, settings.rsa)
    elif store.alias or (any(_passwords(store)) and not settings.keys):
        raise InvalidSettings("encrypt.key_store.location: is not set, though there is what opens that file")


def _from_files(settings: EncryptSettings) -> Iterator[_Part]:
    for name, path in settings.keys.items():
        setting, alias = f"encrypt.keys.{name}", name.lower()
        content = read_key_file(setting, path)
        if is_pem(content):
            stored = read_pem(setting, path, content, alias, _passwords(settings.key_store))
            yield _part(alias, stored, settings.rsa)
        else:
            yield _Part(alias, {alias: AesCipher(_text(setting, path, content), _salt(settings.salt))})


def _part(alias: str, stored: StoredKeys, settings: RsaSettings) -> _Part:
    scheme = RsaScheme(settings.algorithm == "OAEP", settings.strong, settings.salt)
    opened = {alias: RsaCipher(key, scheme) for alias, key in stored.opened.items()}
    return _Part(alias, opened, {alias: _locked(unlock, scheme) for alias, unlock in stored.locked.items()})


def _key_of_text(setting: str, text: str, salt: str) -> TextCipher:
    """A key as Spring reads ``encrypt.key``: RSA in PKCS#1, else a password."""
    if "RSA PRIVATE KEY" in text:
        return RsaCipher(_rsa_of_text(setting, text), RsaScheme())
    if text.startswith("ssh-rsa") or "PUBLIC KEY-----" in text:
        raise InvalidSettings(
            f"{setting}: a public key cannot decrypt: give the private one, or name the file in encrypt.keys where"
            " texts are only to be encrypted"
        )
    return AesCipher(text, _salt(salt))


def _rsa_of_text(setting: str, text: str) -> RSAPrivateKey:
    found = _RSA_PEM.search(text)
    try:
        key = load_der_private_key(b64decode(_LINE_BREAKS.sub("", found[1]), validate=True), None) if found else None
    except ValueError:
        key = None
    if not isinstance(key, RSAPrivateKey):
        raise InvalidSettings(f"{setting}: not an RSA private key in PEM, without a password")
    return key


def _open_store(settings: KeyStoreSettings) -> StoredKeys:
    setting, path = "encrypt.key_store.location", settings.location
    content = read_key_file(setting, path)
    if settings.type == "pem" or (settings.type != "pkcs12" and is_pem(content)):
        return read_pem(setting, path, content, settings.alias.lower(), _passwords(settings))
    stored = read_pkcs12(setting, path, content, _passwords(settings))
    if not stored.opened:
        raise InvalidSettings(f"encrypt.key_store.password: opens no key of {path}")
    return stored


def _default_alias(settings: KeyStoreSettings, stored: StoredKeys) -> str:
    known = sorted(stored.opened.keys() | stored.locked.keys())
    if not settings.alias and len(known) == 1:
        return known[0]
    if settings.alias.lower() not in known:
        wrong = f"there is no {settings.alias!r}:" if settings.alias else "which key is meant?"
        raise InvalidSettings(f"encrypt.key_store.alias: {wrong} {settings.location} has {', '.join(known)}")
    return settings.alias.lower()


def _locked(unlock: Unlock, scheme: RsaScheme) -> Callable[[str], TextCipher]:
    return lambda secret: RsaCipher(unlock(secret), scheme)


def _passwords(settings: KeyStoreSettings) -> list[str]:
    """What may open a key; where Java's ``secret`` differs, the store itself is opened by ``password``."""
    return list(dict.fromkeys((settings.password.get_secret_value(), settings.secret.get_secret_value())))


def _text(setting: str, path: str, content: bytes) -> str:
    try:
        text = content.decode().rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise InvalidSettings(f"{setting}: {path} is neither PEM nor UTF-8 text") from error
    if not text:
        raise InvalidSettings(f"{setting}: {path} is empty")
    return text


def _salt(text: str) -> bytes:
    try:
        salt = binascii.unhexlify(text)
    except ValueError as error:
        raise InvalidSettings(f"encrypt.salt: expected hexadecimal digits, an even number, got {text!r}") from error
    if not salt:
        raise InvalidSettings("encrypt.salt: must not be empty; Spring's own is deadbeef")
    return salt
