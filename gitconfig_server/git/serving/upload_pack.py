"""The server's side of ``git fetch`` and ``git clone``, protocol v0, v1 and v2, for stateless connections."""

from __future__ import annotations

from binascii import unhexlify
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import BinaryIO

from gitconfig_server.disclosure import disclose
from gitconfig_server.errors import GitConfigError, MalformedRequest
from gitconfig_server.git.folder_settings import UPLOAD
from gitconfig_server.git.graph import Lineage, new_commits
from gitconfig_server.git.objects.commits import peel
from gitconfig_server.git.pkt_line import Mark, PacketReader, Sideband, encode, encode_error
from gitconfig_server.git.ref_names import BRANCHES, TAGS
from gitconfig_server.git.repository import GitRepository
from gitconfig_server.git.serving.advertise import list_refs, peel_tags
from gitconfig_server.git.serving.kept_history import Beginning, find_beginning, heads_of, is_worth, keeping
from gitconfig_server.git.serving.negotiation import acknowledge_v0, acknowledge_v2
from gitconfig_server.git.serving.pack_contents import PackContents
from gitconfig_server.git.serving.pack_writer import PackWriter, beyond
from gitconfig_server.git.serving.request import REQUEST_BYTES, FetchRequest, read_fetch_v0, read_fetch_v2
from gitconfig_server.git.serving.shallow import move_edge
from gitconfig_server.git.serving.wanted import check_wants, reachable
from gitconfig_server.storage.objects import TAG, WholePack

_BANDS_V0 = {b"side-band-64k": 65520, b"side-band": 1000}


def upload_pack(repository: GitRepository, body: BinaryIO, version: int) -> Iterator[bytes]:
    """Answer one request of a fetch; ``version`` is the one the client asked for.

    The answer is never empty, for git would wait for ever: what cannot be served is told as an ``ERR`` line.
    """
    reader = PacketReader(body, REQUEST_BYTES)
    answer = _answer_v2(repository, reader) if version == 2 else _answer_v0(repository, reader)
    try:
        yield from filter(None, answer)
    except (GitConfigError, KeyError) as error:
        yield encode_error(_told(error))


def _told(error: GitConfigError | KeyError) -> str:
    """What the client hears; readers of objects raise KeyError for one that is missing."""
    if isinstance(error, GitConfigError):
        return disclose(error)
    name = error.args[0]
    return f"object {name.decode() if isinstance(name, bytes) else name} is missing here: run git fsck on the server"


def _answer_v0(repository: GitRepository, reader: PacketReader) -> Iterator[bytes]:
    request = read_fetch_v0(reader)
    fetch = _Fetch(repository, request)
    if request.deepens:
        yield from fetch.edge_lines()
        yield Mark.FLUSH.value
        if not request.more:  # a client with --depth reads the edge before it says what it has
            return
    lines, ready = acknowledge_v0(request, fetch.common)
    yield lines
    if ready:
        size = next((size for word, size in _BANDS_V0.items() if word in request.flags), 0)
        yield from fetch.pack(Sideband(size))


def _answer_v2(repository: GitRepository, reader: PacketReader) -> Iterator[bytes]:
    command = reader.read()
    for line in reader.lines():
        if line.startswith(b"object-format=") and line != b"object-format=sha1":
            raise MalformedRequest("only SHA-1 repositories are served")
    if command == b"command=ls-refs":
        yield from list_refs(repository, reader.lines())
    elif command == b"command=fetch":
        yield from _fetch_v2(repository, read_fetch_v2(reader.lines()))
    else:
        raise MalformedRequest("the request is neither ls-refs nor fetch")


def _fetch_v2(repository: GitRepository, request: FetchRequest) -> Iterator[bytes]:
    fetch = _Fetch(repository, request)
    lines, ready = acknowledge_v2(request, fetch.common)
    yield lines
    if not ready:
        return
    if request.deepens:
        yield encode(b"shallow-info\n")
        yield from fetch.edge_lines()
        yield Mark.DELIM.value
    if request.want_refs:
        yield encode(b"wanted-refs\n")
        yield from (encode(at + b" " + ref + b"\n") for ref, at in fetch.want_refs.items())
        yield Mark.DELIM.value
    yield encode(b"packfile\n")
    yield from fetch.pack(Sideband())


