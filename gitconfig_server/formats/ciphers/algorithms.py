"""Encrypted texts as Spring writes them (``Encryptors`` and ``RsaSecretEncryptor`` of Spring Security and Cloud).

Whatever keeps a text from being decrypted (its form, its padding, the key) is one CannotDecrypt without a cause. PKCS#1
v1.5 adds no oracle: OpenSSL rejects implicitly, a broken padding yields a session key that opens nothing.
"""

from __future__ import annotations

import binascii
import secrets
from base64 import b64decode, b64encode
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import padding as rsa_padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from cryptography.hazmat.primitives.padding import PKCS7
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from msgspec import Struct

from gitconfig_server.errors import CannotDecrypt

_ROUNDS = 1024
_BLOCK = 16
"""Bytes of an AES block, of every IV here and of an RSA session's secret."""

RsaKey = RSAPrivateKey | RSAPublicKey


class TextCipher(Protocol):
    """Encrypts texts with one key, and decrypts them where the key can."""

    @property
    def can_decrypt(self) -> bool:
        """False for a public key."""

    @property
    def public_key(self) -> str | None:
        """The public key in OpenSSH's form, without a comment; None where there is none."""

    def encrypt(self, text: str) -> str:
        """The encrypted text; another one each time."""

    def decrypt(self, text: str) -> str:
        """The text that was encrypted. Raises CannotDecrypt."""


class AesCipher:
    """AES-256 in CBC mode, written in hex: IV, then ciphertext. ``salt`` goes into the key, derived once."""

    can_decrypt = True
    public_key = None

    def __init__(self, password: str, salt: bytes) -> None:
        self._key = _derive(password, salt)

    def encrypt(self, text: str) -> str:
        """See TextCipher."""
        return _seal_cbc(self._key, text.encode()).hex()

    def decrypt(self, text: str) -> str:
        """See TextCipher."""
        try:
            return _open_cbc(self._key, binascii.unhexlify(text)).decode()
        except ValueError:
            raise CannotDecrypt from None


class RsaScheme(Struct, frozen=True):
    """How texts are encrypted with an RSA key: ``oaep`` (else PKCS#1 v1.5), ``strong`` (GCM, else CBC), and the salt.

    ``salt`` is hex; what is no hex of even length stands for its own bytes.
    """

    oaep: bool = False
    strong: bool = False
    salt: str = "deadbeef"


class RsaCipher:
    """A random secret encrypted with RSA, the text with AES under a key derived from it; written in base64.

    The form is: length of the first part (2 bytes), first part, IV and ciphertext.
    """

    def __init__(self, key: RsaKey, scheme: RsaScheme) -> None:
        self._private = key if isinstance(key, RSAPrivateKey) else None
        self._public = key.public_key() if isinstance(key, RSAPrivateKey) else key
        self._padding = _oaep() if scheme.oaep else rsa_padding.PKCS1v15()
        self._salt = _salt(scheme.salt)
        self._seal, self._open = (_seal_gcm, _open_gcm) if scheme.strong else (_seal_cbc, _open_cbc)

    @property
    def can_decrypt(self) -> bool:
        """See TextCipher."""
        return self._private is not None

    @property
    def public_key(self) -> str:
        """See TextCipher."""
        return self._public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()

    def encrypt(self, text: str) -> str:
        """See TextCipher."""
        secret = secrets.token_bytes(_BLOCK)
        session = self._public.encrypt(secret, self._padding)
        sealed = self._seal(self._session_key(secret), text.encode())
        return b64encode(len(session).to_bytes(2) + session + sealed).decode()

    def decrypt(self, text: str) -> str:
        """See TextCipher."""
        if self._private is None:
            raise CannotDecrypt
        try:
            sealed = b64decode(text, validate=True)
            end = 2 + int.from_bytes(sealed[:2])
            secret = self._private.decrypt(sealed[2:end], self._padding)
            return self._open(self._session_key(secret), sealed[end:]).decode()
        except (ValueError, InvalidTag):
            raise CannotDecrypt from None

    def _session_key(self, secret: bytes) -> bytes:
        return _derive(secret.hex(), self._salt)


def _derive(password: str, salt: bytes) -> bytes:
    return PBKDF2HMAC(SHA1(), 32, salt, _ROUNDS).derive(password.encode())  # SHA-1 is Spring's choice


def _oaep() -> rsa_padding.OAEP:
    return rsa_padding.OAEP(rsa_padding.MGF1(SHA1()), SHA1(), None)


def _salt(text: str) -> bytes:
    try:
        return binascii.unhexlify(text)
    except ValueError:
        return text.encode()


def _seal_cbc(key: bytes, content: bytes) -> bytes:
    iv = secrets.token_bytes(_BLOCK)
    padder = PKCS7(8 * _BLOCK).padder()
    encryptor = Cipher(algorithms.AES256(key), modes.CBC(iv)).encryptor()
    return iv + encryptor.update(padder.update(content) + padder.finalize()) + encryptor.finalize()


def _open_cbc(key: bytes, sealed: bytes) -> bytes:
    decryptor = Cipher(algorithms.AES256(key), modes.CBC(sealed[:_BLOCK])).decryptor()
    padded = decryptor.update(sealed[_BLOCK:]) + decryptor.finalize()
    unpadder = PKCS7(8 * _BLOCK).unpadder()
    return unpadder.update(padded) + unpadder.finalize()


def _seal_gcm(key: bytes, content: bytes) -> bytes:
    iv = secrets.token_bytes(_BLOCK)
    return iv + AESGCM(key).encrypt(iv, content, None)


def _open_gcm(key: bytes, sealed: bytes) -> bytes:
    return AESGCM(key).decrypt(sealed[:_BLOCK], sealed[_BLOCK:], None)
