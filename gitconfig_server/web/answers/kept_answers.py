"""Answers that are given again: a 200 to GET, and the 304 and the answer to HEAD that follow from it."""

from __future__ import annotations

from asyncio import Lock, Task
from collections.abc import Iterable, Sequence
from urllib.parse import unquote_to_bytes
from weakref import WeakValueDictionary

from msgspec import Struct, field
from starlette.types import Message, Scope, Send

from gitconfig_server.lru import Recent
from gitconfig_server.model.environments import Basis, Until
from gitconfig_server.model.replace import replace
from gitconfig_server.service.rehearsal import Call, Rehearsal
from gitconfig_server.web.answers.conditional import is_matched
from gitconfig_server.web.answers.reuse import Reusable, find_reusable
from gitconfig_server.web.direct import Reply, encode_headers
from gitconfig_server.web.tallies import Row

REQUEST_ID = b"x-request-id"

Headers = tuple[tuple[bytes, bytes], ...]
AnswerKey = tuple[str, bytes, bytes, bytes, bytes]
"""View, raw path, query, Accept with Accept-Charset, Host: all that an answer depends on beside its basis."""

_TO_GET, _TO_HEAD, _NOT_MODIFIED = range(3)

_OF_BODY = (b"content-length", b"content-type")
_OVERHEAD, _HEADER = 3000, 120
"""Bytes that CPython takes beside the characters: for entry, key and lock, and for each header."""


class KeptAnswer(Struct, frozen=True, weakref=True):
    """The replies to one question, by how it is asked."""

    etag: bytes
    replies: tuple[Reply, Reply, Reply]
    """To GET, to HEAD, and to who has it already."""

    def kind(self, method: str, if_none_match: bytes) -> int:
        """Which reply goes to GET or HEAD from a client that has what ``if_none_match`` names."""
        if if_none_match and self._is_among(if_none_match):
            return _NOT_MODIFIED
        return _TO_GET if method == "GET" else _TO_HEAD

    def at(self, old: str, new: str, key: AnswerKey) -> KeptAnswer | None:
        """The answer with another commit in it; None where it cannot be told from what else the answer says.

        Only the request can have brought the old id there a second time: content cannot name the commit it is in.
        """
        before, after, full = old.encode(), new.encode(), self.replies[_TO_GET]
        if full.body.count(before) > 1 or before in unquote_to_bytes(key[1] + key[2]):
            return None
        headers = ((name, after if value == before else value) for name, value in full.headers)
        return _make_answer(headers, full.body.replace(before, after))

    @property
    def size(self) -> int:
        """The body once, the headers as they are and encoded, for 200 and for 304."""
        full = self.replies[_TO_GET]
        return len(full.body) + 3 * len(full.head) + _HEADER * len(full.headers)

    def _is_among(self, tags: bytes) -> bool:
        return tags == self.etag or is_matched([tags.decode("latin-1")], self.etag.decode("latin-1"))


def _make_answer(headers: Iterable[tuple[bytes, bytes]], body: bytes) -> KeptAnswer | None:
    """An answer of its headers and body; None without ETag."""
    kept = tuple((name, value) for name, value in headers if name != REQUEST_ID)
    etag = dict(kept).get(b"etag")
    if not etag:
        return None
    rest = tuple(header for header in kept if header[0] not in _OF_BODY)
    head = _encode(kept)
    replies = Reply(200, kept, head, body), Reply(200, kept, head, b""), Reply(304, rest, _encode(rest), b"")
    return KeptAnswer(etag, replies)


def _encode(headers: Headers) -> bytes:
    return b"%s%s: " % (encode_headers(headers), REQUEST_ID)


class KeptEntry(Struct, eq=False, weakref=True):
    """What is kept for one key. ``generation`` is that of the refs for which it is known to be right, None once it is
    known to be wrong; ``until`` is when it ends to be right, though they have not moved.

    Who renews it holds ``renewing``, so that everybody else who needs it renewed waits. ``calls`` are what making it
    asked of worker threads, and ``rehearsal`` what they answered to that at ``rehearsed``.
    """

    answer: KeptAnswer
    reusable: Reusable
    generation: int | None
    calls: Sequence[Call] = ()
    until: Until | None = None
    renewing: Lock = field(default_factory=Lock)
    renewal: Task[object] | None = None
    row: Row | None = None
    rehearsal: Rehearsal | None = None
    rehearsed: int | None = None

    def stands(self, generation: int | None) -> bool:
        """Whether it is right now that the refs are at ``generation``."""
        if generation is None or self.generation != generation:
            return False
        return self.until is None or not self.until.has_passed()

    def has_ended(self) -> bool:
        """Whether its time is over, though no ref has moved."""
        return self.until is not None and self.until.has_passed()

    def renew(self, answer: KeptAnswer, basis: Basis, generation: int) -> None:
        """The same answer but for its commit, on another basis."""
        self.answer, self.reusable = answer, replace(self.reusable, basis=basis)
        self.generation, self.until = generation, basis.until

    def forget_rehearsal(self) -> None:
        """Let go of what may be large."""
        self.rehearsal = self.rehearsed = None


class KeptAnswers:
    """Entries by key, bounded in bytes; keys with equal answers share one. Belongs to one event loop."""

    def __init__(self, bound: int) -> None:
        self._entries: Recent[AnswerKey, KeptEntry] = Recent(bound)
        self._shared: WeakValueDictionary[tuple[bytes, bytes], KeptAnswer] = WeakValueDictionary()
        self.get = self._entries.get
        self.drop = self._entries.drop

    def put(self, key: AnswerKey, entry: KeptEntry) -> KeptEntry:
        """Keep ``entry``. It counts in full, also where its answer is shared: the bound is never passed."""
        size = _OVERHEAD + entry.reusable.basis.size + entry.answer.size + sum(map(len, key))
        entry.answer = self.share(entry.answer)
        self._entries.put(key, entry, size)
        return entry

    def share(self, answer: KeptAnswer) -> KeptAnswer:
        """``answer``, or an equal one that is kept."""
        full = answer.replies[_TO_GET]
        return self._shared.setdefault((full.head, full.body), answer)


class Recorder:
    """Passes an answer on to ``send`` and copies it, where the handler declared that it may be given again."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._send = send
        self._headers: Headers | None = None
        self._body: list[bytes] = []

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            if message["status"] == 200 and self._scope["method"] == "GET" and find_reusable(self._scope):
                self._headers = tuple(message["headers"])
        elif self._headers is not None:
            self._body.append(message.get("body", b""))
        await self._send(message)

    def answer(self) -> KeptAnswer | None:
        """The copy, once the answer is complete."""
        return _make_answer(self._headers, b"".join(self._body)) if self._headers is not None else None
