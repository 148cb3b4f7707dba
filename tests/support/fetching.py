"""Fetches asked of ``upload_pack`` itself, and what their packs hold."""

from __future__ import annotations

from io import BytesIO

from gitconfig_server.git.pkt_line import PacketReader, encode
from gitconfig_server.git.receiving.pack_scan import PackLimits, scan_pack
from gitconfig_server.git.receiving.unpack import Unpacker
from gitconfig_server.git.repository import GitRepository
from gitconfig_server.git.serving.upload_pack import upload_pack


def ask(git: GitRepository, *lines: bytes, version: int = 2) -> bytes:
    """The answer to a request of these lines."""
    data = b"".join(line if line in (b"0000", b"0001") else encode(line) for line in lines)
    return b"".join(upload_pack(git, BytesIO(data), version))


def fetch(git: GitRepository, *arguments: bytes) -> bytes:
    """The answer to v2's ``fetch``."""
    return ask(git, b"command=fetch", b"0001", *arguments, b"0000")


def pack_in(answer: bytes) -> bytes:
    """The pack in an answer."""
    reader = PacketReader(BytesIO(answer), 1 << 24)
    packets = [packet for packet in iter(reader.read, None) if isinstance(packet, bytes)]
    return b"".join(packet[1:] for packet in packets if packet[:1] == b"\x01")


def fetched(git: GitRepository, answer: bytes) -> dict[bytes, int]:
    """Id in hex -> type of each object in the answer's pack, which must need nothing else."""
    scan = scan_pack(BytesIO(pack_in(answer)), 0, PackLimits())
    unpacker = Unpacker(scan, git.objects, PackLimits())
    found = [(one.id.hex().encode(), one.type) for one in unpacker]
    assert not unpacker.thin_bases
    assert len(dict(found)) == scan.count
    return dict(found)
