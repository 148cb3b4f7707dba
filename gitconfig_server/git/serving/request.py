"""What a client asks for in ``git fetch`` (gitprotocol-pack, "Packfile Negotiation"; gitprotocol-v2, "fetch")."""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec import Struct, field

from gitconfig_server.errors import MalformedRequest
from gitconfig_server.git.pkt_line import PacketReader
from gitconfig_server.git.serving.filters import ALL, ObjectFilter, parse_filter

MAX_HAVES = 32_768
"""Haves that are looked at; a client that says more gets a larger pack, not a refusal."""

INFINITE_DEPTH = 0x7FFFFFFF
"""What ``git fetch --unshallow`` sends."""

REQUEST_BYTES = 16 * 1024 * 1024
"""The one bound on wants: a clone names every ref."""

_ID = re.compile(rb"[0-9a-f]{40}")
_NUMBER = re.compile(rb"[0-9]{1,19}")  # bounded: Python refuses to read thousands of digits
_FLAGS_V2 = {b"thin-pack", b"no-progress", b"include-tag", b"ofs-delta", b"wait-for-done", b"deepen-relative"}
_MOST_REFS = 1000
"""Refs of ``deepen-not`` and ``want-ref``."""


class FetchRequest(Struct):
    """One round of a fetch. Ids are in hex; ``depth`` 0 means all of history, unless it ends in another way.

    ``since`` is in seconds, ``without`` and ``want_refs`` are names of refs.
    """

    wants: list[bytes] = field(default_factory=list)
    haves: list[bytes] = field(default_factory=list)
    shallow: set[bytes] = field(default_factory=set)
    want_refs: list[bytes] = field(default_factory=list)
    depth: int = 0
    since: int | None = None
    without: list[bytes] = field(default_factory=list)
    filter: ObjectFilter = ALL
    done: bool = False
    more: bool = False
    """Protocol v0: the client said more than what it wants."""
    flags: frozenset[bytes] = frozenset()

    @property
    def relative(self) -> bool:
        """Whether ``depth`` counts from where the client's history ends."""
        return b"deepen-relative" in self.flags

    @property
    def deepens(self) -> bool:
        """Whether the client wants to hear where its history ends."""
        return bool(self.depth or self.since is not None or self.without)

    def check(self) -> None:
        """MalformedRequest for what cannot be meant at once."""
        if self.depth and (self.since is not None or self.without):
            raise MalformedRequest("deepen and deepen-since (or deepen-not) cannot be used together")

    def take(self, line: bytes) -> bool:
        """Note one line; False where it is none of those that v0 and v2 share."""
        word, _, rest = line.partition(b" ")
        if word == b"want":
            self.wants.append(_id(rest))
        elif word == b"have":
            if len(self.haves) < MAX_HAVES:
                self.haves.append(_id(rest))
        elif word == b"shallow":
            self.shallow.add(_id(rest))
        elif word == b"deepen":
            self.depth = _number(word, rest, 1, INFINITE_DEPTH)
        elif word == b"deepen-since":
            self.since = _number(word, rest, 0, 1 << 62)
        elif word == b"deepen-not" and rest and len(self.without) < _MOST_REFS:
            self.without.append(rest)
        elif word == b"filter":
            self.filter = parse_filter(rest)
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
    request.check()
    return request


def read_fetch_v2(arguments: Iterable[bytes]) -> FetchRequest:
    """The arguments of v2's ``fetch``; other than ``take`` knows they are flags of one word."""
    request = FetchRequest()
    flags: set[bytes] = set()
    for line in arguments:
        word, _, rest = line.partition(b" ")
        if word == b"want-ref" and rest and len(request.want_refs) < _MOST_REFS:
            request.want_refs.append(rest)
        elif line in _FLAGS_V2:
            flags.add(line)
        elif not request.take(line):
            raise _unexpected(line)
    request.flags = frozenset(flags)
    request.check()
    return request


def _id(word: bytes) -> bytes:
    if not _ID.fullmatch(word):
        raise MalformedRequest(f"not an object id: {word[:60].decode(errors='replace')!r}")
    return word


def _number(word: bytes, digits: bytes, least: int, most: int) -> int:
    if not _NUMBER.fullmatch(digits) or not least <= int(digits) <= most:
        raise MalformedRequest(f"{word.decode()}: {digits[:20].decode(errors='replace')!r} is no number for it")
    return int(digits)


def _unexpected(line: bytes) -> MalformedRequest:
    return MalformedRequest(f"not expected here: {line[:60].decode(errors='replace')!r}")
