"""What a client asks for in ``git fetch`` (gitprotocol-pack, "Packfile Negotiation"; gitprotocol-v2, "fetch")."""

from __future__ import annotations

import re
from collections.abc import Iterable, Set
from dataclasses import dataclass, field

from gitconfig_server.errors import MalformedRequest
from gitconfig_server.git.pkt_line import Mark, PacketReader, encode

MAX_HAVES = 32_768
"""Haves that are looked at; a client that says more gets a larger pack, not a refusal."""

INFINITE_DEPTH = 0x7FFFFFFF
"""What ``git fetch --unshallow`` sends."""

REQUEST_BYTES = 16 * 1024 * 1024
"""The one bound on wants: a clone names every ref."""

_ID = re.compile(rb"[0-9a-f]{40}")
_NUMBER = re.compile(rb"[0-9]{1,12}")  # bounded: Python refuses to read thousands of digits
_NOT_SERVED = (b"deepen-since", b"deepen-not", b"deepen-relative", b"filter")


@dataclass(slots=True)
class FetchRequest:
    """One round of a fetch. Ids are in hex; ``depth`` 0 means all of history."""

    wants: list[bytes] = field(default_factory=list)
    haves: list[bytes] = field(default_factory=list)
    shallow: set[bytes] = field(default_factory=set)
    depth: int = 0
    done: bool = False
    more: bool = False
    """Protocol v0: the client said more than what it wants."""
    flags: frozenset[bytes] = frozenset()

    def take(self, line: bytes) -> bool:
        """Note one line; False where it is none of those that v0 and v2 share."""
        word, _, rest = line.partition(b" ")
        if word in _NOT_SERVED:
            raise MalformedRequest(f"{word.decode()} is not supported here: use --depth")
        if word == b"want":
            self.wants.append(_id(rest))
        elif word == b"have":
            if len(self.haves) < MAX_HAVES:
                self.haves.append(_id(rest))
        elif word == b"shallow":
            self.shallow.add(_id(rest))
        elif word == b"deepen":
            self.depth = _depth(rest)
        elif word == b"done":
            self.done = True
        else:
            return False
        return True


def read_fetch_v0(reader: PacketReader) -> FetchRequest:
    """A stateless request: the wants up to the first flush, then what the client has."""
    request = FetchRequest()
    for line in reader.lines():
        if line.startswith(b"want ") and not request.wants:
            request.flags = frozenset(line[45:].split())
            line = line[:45]
        if line.startswith((b"have", b"done")) or not request.take(line):
            raise _unexpected(line)
    while (packet := reader.read()) is not None:
        request.more = True
        if isinstance(packet, bytes) and not (packet.startswith((b"have ", b"done")) and request.take(packet)):
            raise _unexpected(packet)
    return request


def read_fetch_v2(arguments: Iterable[bytes]) -> FetchRequest:
    """The arguments of v2's ``fetch``; other than ``take`` knows they are flags of one word."""
    request = FetchRequest()
    request.flags = frozenset(line for line in arguments if not request.take(line))
    unknown = request.flags - {b"thin-pack", b"no-progress", b"include-tag", b"ofs-delta"}
    if unknown:
        raise _unexpected(min(unknown))
    return request


def _id(word: bytes) -> bytes:
    if not _ID.fullmatch(word):
        raise MalformedRequest(f"not an object id: {word[:60].decode(errors='replace')!r}")
    return word


def _depth(word: bytes) -> int:
    if not _NUMBER.fullmatch(word) or not 0 < int(word) <= INFINITE_DEPTH:
        raise MalformedRequest(f"deepen: {word[:20].decode(errors='replace')!r} is not a depth")
    return int(word)


def _unexpected(line: bytes) -> MalformedRequest:
    return MalformedRequest(f"not expected here: {line[:60].decode(errors='replace')!r}")


def acknowledge_v0(request: FetchRequest, common: Set[bytes]) -> tuple[bytes, bool]:
    """The lines that answer a request of protocol v0 or v1, and whether the pack follows."""
    shared = [have for have in request.haves if have in common]
    last = shared[-1] if shared else b""
    detailed, multi = b"multi_ack_detailed" in request.flags, b"multi_ack" in request.flags
    word = b" common" if detailed else b" continue" if multi else b""
    lines = [b"ACK " + have + word for have in (shared if detailed or multi else shared[:1])]
    if request.done:
        final = [b"ACK " + last] if shared and (detailed or multi) else [] if shared else [b"NAK"]
        return _encoded(lines + final), True
    ready = bool(shared) and detailed
    if ready:
        lines.append(b"ACK " + last + b" ready")
    if detailed or multi or not shared:
        lines.append(b"NAK")
    at_once = ready and b"no-done" in request.flags
    if at_once:
        lines.append(b"ACK " + last)
    return _encoded(lines), at_once


def acknowledge_v2(request: FetchRequest, common: Set[bytes]) -> tuple[bytes, bool]:
    """The acknowledgments section of protocol v2, empty where none is due, and whether the pack follows."""
    if request.done or not request.haves:
        return b"", True
    shared = [have for have in request.haves if have in common]
    lines = [b"acknowledgments"] + ([b"ACK " + have for have in shared] or [b"NAK"])
    if not shared:
        return _encoded(lines) + Mark.FLUSH.value, False
    return _encoded([*lines, b"ready"]) + Mark.DELIM.value, True


def _encoded(lines: list[bytes]) -> bytes:
    return b"".join(encode(line + b"\n") for line in lines)
