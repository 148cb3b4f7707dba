import pytest

from gitconfig_server.errors import CannotDecrypt, TooLarge
from gitconfig_server.formats.ciphers.algorithms import AesCipher
from gitconfig_server.formats.ciphers.keys import ONLY_KEY, Keys
from gitconfig_server.formats.ciphers.values import MAX_CIPHERS, decrypt_properties

SEALED = "d1b2458ccede07c856ff952bd841638ff4dd12ed1d36812663c3c7262d57bf46"
CIPHER = f"{{cipher}}{SEALED}"
STORED = {
    "ok": CIPHER,
    "number": 5,
    "okkey": f"{{cipher}}{{key:k1}}{SEALED}",
    "plainkey": f"{{cipher}}{{plain}}{SEALED}",
    "bad": "{cipher}zz",
    "bad2": "{cipher}{key:k1}0011",
    "lst[0]": CIPHER,
    "lst[1]": "x",
    "mid": f"pre {CIPHER}",
    "sp": f" {CIPHER}",
    "upper": f"{{CIPHER}}{SEALED}",
}
UNTOUCHED = ["number", "lst[1]", "mid", "sp", "upper"]


class Counting:
    """Counts what is really decrypted."""

    can_decrypt = True
    public_key = None

    def __init__(self, key):
        self._cipher = AesCipher(key, bytes.fromhex("deadbeef"))
        self.count = 0

    def encrypt(self, text):
        return self._cipher.encrypt(text)

    def decrypt(self, text):
        self.count += 1
        return self._cipher.decrypt(text)


def keys_of(password):
    return Keys({ONLY_KEY: Counting(password)})


def test_decrypted_values_move_behind_the_others():
    opened = decrypt_properties(STORED, keys_of("foo"))
    assert list(opened.properties) == [*UNTOUCHED, "ok", "okkey", "plainkey", "invalid.bad", "invalid.bad2", "lst[0]"]
    assert [opened.properties[key] for key in UNTOUCHED] == [STORED[key] for key in UNTOUCHED]
    assert {opened.properties[key] for key in ("ok", "okkey", "plainkey", "lst[0]")} == {"SUPER SECRET"}
    assert {opened.properties[key] for key in ("invalid.bad", "invalid.bad2")} == {"<n/a>"}
    assert opened.plain_keys == {"ok", "okkey", "plainkey", "invalid.bad", "invalid.bad2", "lst[0]"}


def test_what_cannot_be_decrypted_may_keep_its_key():
    opened = decrypt_properties(STORED, keys_of("foo"), prefix_invalid=False).properties
    assert list(opened) == [*UNTOUCHED, "ok", "okkey", "plainkey", "bad", "bad2", "lst[0]"]
    assert (opened["bad"], opened["bad2"]) == ("zz", "{key:k1}0011")


def test_wrong_key_opens_nothing():
    opened = decrypt_properties(STORED, keys_of("wrong"))
    assert list(opened.properties)[-2:] == ["invalid.bad2", "invalid.lst[0]"]
    assert "SUPER SECRET" not in opened.properties.values()


def test_source_without_ciphers_stays_as_it_is():
    opened = decrypt_properties({"a": 1, "b": "x"}, keys_of("foo"))
    assert (opened.properties, opened.plain_keys) == ({"a": 1, "b": "x"}, frozenset())


def test_hot_values_are_decrypted_once():
    keys = keys_of("foo")
    stored = {f"k{number}": "{cipher}" + keys.opened[ONLY_KEY].encrypt(str(number)) for number in range(50)}
    for _ in range(3):
        opened = decrypt_properties(stored | {"bad": "{cipher}00"}, keys)
        assert opened.properties["k49"] == "49"
        assert opened.properties["invalid.bad"] == "<n/a>"
    assert keys.opened[ONLY_KEY].count == 51


def test_memory_of_values_is_bounded():
    keys = keys_of("foo")
    sealed = [keys.opened[ONLY_KEY].encrypt("x" * 100_000) for _ in range(30)]
    for text in sealed:
        keys.decrypt(text)
    assert keys.opened[ONLY_KEY].count == 30
    keys.decrypt(sealed[-1])
    assert keys.opened[ONLY_KEY].count == 30
    keys.decrypt(sealed[0])
    assert keys.opened[ONLY_KEY].count == 31


def test_too_many_ciphers_are_refused_before_one_is_opened():
    keys = keys_of("foo")
    with pytest.raises(TooLarge):
        decrypt_properties({f"k{number}": "{cipher}00" for number in range(MAX_CIPHERS + 1)}, keys)
    assert keys.opened[ONLY_KEY].count == 0


def test_text_that_is_no_cipher_is_one_error():
    for text in ("", "x", "{key:a}", "é", "\ud800"):
        with pytest.raises(CannotDecrypt):
            keys_of("foo").decrypt(text)
