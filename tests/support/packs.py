"""Packs and push requests made by hand, sound or not."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Sequence

from gitconfig_server.git.objects.reader import make_object
from gitconfig_server.git.pkt_line import encode
from gitconfig_server.storage.objects import COMMIT, TREE, RawObject

NO_ID = b"0" * 40
CAPABILITIES = b"report-status side-band-64k object-format=sha1"
IDENTITY = b"Tess <tess@example.com> 1767268800 +0000"


def entry(kind: int, content: bytes, *, size: int | None = None, base: bytes = b"") -> bytes:
    """One entry of a pack; ``base`` is what a delta puts before its data."""
    left = len(content) if size is None else size
    header = bytearray([kind << 4 | left & 15])
    left >>= 4
    while left:
        header[-1] |= 0x80
        header.append(left & 0x7F)
        left >>= 7
    return bytes(header) + base + zlib.compress(content)


def pack_of(entries: Sequence[bytes], *, count: int | None = None) -> bytes:
    """A pack of these entries with its checksum."""
    number = len(entries) if count is None else count
    body = b"PACK" + (2).to_bytes(4, "big") + number.to_bytes(4, "big") + b"".join(entries)
    return body + hashlib.sha1(body).digest()


def pack(objects: Iterable[RawObject]) -> bytes:
    """A pack of whole objects."""
    return pack_of([entry(one.type, one.raw) for one in objects])


def varint(number: int) -> bytes:
    """A size as deltas begin with it."""
    out = bytearray()
    while True:
        number, low = number >> 7, number & 0x7F
        out.append(low | (0x80 if number else 0))
        if not number:
            return bytes(out)


def delta(source: int, target: int, *instructions: bytes) -> bytes:
    """A delta's content: sizes and instructions."""
    return varint(source) + varint(target) + b"".join(instructions)


def tree(*entries: tuple[bytes, bytes, bytes]) -> RawObject:
    """A tree of exactly these entries (mode, name, id in hex), in this order."""
    raw = b"".join(b"%s %s\0%s" % (mode, name, bytes.fromhex(at.decode())) for mode, name, at in entries)
    return make_object(TREE, raw)


def commit(root: bytes, *parents: bytes, lines: bytes = b"", message: bytes = b"change\n") -> RawObject:
    """A commit; ``lines`` replaces its author and committer."""
    people = lines or b"author " + IDENTITY + b"\ncommitter " + IDENTITY + b"\n"
    above = b"".join(b"parent " + parent + b"\n" for parent in parents)
    return make_object(COMMIT, b"tree " + root + b"\n" + above + people + b"\n" + message)


def push_body(
    commands: Iterable[tuple[bytes, bytes, bytes]], packed: bytes = b"", *, capabilities: bytes = CAPABILITIES
) -> bytes:
    """The body of a push: commands (old, new, ref), then the pack."""
    lines = [b"%s %s %s" % command for command in commands]
    lines[0] += b"\0 " + capabilities
    return b"".join(map(encode, lines)) + b"0000" + packed
