"""A pack on its way out: objects as the storage keeps them, compressed, without deltas (gitformat-pack)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

from gitconfig_server.errors import CorruptRepository
from gitconfig_server.storage.base import Objects

_BATCH = 500


def write_pack(objects: Objects, ids: Sequence[bytes]) -> Iterator[bytes]:
    """The pack of these objects, given by 20 byte ids, piece by piece."""
    digest = hashlib.sha1(usedforsecurity=False)
    for piece in _pieces(objects, ids):
        digest.update(piece)
        yield piece
    yield digest.digest()


def _pieces(objects: Objects, ids: Sequence[bytes]) -> Iterator[bytes]:
    yield b"PACK" + (2).to_bytes(4, "big") + len(ids).to_bytes(4, "big")
    for start in range(0, len(ids), _BATCH):
        batch = [name.hex().encode() for name in ids[start : start + _BATCH]]
        try:
            for _, kind, size, deflated in objects.get_many_z(batch):
                yield _entry_header(kind, size) + deflated
        except KeyError as error:
            raise CorruptRepository(f"object {error.args[0]!r} is missing: run git fsck") from error


def _entry_header(kind: int, size: int) -> bytes:
    first, size = kind << 4 | size & 15, size >> 4
    header = bytearray()
    while size:
        header.append(first | 0x80)
        first, size = size & 0x7F, size >> 7
    header.append(first)
    return bytes(header)
