"""Answers that are given again: a 200 to GET, and the 304 and the answer to HEAD that follow from it."""

from __future__ import annotations

from asyncio import Lock
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from urllib.parse import unquote_to_bytes
from weakref import WeakValueDictionary

from starlette.types import Message, Scope, Send

from gitconfig_server.lru import Recent
from gitconfig_server.model.environments import Until
from gitconfig_server.web.answers.conditional import is_matched
from gitconfig_server.web.answers.reuse import Reusable, find_reusable
from gitconfig_server.web.direct import encode_headers

REQUEST_ID = b"x-request-id"

Headers = tuple[tuple[bytes, bytes], ...]
Key = tuple[str, bytes, bytes, bytes, bytes]
"""View, raw path, query, Accept with Accept-Charset, Host: all that an answer depends on beside its basis."""

_OF_BODY = (b"content-length", b"content-type")
_OVERHEAD, _HEADER = 2500, 120
"""Bytes that CPython takes beside the characters: for entry, key and lock, and for each header."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What is sent but for the request id; ``head`` is ``headers`` encoded."""

    status: int
    headers: Headers
    head: bytes
    body: bytes


@dataclass(frozen=True, slots=True, weakref_slot=True)
class KeptAnswer:
    """The replies to one question, by how it is asked."""

    etag: bytes
    to_get: Reply
    to_head: Reply
    not_modified: Reply

    def reply(self, method: str, if_none_match: bytes) -> Reply:
        """The reply to GET or HEAD from a client that has what ``if_none_match`` names."""
        if if_none_match and self._is_among(if_none_match):
            return self.not_modified
        return self.to_get if method == "GET" else self.to_head

    def at(self, old: str, new: str, key: Key) -> KeptAnswer | None:
        """The answer with another commit in it; None where it cannot be told from what else the answer says.

        Only the request can have brought the old id there a second time: content cannot name the commit it is in.
        """
        before, after, body = old.encode(), new.encode(), self.to_get.body
        if body.count(before) > 1 or before in unquote_to_bytes(key[1] + key[2]):
            return None
        headers = ((name, after if value == before else value) for name, value in self.to_get.headers)
        return _make_answer(headers, body.replace(before, after))

    def _is_among(self, tags: bytes) -> bool:
        return tags == self.etag or is_matched([tags.decode("latin-1")], self.etag.decode("latin-1"))


def _make_answer(headers: Iterable[tuple[bytes, bytes]], body: bytes) -> KeptAnswer | None:
    """An answer of its headers and body; None without ETag."""
    kept = tuple((name, value) for name, value in headers if name != REQUEST_ID)
    etag = dict(kept).get(b"etag")
    if not etag:
        return None
    head, rest = encode_headers(kept), tuple(header for header in kept if header[0] not in _OF_BODY)
    not_modified = Reply(304, rest, encode_headers(rest), b"")
    return KeptAnswer(etag, Reply(200, kept, head, body), Reply(200, kept, head, b""), not_modified)


@dataclass(frozen=True, slots=True)
class Entry:
    """What is kept for one key. ``generation`` is that of the refs for which it is known to be right, and
    ``until`` when it ends to be, though they have not moved.

    Who renews it holds ``renewing``, so that everybody else who needs it renewed waits.
    """

    answer: KeptAnswer
    reusable: Reusable
    generation: int
    until: Until | None = None
    renewing: Lock = field(default_factory=Lock)

    def stands(self, generation: int | None) -> bool:
        """Whether it is right now that the refs are at ``generation``."""
        return self.generation == generation and (self.until is None or not self.until.has_passed())


class KeptAnswers:
    """Entries by key, bounded in bytes; keys with equal answers share one. Belongs to one event loop."""

    def __init__(self, bound: int) -> None:
        self._entries: Recent[Key, Entry] = Recent(bound)
        self._shared: WeakValueDictionary[tuple[bytes, bytes], KeptAnswer] = WeakValueDictionary()
        self.get = self._entries.get
        self.drop = self._entries.drop

    def put(self, key: Key, entry: Entry) -> Entry:
        """Keep ``entry``, or one that shares its answer. Each counts in full: the bound is never passed."""
        reply = entry.answer.to_get
        size = _OVERHEAD + entry.reusable.basis.size + _size(reply) + sum(map(len, key))
        answer = self._shared.setdefault((reply.head, reply.body), entry.answer)
        entry = entry if answer is entry.answer else replace(entry, answer=answer)
        self._entries.put(key, entry, size)
        return entry


def _size(reply: Reply) -> int:
    """The body once, the headers as they are and encoded, for 200 and for 304."""
    return len(reply.body) + 3 * len(reply.head) + _HEADER * len(reply.headers)


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
