"""What a client learns first: the refs and what the server can do (gitprotocol-http, gitprotocol-v2, ``ls-refs``)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gitconfig_server.errors import CorruptRepository, MalformedRequest
from gitconfig_server.git.folder_settings import RECEIVE, UPLOAD
from gitconfig_server.git.pkt_line import NO_ID, Mark, encode
from gitconfig_server.git.repository import GitRepository
from gitconfig_server.storage.objects import TAG, Objects

_COMMON = b"object-format=sha1 agent=gitconfig-server"
_UPLOAD_V0 = (
    b"multi_ack multi_ack_detailed no-done thin-pack side-band side-band-64k ofs-delta shallow deepen-since deepen-not "
    b"deepen-relative filter include-tag no-progress allow-tip-sha1-in-want allow-reachable-sha1-in-want"
)
_RECEIVE = b"report-status delete-refs side-band-64k quiet atomic ofs-delta push-options"
_UPLOAD_V2 = (
    b"agent=gitconfig-server",
    b"ls-refs=unborn",
    b"fetch=shallow wait-for-done filter ref-in-want",
    b"object-format=sha1",
)

_MAX_PREFIXES = 1000
_MAX_TAG_DEPTH = 10


def protocol_version(header: str) -> int:
    """The version that a ``Git-Protocol`` header asks for: 0, 1 or 2."""
    words = header.split(":")
    return next((version for version in (2, 1) if f"version={version}" in words), 0)


def advertise(repository: GitRepository, service: str, version: int) -> bytes:
    """The body of ``info/refs`` for one of the two services. Pushes know no version 2 and fall back to 0."""
    if service == UPLOAD and version == 2:
        lines = (b"version 2", *_UPLOAD_V2)
        return b"".join(encode(line + b"\n") for line in lines) + Mark.FLUSH.value
    intro = encode(f"# service={service}\n".encode()) + Mark.FLUSH.value
    if version == 1:
        intro += encode(b"version 1\n")
    refs = _upload_lines(repository) if service == UPLOAD else _receive_lines(repository)
    return intro + b"".join(encode(line + b"\n") for line in refs) + Mark.FLUSH.value


def list_refs(repository: GitRepository, arguments: Iterable[bytes]) -> Iterator[bytes]:
    """Answer v2's ``ls-refs``."""
    words, prefixes = _read_arguments(arguments)
    head = repository.default_ref()
    refs = repository.advertised(UPLOAD)
    symbolic = repository.symbolic() if b"symrefs" in words else {}
    shown = {ref: at for ref, at in refs.items() if ref.startswith(prefixes)}
    shown, peeled = _peel(repository.objects, shown) if b"peel" in words else (shown, {})
    if b"HEAD".startswith(prefixes) and not repository.folder.hidden(UPLOAD, [b"HEAD"]):
        target = b" symref-target:" + head if b"symrefs" in words else b""
        if head in refs:
            yield encode(refs[head] + b" HEAD" + target + b"\n")
        elif b"unborn" in words:
            yield encode(b"unborn HEAD" + target + b"\n")
    lines = (_ref_line(ref, at, symbolic.get(ref), peeled.get(at)) for ref, at in shown.items())
    yield b"".join(map(encode, lines)) + Mark.FLUSH.value  # each piece costs a trip to the client


def _ref_line(ref: bytes, at: bytes, target: bytes | None, peeled: bytes | None) -> bytes:
    words = [at, ref]
    if target:
        words.append(b"symref-target:" + target)
    if peeled:
        words.append(b"peeled:" + peeled)
    return b" ".join(words) + b"\n"


def peel_tags(objects: Objects, ids: Iterable[bytes]) -> dict[bytes, bytes]:
    """What each annotated tag among ``ids`` leads to in the end; other ids are left out."""
    peeled: dict[bytes, bytes] = {}
    at = {name: name for name in ids}  # where each stands -> where its peeling has come to
    for _ in range(_MAX_TAG_DEPTH):
        try:
            targets = {name: raw[7:47] for name, kind, raw in objects.get_many_raw(set(at.values())) if kind == TAG}
        except KeyError as error:
            raise CorruptRepository(f"a ref leads to {_text(error)}, which is missing: run git fsck") from error
        at = {name: targets[stand] for name, stand in at.items() if stand in targets}
        if not at:
            break
        peeled.update(at)
    return peeled


def _text(error: KeyError) -> str:
    name = error.args[0]
    return name.decode() if isinstance(name, bytes) else str(name)


def _peel(objects: Objects, refs: dict[bytes, bytes]) -> tuple[dict[bytes, bytes], dict[bytes, bytes]]:
    """``refs``, and what the tags among them lead to. A ref whose object is lost is left out, as by git."""
    try:
        return refs, peel_tags(objects, refs.values())
    except CorruptRepository:
        present = objects.contains_many(refs.values())
        refs = {ref: at for ref, at in refs.items() if at in present}
        return refs, peel_tags(objects, refs.values())


def _read_arguments(arguments: Iterable[bytes]) -> tuple[frozenset[bytes], tuple[bytes, ...]]:
    words: set[bytes] = set()
    prefixes: set[bytes] = set()
    for line in arguments:
        word, _, prefix = line.partition(b" ")
        if word == b"ref-prefix":
            prefixes.add(prefix)
        elif line in (b"peel", b"symrefs", b"unborn"):
            words.add(line)
        else:
            raise MalformedRequest(f"ls-refs: not expected: {line[:60].decode(errors='replace')!r}")
    if not prefixes or len(prefixes) > _MAX_PREFIXES:  # gitprotocol-v2: too many prefixes may be taken as none
        prefixes = {b""}
    return frozenset(words), tuple(prefixes)


def _upload_lines(repository: GitRepository) -> Iterator[bytes]:
    refs, peeled = _peel(repository.objects, repository.advertised(UPLOAD))
    head = repository.default_ref()
    capabilities = b"\0" + _UPLOAD_V0 + b" " + _COMMON
    if head in refs and not repository.folder.hidden(UPLOAD, [b"HEAD"]):
        yield refs[head] + b" HEAD" + capabilities + b" symref=HEAD:" + head
        capabilities = b""
    for ref, at in refs.items():
        yield at + b" " + ref + capabilities
        capabilities = b""
        if at in peeled:
            yield peeled[at] + b" " + ref + b"^{}"
    if capabilities:
        yield NO_ID + b" capabilities^{}" + capabilities


def _receive_lines(repository: GitRepository) -> Iterator[bytes]:
    capabilities = b"\0" + _RECEIVE + b" " + _COMMON
    for ref, at in repository.advertised(RECEIVE).items():
        yield at + b" " + ref + capabilities
        capabilities = b""
    if capabilities:
        yield NO_ID + b" capabilities^{}" + capabilities
