import pytest

from gitconfig_server.errors import InvalidName, TooLarge
from gitconfig_server.formats.editing.keys import SortedKeys, parents, split_key


def test_a_key_has_parts_and_parents():
    assert split_key("a.b[0][x.y].c d") == ["a", "b", "[0]", "[x.y]", "c d"]
    assert list(parents("a.b[0][x.y].c")) == ["a", "a.b", "a.b[0]", "a.b[0][x.y]"]
    assert list(parents("a")) == list(parents(".".join("k" * 200))) == []


@pytest.mark.parametrize("key", ["", ".a", "a.", "a..b", "a[0", "a]", "a[0]b", "a.[0]"])
def test_a_key_with_an_empty_or_open_part_is_none(key):
    with pytest.raises(InvalidName):
        split_key(key)


def test_endless_keys_are_refused():
    for key in ("k" * 5000, ".".join("k" * 200)):
        with pytest.raises(TooLarge):
            split_key(key)


def test_what_is_beneath_a_key_is_found_and_removed():
    keys = SortedKeys(["a", "a.b", "a[0]", "a-b", "ab.c", "a.b.c"])
    assert keys.beneath("a") == ["a.b", "a.b.c", "a[0]"]
    for key in ("a", *keys.beneath("a")):
        keys.remove(key)
    keys.add("a[1]")
    assert keys.beneath("a") == ["a[1]"]
    assert not keys.any_beneath("a-b")
