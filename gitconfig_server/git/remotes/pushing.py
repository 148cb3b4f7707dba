"""The client's side of ``git push``, as pure functions (gitprotocol-pack, "Reference Update Request")."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO

from gitconfig_server.errors import MalformedRequest, RemoteFailed
from gitconfig_server.git.graph import new_commits
from gitconfig_server.git.objects.commits import peel
from gitconfig_server.git.pkt_line import NO_ID, Mark, PacketReader, encode, one_line
from gitconfig_server.git.remotes.fetching import RemoteRefs, read_band
from gitconfig_server.git.serving.pack_contents import PackContents
from gitconfig_server.git.serving.pack_writer import PackWriter
from gitconfig_server.storage.base import RefUpdate
from gitconfig_server.storage.objects import Objects

_REPORT_BYTES = 1 << 20
_PUSH = frozenset((b"report-status", b"side-band-64k", b"quiet", b"ofs-delta"))


def push_request(objects: Objects, remote: RemoteRefs, updates: Sequence[RefUpdate]) -> Iterator[bytes]:
    """The request that asks for these updates, in their order, with a pack of what the remote lacks."""
    if b"report-status" not in remote.capabilities:
        raise RemoteFailed("the remote does not tell what became of a push: it is too old to be pushed to")
    lines = [b"%s %s %s" % (update.old or NO_ID, update.new or NO_ID, update.ref) for update in updates]
    lines[0] += b"\0 " + b" ".join([*sorted(_PUSH & remote.capabilities), b"agent=gitconfig-server"])
    yield b"".join(map(encode, lines)) + Mark.FLUSH.value
    wanted = [update.new for update in updates if update.new]
    if wanted:
        lacking = _lacking(objects, wanted, remote.refs.values())
        yield from map(bytes, PackWriter(objects, lacking, by_offset=b"ofs-delta" in remote.capabilities).pieces())


def read_report(answer: BinaryIO, remote: RemoteRefs) -> dict[bytes, str]:
    """Each ref of a push -> why the remote refused it, empty where it took it. RemoteFailed where it took nothing."""
    raw = _bounded(read_band(answer)) if b"side-band-64k" in remote.capabilities else answer.read(_REPORT_BYTES)
    reader = PacketReader(io.BytesIO(raw), _REPORT_BYTES)
    try:
        unpacked = next(reader.lines(), b"")
        if unpacked != b"unpack ok":
            raise RemoteFailed(f"the remote did not take the push: {_text(unpacked) or 'it broke off'}")
        return dict(filter(None, map(_became, reader.lines())))
    except MalformedRequest as error:
        raise RemoteFailed(f"the remote's report cannot be read: {error}") from error


def _lacking(objects: Objects, wanted: Sequence[bytes], remote_has: Iterable[bytes]) -> Sequence[bytes]:
    """The objects the remote needs in order to have ``wanted``, as 20 byte ids."""
    known = objects.contains_many(set(remote_has))
    contents = PackContents(objects)
    tips = contents.add_tags(dict.fromkeys(wanted))
    haves = {commit for have in known if (commit := peel(objects, have))}
    commits = new_commits(objects, tips, haves)
    for _ in contents.add_new(commits, frozenset()) if haves else contents.add_history(commits):
        pass
    return [*contents.ids, *contents.tags]


def _bounded(pieces: Iterable[bytes]) -> bytes:
    raw = bytearray()
    for piece in pieces:
        raw += piece
        if len(raw) > _REPORT_BYTES:
            raise RemoteFailed("the remote's report does not end")
    return bytes(raw)


def _became(line: bytes) -> tuple[bytes, str] | None:
    word, _, rest = line.partition(b" ")
    if word == b"ok":
        return rest, ""
    ref, _, reason = rest.partition(b" ")
    return (ref, _text(reason) or "refused") if word == b"ng" else None


def _text(raw: bytes) -> str:
    return one_line(raw[:400].decode(errors="replace"))
