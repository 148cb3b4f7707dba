from io import BytesIO

import pytest

from gitconfig_server.errors import MalformedRequest, TooLarge
from gitconfig_server.git.pkt_line import MAX_PAYLOAD, Mark, PacketReader, Sideband, encode, encode_error, one_line


def packets(data, limit=1 << 20):
    reader = PacketReader(BytesIO(data), limit)
    return list(iter(reader.read, None))


def test_packets_are_read_as_they_were_written():
    data = encode(b"one\n") + b"0000" + encode(b"two") + b"0001" + encode(b"") + b"0002"
    assert packets(data) == [b"one", Mark.FLUSH, b"two", Mark.DELIM, b"", Mark.END]


def test_lines_end_at_the_next_mark():
    reader = PacketReader(BytesIO(encode(b"a") + encode(b"b") + b"0000" + encode(b"c")), 100)
    assert list(reader.lines()) == [b"a", b"b"]
    assert list(reader.lines()) == [b"c"]


@pytest.mark.parametrize("data", [b"0003", b"00", b"zzzz", b"+005a", b" 005", b"fff1", b"0009abc", b"000\xc2"])
def test_what_is_no_packet_is_refused(data):
    with pytest.raises(MalformedRequest):
        packets(data)


def test_a_reader_stops_at_its_limit():
    with pytest.raises(TooLarge):
        packets(encode(b"x" * 60) * 2, limit=100)


def test_a_payload_has_a_longest():
    assert len(encode(b"x" * MAX_PAYLOAD)) == 65520
    with pytest.raises(ValueError, match="do not fit"):
        encode(b"x" * (MAX_PAYLOAD + 1))


def test_data_goes_out_in_full_packets():
    band = Sideband()
    assert band.data(b"x" * 65514) == b""
    first = band.data(b"yz")
    assert first[:5] == b"fff0\x01"
    assert len(first) == 65520
    assert band.close() == b"0006\x01z0000"


def test_messages_go_out_at_once_and_cannot_steer_a_terminal():
    band = Sideband()
    assert band.progress("a\x1b[31m\nb\x9b") == b"000f\x02a?[31m b?\n"
    assert band.error("gone") == b"0009\x03gone"


def test_without_a_sideband_data_is_bare_and_messages_are_dropped():
    band = Sideband(0)
    assert band.data(b"abc") + band.progress("x") + band.counter("x") + band.error("x") + band.close() == b"abc"


def test_short_bands_cut_data_and_messages():
    band = Sideband(1000)
    assert band.data(b"x" * 995)[:5] == b"03e8\x01"
    assert band.progress("y" * 1500).count(b"\x02") == 2


def test_errors_are_one_line():
    assert encode_error("no\nsuch\0ref") == b"0013ERR no such?ref"
    assert one_line(" a \t b\r\n") == "a b"
