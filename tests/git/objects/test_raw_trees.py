import time

import pytest
from support import packs

from gitconfig_server.git.objects.tree_bytes import is_folder, parse_tree, split_tree

ID = b"1" * 40


def test_entries_come_in_their_order_with_ids_that_hold_any_byte():
    odd = bytes(range(20)).hex().encode()
    raw = packs.tree((b"100644", b"b", odd), (b"40000", b"a", ID)).raw
    assert parse_tree(raw) == [(b"100644", b"b", bytes(range(20))), (b"40000", b"a", b"\x11" * 20)]
    assert b"".join(split_tree(raw)) == raw
    assert [is_folder(mode) for mode, _, _ in parse_tree(raw)] == [False, True]


@pytest.mark.parametrize("raw", [b"x", b"100644 \0" + bytes(20), b"100644 a\0" + bytes(19), b"8 a\0" + bytes(20), b" "])
def test_other_bytes_are_no_tree(raw):
    with pytest.raises(ValueError, match="malformed tree"):
        split_tree(raw)


@pytest.mark.parametrize("unit", [b"1 ", b"7", b"1 a\0", b"1 a"])
def test_hostile_bytes_take_linear_time(unit):
    raw = unit * (4_000_000 // len(unit))
    began = time.process_time()
    with pytest.raises(ValueError, match="malformed tree"):
        split_tree(raw)
    assert time.process_time() - began < 1
