"""Answers that are given again: a 200 to GET, and the 304 and the answer to HEAD that follow from it."""

from __future__ import annotations

from asyncio import Lock
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from urllib.parse import unquote_to_bytes
from weakref import WeakValueDictionary

from starlette.types import Message, Scope, Send

from gitconfig_server.recent import Recent
from gitconfig_server.web.conditional import matches
from gitconfig_server.web.reuse import Reusable, declared

REQUEST_ID = b"x-request-id"

Headers = tuple[tuple[bytes, bytes], ...]
Key = tuple[str, bytes, bytes, bytes, bytes]
"""View, raw path, query, Accept, Host: all that an answer depends on beside its basis."""

_OF_BODY = (b"content-length", b"content-type")
_OVERHEAD = 3000
"""Bytes beside the body: headers, key, basis, lock."""


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Answer:
    """All but the request id."""

    headers: Headers
    not_modified: Headers
    etag: bytes
    body: bytes

    def has(self, if_none_match: bytes) -> bool:
        """Whether the client has this answer."""
        if if_none_match == self.etag:
            return True
        return matches([if_none_match.decode("latin-1")], self.etag.decode("latin-1"))

    def at(self, old: str, new: str, key: Key) -> Answer | None:
        """The answer with another commit in it; None where it cannot be told from what else the answer says.

        Only the request can have brought the old id there a second time: content cannot name the commit it is in.
        """
        before, after = old.encode(), new.encode()
        if self.body.count(before) > 1 or before in unquote_to_bytes(key[1] + key[2]):
            return None
        headers = ((name, after if value == before else value) for name, value in self.headers)
        return make_answer(headers, self.body.replace(before, after))


def make_answer(headers: Iterable[tuple[bytes, bytes]], body: bytes) -> Answer | None:
    """An answer of its headers and body; None without ETag."""
    kept = tuple((name, value) for name, value in headers if name != REQUEST_ID)
    etag = dict(kept).get(b"etag")
    rest = tuple(header for header in kept if header[0] not in _OF_BODY)
    return Answer(kept, rest, etag, body) if etag else None


@dataclass(frozen=True, slots=True)
class Entry:
    """What is kept for one key. ``generation`` is that of the refs for which it is known to be right.

    Who renews it holds ``renewing``, so that everybody else who needs it renewed waits.
    """

    answer: Answer
    reusable: Reusable
    generation: int
    renewing: Lock = field(default_factory=Lock)


class KeptAnswers:
    """Entries by key, bounded in bytes; keys with equal answers share one. Belongs to one event loop."""

    def __init__(self, bound: int) -> None:
        self._entries: Recent[Key, Entry] = Recent(bound)
        self._shared: WeakValueDictionary[tuple[Headers, bytes], Answer] = WeakValueDictionary()
        self.get = self._entries.get
        self.drop = self._entries.drop

    def put(self, key: Key, entry: Entry) -> Entry:
        """Keep ``entry``, or one that shares its answer. Each counts in full: the bound is never passed."""
        answer = self._shared.setdefault((entry.answer.headers, entry.answer.body), entry.answer)
        entry = entry if answer is entry.answer else replace(entry, answer=answer)
        self._entries.put(key, entry, len(answer.body) + _OVERHEAD)
        return entry


class Recorder:
    """Passes an answer on to ``send`` and copies it, where the handler declared that it may be given again."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._send = send
        self._headers: Headers | None = None
        self._body: list[bytes] = []

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            if message["status"] == 200 and self._scope["method"] == "GET" and declared(self._scope):
                self._headers = tuple(message["headers"])
        elif self._headers is not None:
            self._body.append(message.get("body", b""))
        await self._send(message)

    def answer(self) -> Answer | None:
        """The copy, once the answer is complete."""
        return make_answer(self._headers, b"".join(self._body)) if self._headers is not None else None
