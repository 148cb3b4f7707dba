from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_der_private_key

from gitconfig_server.formats.ciphers.pkcs12 import read_certificates, read_encrypted_keys

STORE = (Path(__file__).parent.parent.parent / "spring" / "data" / "aliases.p12").read_bytes()


def test_every_key_with_its_alias():
    keys = dict(read_encrypted_keys(STORE))
    assert sorted(keys) == ["one", "two"]
    numbers = {load_der_private_key(key, b"letmein").public_key().public_numbers() for key in keys.values()}
    assert len(numbers) == 2


def test_every_certificate_with_its_alias():
    assert sorted(read_certificates(STORE, b"letmein")) == ["certonly", "one", "two"]
    with pytest.raises(ValueError, match="password"):
        read_certificates(STORE, b"no")


def test_store_that_is_cut_short_is_none():
    for end in range(len(STORE)):
        with pytest.raises(ValueError, match=r"cut short|not DER|not a PKCS#12 store"):
            read_encrypted_keys(STORE[:end])


def test_any_changed_byte_ends_in_keys_or_in_one_error():
    for at in range(len(STORE)):
        for bit in (0x01, 0x80):
            try:
                read_encrypted_keys(STORE[:at] + bytes([STORE[at] ^ bit]) + STORE[at + 1 :])
            except ValueError:
                continue


@pytest.mark.parametrize("content", [b"", b"0", b"0\x80", b"0\x84\xff\xff\xff\xff", b"0\x00", b"\x30\x02\x30\x00"])
def test_what_is_no_store(content):
    with pytest.raises(ValueError, match=r"DER|cut short|not a PKCS#12 store"):
        read_encrypted_keys(content)
