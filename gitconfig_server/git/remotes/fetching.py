"""The client's side of ``git fetch``, protocol v0, as pure functions: what to say, and what the answer means.

One request says everything: what we want, what we have, ``done``. So the same bytes serve a stateless connection
(HTTP) and a pipe (a process, ssh). gitprotocol-pack, "Packfile Negotiation"; gitprotocol-http, "Smart Service".
"""

from __future__ import annotations

import hashlib
import heapq
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import BinaryIO

from msgspec import Struct

from gitconfig_server.errors import MalformedRequest, RemoteFailed
from gitconfig_server.git.objects.commits import parents_of, peel
from gitconfig_server.git.objects.reader import ObjectReader
from gitconfig_server.git.pkt_line import DATA, ERROR, MAX_PAYLOAD, Mark, PacketReader, encode, one_line
from gitconfig_server.git.ref_names import BRANCHES, TAGS

ADVERTISEMENT_BYTES = 64 << 20
_MAX_HAVES = 256
"""Commits that a request says we have; git's own first requests say no more."""

_FETCH = frozenset((b"side-band-64k", b"ofs-delta", b"thin-pack", b"no-progress"))
_LINE = re.compile(rb"([0-9a-f]{40}) (\S+)")
_CHECKSUM = 20
"""Bytes at the end of a pack: the SHA-1 of all before."""

_AGENT = b"agent=gitconfig-server"


class RemoteRefs(Struct, frozen=True):
    """What a remote repository says it has: its branches and tags (not peeled), and the branch its HEAD names."""

    refs: Mapping[bytes, bytes]
    head: bytes | None
    capabilities: frozenset[bytes]


def read_advertisement(raw: bytes) -> RemoteRefs:
    """Understand the remote's first words; RemoteFailed where no repository that can be followed says them."""
    reader = PacketReader(io.BytesIO(raw), ADVERTISEMENT_BYTES)
    refs: dict[bytes, bytes] = {}
    capabilities: frozenset[bytes] = frozenset()
    for line in _advertised(reader):
        named, found, words = line.partition(b"\0")
        if found and not capabilities:
            capabilities = frozenset(words.split())
            _check_format(capabilities)
        if named.startswith(b"shallow "):
            raise RemoteFailed("the remote is a shallow clone, which lacks history: follow a whole one")
        match = _LINE.fullmatch(named)
        if not match:
            raise RemoteFailed(f"the remote does not speak Git: {one_line(named[:80].decode(errors='replace'))!r}")
        if match[2].startswith((BRANCHES, TAGS)) and not match[2].endswith(b"^{}"):
            refs[match[2]] = match[1]
    return RemoteRefs(refs, _head(capabilities), capabilities)


def _check_format(capabilities: Iterable[bytes]) -> None:
    formats = {word for word in capabilities if word.startswith(b"object-format=")}
    if formats - {b"object-format=sha1"}:
        raise RemoteFailed("the remote is a SHA-256 repository: only SHA-1 ones can be followed")


def fetch_request(remote: RemoteRefs, wants: Iterable[bytes], haves: Iterable[bytes]) -> bytes:
    """The one request that asks for ``wants``, which are ids the remote advertised; at least one."""
    words = b" ".join([*sorted(_FETCH & remote.capabilities), _AGENT])
    lines = [b"want " + want for want in dict.fromkeys(wants)]
    lines[0] += b" " + words
    asked = b"".join(encode(line + b"\n") for line in lines) + Mark.FLUSH.value
    return asked + b"".join(encode(b"have " + have + b"\n") for have in haves) + encode(b"done\n")


def read_pack(answer: BinaryIO, remote: RemoteRefs, out: BinaryIO) -> None:
    """Copy the pack out of the answer to a ``fetch_request``.

    RemoteFailed where the remote says why there is none, and where what came is not what was sent: the same fetch may
    go well another time.
    """
    try:
        _skip_to_pack(PacketReader(answer, ADVERTISEMENT_BYTES))
    except MalformedRequest as error:
        raise RemoteFailed(f"the remote's answer is damaged: {error}") from error
    end, checksum = b"", hashlib.sha1(usedforsecurity=False)
    for piece in read_band(answer) if b"side-band-64k" in remote.capabilities else _bare(answer):
        out.write(piece)
        held = end + piece
        checksum.update(held[:-_CHECKSUM])
        end = held[-_CHECKSUM:]
    if end != checksum.digest():
        raise RemoteFailed("the remote's answer is damaged: the checksum of its pack is wrong")


def _skip_to_pack(reader: PacketReader) -> None:
    while isinstance(line := reader.read(), bytes):
        if line.startswith(b"ERR "):
            raise _told(line[4:])
        if line == b"NAK" or line.startswith(b"ACK "):
            break
    else:
        raise RemoteFailed("the remote broke off before the pack")


def read_band(answer: BinaryIO) -> Iterator[bytes]:
    """The data of a sideband, up to its flush; RemoteFailed with what the remote said on the band for errors."""
    while (digits := answer.read(4)) != Mark.FLUSH.value:
        try:
            length = int(digits, 16)
        except ValueError as error:
            raise RemoteFailed("the remote broke off in the middle of its answer") from error
        payload = answer.read(length - 4) if 4 < length <= MAX_PAYLOAD + 4 else b""
        if not payload or len(payload) != length - 4:
            raise RemoteFailed("the remote broke off in the middle of its answer")
        if payload[0] == ERROR:
            raise _told(payload[1:])
        if payload[0] == DATA:
            yield payload[1:]


def recent_commits(objects: ObjectReader, tips: Iterable[bytes], limit: int = _MAX_HAVES) -> list[bytes]:
    """The commits that ``tips`` lead to, newest first: what a remote is told that we have."""
    found = {commit for tip in tips if (commit := peel(objects, tip))}
    return list(islice(_by_date(objects, found), limit))


def _by_date(objects: ObjectReader, found: set[bytes]) -> Iterator[bytes]:
    queue = [(-parents_of(objects, commit)[1], commit) for commit in found]
    heapq.heapify(queue)
    while queue:
        _, commit = heapq.heappop(queue)
        yield commit
        for parent in set(parents_of(objects, commit)[0]) - found:
            found.add(parent)
            heapq.heappush(queue, (-parents_of(objects, parent)[1], parent))


def _advertised(reader: PacketReader) -> Iterator[bytes]:
    """The lines of an advertisement, but for the words that HTTP and protocol v1 put in front."""
    try:
        packet = reader.read()
        if isinstance(packet, bytes) and packet.startswith(b"# service="):
            reader.read()
            packet = reader.read()
        if packet == b"version 1":
            packet = reader.read()
        while isinstance(packet, bytes):
            if packet.startswith(b"ERR "):
                raise _told(packet[4:])
            yield packet
            packet = reader.read()
    except MalformedRequest as error:
        raise RemoteFailed(f"the remote does not speak Git: {error}") from error
    if packet is not Mark.FLUSH:
        raise RemoteFailed("the remote broke off before it had named its labels")


def _head(capabilities: Iterable[bytes]) -> bytes | None:
    found = (word.removeprefix(b"symref=HEAD:") for word in capabilities if word.startswith(b"symref=HEAD:"))
    return next((ref for ref in found if ref.startswith(BRANCHES)), None)


def _bare(answer: BinaryIO) -> Iterator[bytes]:
    while piece := answer.read(1 << 16):
        yield piece


def _told(message: bytes) -> RemoteFailed:
    return RemoteFailed(f"the remote says: {one_line(message[:400].decode(errors='replace'))}")