class _Fetch:
    """One request, checked against the repository."""

    def __init__(self, repository: GitRepository, request: FetchRequest) -> None:
        self._repository = repository
        self._stored = repository.stored
        self._objects = repository.objects
        self._request = request
        self._refs = repository.advertised(UPLOAD)
        self.want_refs = self._named_refs(request.want_refs)
        self._wants = list(dict.fromkeys([*request.wants, *self.want_refs.values()]))
        if not self._wants and b"wait-for-done" not in request.flags:
            raise MalformedRequest("the request names nothing that it wants")
        check_wants(repository, self._refs, self._wants)
        self.common = self._objects.contains_many(request.haves)
        self._contents = PackContents(self._objects, request.filter)
        self._tips = self._contents.add_tags(self._wants)
        self._commits: Sequence[bytes] = ()
        self._lineage = Lineage(self._objects)
        self._beginning: Beginning | None = None
        self._by_offset = b"ofs-delta" in request.flags
        # A shallow client names its edge; what is behind it, it has not, whatever it says it has.
        self._before = self._objects.contains_many(request.shallow)
        if request.deepens:  # the parents of what a client says it has are sent: it must be ours to give
            self._before = reachable(repository, self._refs, self._before)
        without = {commit for at in self._named_refs(request.without).values() if (commit := peel(self._objects, at))}
        self._edge = move_edge(self._objects, self._tips, request, self._before, without)

    def _named_refs(self, names: Sequence[bytes]) -> dict[bytes, bytes]:
        """Advertised refs by full or short names, as Git resolves them."""
        found: dict[bytes, bytes] = {}
        for name in names:
            # The order of git-rev-parse(1): full names, then tags before branches.
            candidates = (name, b"refs/" + name, TAGS + name, BRANCHES + name)
            ref = next((one for one in candidates if one in self._refs), None)
            if name == b"HEAD" and self._repository.default_ref() in self._refs:
                found[name] = self._refs[self._repository.default_ref()]
            elif ref is None:
                raise MalformedRequest(f"unknown ref {name[:200].decode(errors='replace')}")
            else:
                found[ref] = self._refs[ref]
        return found

    def edge_lines(self) -> Iterator[bytes]:
        """What a client with ``--depth`` notes: where its history ends now, and where no longer.

        Without a line end, as Git sends them: libgit2 takes a longer line for an error.
        """
        for commit in self._edge.new:
            yield encode(b"shallow " + commit)
        for commit in self._edge.gone:
            yield encode(b"unshallow " + commit)

    def pack(self, band: Sideband) -> Iterator[bytes]:
        """The pack in its band, to the end of the stream."""
        quiet = b"no-progress" in self._request.flags
        try:
            for count in self._collect():
                if not quiet:
                    yield band.counter(f"Enumerating objects: {count}")
            if b"include-tag" in self._request.flags:
                self._add_tags()
            begin = self._beginning.kept.pack if self._beginning else self._stored_whole()
            ids, tags = beyond(begin, self._contents.ids), self._contents.tags
            begun = {tag for tag in tags if begin and tag in begin}
            last = [tag for tag in tags if tag not in begun]
            writer = PackWriter(self._objects, ids, by_offset=self._by_offset, begin=begin, last=last)
            if not quiet:
                yield band.progress(f"Enumerating objects: {writer.count}, done.")
            with self._keeping(writer, writer.count - len(last), begun):
                for piece in writer.pieces():
                    yield band.data(piece)
            yield band.close()
        except (GitConfigError, KeyError) as error:
            yield band.error(_told(error))

    def _stored_whole(self) -> WholePack | None:
        """A pack of the storage's that can be sent as it lies: all of it is asked for."""
        found, tags = self._contents.found, self._contents.tags
        return self._objects.whole_pack({*found, *tags} if tags else found) if self._is_whole else None

    def _collect(self) -> Iterator[int]:
        before = self._before
        haves = {commit for have in self.common | before if (commit := peel(self._objects, have))}
        if self._is_whole and (beginning := find_beginning(self._stored, self._objects, self._tips, self._tags_sent)):
            self._beginning = beginning
            self._commits = beginning.commits
            return self._contents.add_new(beginning.commits, frozenset())
        wants = [*self._tips, *self._edge.revealed]
        self._commits = new_commits(self._lineage, wants, haves, self._edge.within | before)
        if haves:
            return self._contents.add_new(self._commits, self._edge.within)
        return self._contents.add_history(self._commits)

    def _tags_sent(self) -> set[bytes]:
        """The annotated tags that the client gets with what they lead to, those included that others name."""
        tags = set(self._contents.tags)
        named = {at for ref, at in self._refs.items() if ref.startswith(TAGS)}
        while named and b"include-tag" in self._request.flags:
            found = {name: raw for name, kind, raw in self._objects.get_many_raw(named) if kind == TAG}
            tags.update(map(unhexlify, found))
            named = {raw[7:47] for raw in found.values()}
        return tags

    @property
    def _is_whole(self) -> bool:
        """Whether the client has nothing and wants all of a history, and can read a pack that we have kept."""
        request = self._request
        whole = not (request.haves or request.shallow or request.deepens) and request.filter.lets_all_through
        return whole and self._by_offset and len(self._tips) == len(self._wants)  # else some lead to trees or files

    @contextmanager
    def _keeping(self, writer: PackWriter, count: int, tags: Collection[bytes]) -> Iterator[None]:
        """Keep what is written meanwhile, ``count`` objects with ``tags`` among them, where that is worth it.

        And nobody else does it now.
        """
        with ExitStack() as stack:
            if self._is_whole and is_worth(count, self._beginning) and self._repository.keeping.acquire(blocking=False):
                stack.callback(self._repository.keeping.release)
                heads = heads_of(self._lineage, self._commits, self._beginning)
                stack.enter_context(keeping(self._stored, writer, count, heads, tags))
            yield

    def _add_tags(self) -> None:
        """Annotated tags of what is sent, which saves the client a second request."""
        tags = [at for ref, at in self._refs.items() if ref.startswith(TAGS)]
        for tag, target in peel_tags(self._objects, tags).items():
            if target in self._contents or self._has_begun_with(target):
                self._contents.add_tags([tag])

    def _has_begun_with(self, name: bytes) -> bool:
        return self._beginning is not None and bytes.fromhex(name.decode()) in self._beginning.kept.pack
