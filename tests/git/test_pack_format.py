from io import BytesIO

from dulwich.pack import write_pack_index_v2

from gitconfig_server.git.pack_format import encode_index, entry_head
from gitconfig_server.storage.objects import BLOB


def by_dulwich(entries, checksum):
    file = BytesIO()
    write_pack_index_v2(file, sorted(entries), checksum)
    return file.getvalue()


def test_an_index_is_what_others_write():
    entries = [(bytes([number % 256]) * 20, 12 + number * 7, number * 99) for number in range(255, -1, -1)]
    assert encode_index(entries, b"c" * 20) == by_dulwich(entries, b"c" * 20)
    assert encode_index([], b"c" * 20) == by_dulwich([], b"c" * 20)


def test_places_beyond_two_gigabytes_have_a_table_of_their_own():
    entries = [
        (bytes([number]) * 20, at, 1) for number, at in enumerate((5 << 30, 12, 1 << 31, (1 << 31) - 1, 9 << 31))
    ]
    assert encode_index(entries, b"c" * 20) == by_dulwich(entries, b"c" * 20)


def test_a_head_holds_sizes_of_any_length():
    assert [entry_head(BLOB, size) for size in (0, 15, 16, 2047, 2048)] == [
        b"\x30", b"\x3f", b"\xb0\x01", b"\xbf\x7f", b"\xb0\x80\x01"
    ]  # fmt: skip
