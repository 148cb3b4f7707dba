import base64
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_der_private_key

from gitconfig_server.errors import CannotDecrypt
from gitconfig_server.formats.ciphers.algorithms import AesCipher, RsaCipher, RsaScheme

DATA = Path(__file__).parent.parent.parent / "spring" / "data" / "crypto.json"
ROWS = json.loads(DATA.read_text())
TEXTS = ["", "x", "ünïcode ✓ 😀", "line\nline\r\n", "=" * 16, "long " * 10_000]


@pytest.fixture(scope="module")
def private_key():
    return rsa.generate_private_key(65537, 2048)


def cipher_of(row):
    if row["kind"] == "aes":
        return AesCipher(row["key"], bytes.fromhex(row["salt"]))
    key = load_der_private_key(base64.b64decode(row["pkcs8"]), None)
    return RsaCipher(key, RsaScheme(row["alg"] == "OAEP", row["strong"], row["salt"]))


@pytest.mark.parametrize("number", range(len(ROWS)))
def test_what_spring_encrypted(number):
    row = ROWS[number]
    cipher = cipher_of(row)
    assert cipher.can_decrypt
    assert cipher.decrypt(row["cipher"]) == row["plain"]
    assert cipher.decrypt(cipher.encrypt(row["plain"])) == row["plain"]
    assert len(cipher.encrypt(row["plain"])) == len(row["cipher"])
    assert row["kind"] == "aes" or f"{cipher.public_key} application" == row["sshpub"]


def test_value_from_springs_documentation():
    text = "d1b2458ccede07c856ff952bd841638ff4dd12ed1d36812663c3c7262d57bf46"
    assert AesCipher("foo", bytes.fromhex("deadbeef")).decrypt(text) == "SUPER SECRET"
    assert AesCipher("foo", bytes.fromhex("deadbeef")).decrypt(text.upper()) == "SUPER SECRET"


@pytest.mark.parametrize("number", range(len(TEXTS)))
def test_whatever_is_encrypted_is_decrypted_again(private_key, number):
    text = TEXTS[number]
    schemes = [RsaScheme(oaep, strong) for oaep in (False, True) for strong in (False, True)]
    for cipher in [AesCipher("k", b"s"), *(RsaCipher(private_key, scheme) for scheme in schemes)]:
        sealed = cipher.encrypt(text)
        assert cipher.decrypt(sealed) == text
        assert cipher.encrypt(text) != sealed


@pytest.mark.parametrize("text", ["", "zz", "0", "00", "00" * 16, "00" * 31, "00" * 32, " " * 64, "é", "d1 b2"])
def test_what_is_no_aes_text(text):
    with pytest.raises(CannotDecrypt) as caught:
        AesCipher("foo", b"salt").decrypt(text)
    assert (str(caught.value), caught.value.__suppress_context__) == (str(CannotDecrypt()), True)


@pytest.mark.parametrize("size", [0, 1, 2, 3, 255, 256, 257, 258, 259, 274, 290, 65535])
@pytest.mark.parametrize("strong", [False, True])
def test_what_is_no_rsa_text(private_key, size, strong):
    for content in (bytes(size), b"\x01\x00" + b"\x01" * size, b"\xff" * size):
        with pytest.raises(CannotDecrypt) as caught:
            RsaCipher(private_key, RsaScheme(strong=strong)).decrypt(base64.b64encode(content).decode())
        assert str(caught.value) == str(CannotDecrypt())


@pytest.mark.parametrize("oaep", [False, True])
def test_changed_or_foreign_rsa_texts_are_told_apart_by_nobody(private_key, oaep):
    cipher = RsaCipher(private_key, RsaScheme(oaep, strong=True))
    sealed = base64.b64decode(cipher.encrypt("secret"))
    foreign = RsaCipher(rsa.generate_private_key(65537, 2048), RsaScheme(oaep, strong=True)).encrypt("secret")
    changed = [sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :] for at in (1, 2, 100, 258, 275, -1)]
    for text in [foreign, *(base64.b64encode(one).decode() for one in changed)]:
        with pytest.raises(CannotDecrypt) as caught:
            cipher.decrypt(text)
        assert (str(caught.value), caught.value.__suppress_context__) == (str(CannotDecrypt()), True)


def test_wrong_scheme_is_a_wrong_key(private_key):
    sealed = RsaCipher(private_key, RsaScheme(strong=True)).encrypt("secret")
    for scheme in (RsaScheme(oaep=True, strong=True), RsaScheme(strong=True, salt="other")):
        with pytest.raises(CannotDecrypt):
            RsaCipher(private_key, scheme).decrypt(sealed)


def test_public_key_encrypts_for_the_private_one(private_key):
    public = RsaCipher(private_key.public_key(), RsaScheme())
    private = RsaCipher(private_key, RsaScheme())
    sealed = public.encrypt("secret")
    assert (public.can_decrypt, public.public_key) == (False, private.public_key)
    assert private.decrypt(sealed) == "secret"
    with pytest.raises(CannotDecrypt):
        public.decrypt(sealed)


def test_nothing_secret_is_shown(private_key):
    for cipher in (AesCipher("pass-word", b"salt"), RsaCipher(private_key, RsaScheme())):
        assert repr(cipher).startswith(f"<{type(cipher).__module__}.{type(cipher).__name__} object at")
