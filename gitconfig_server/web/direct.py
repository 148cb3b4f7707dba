"""Answers straight from the socket: what the protocol and the fast path say to each other.

The protocol offers itself to the application as an ASGI extension (``Direct``). Through it a complete answer goes out
with headers that were encoded beforehand, and the bytes of a whole request are remembered together with its answer:
when the same bytes come again, the protocol asks for the reply that is right now, and sends it without parsing,
without an ASGI cycle and without a task. Where that must be found out first, it waits, and so do all who ask the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from random import getrandbits
from typing import Protocol

from msgspec import Struct
from starlette.types import Scope

from gitconfig_server.lru import Recent
from gitconfig_server.web.ready import Grounds, ReadyAnswers

EXTENSION = "gitconfig.direct"
"""Its key in a scope's ``extensions``."""

LONGEST_REQUEST = 4096
"""Bytes of a request that is remembered; what clients send again and again is far shorter."""

_SIGHTS = 8192
_OVERHEAD = 700
"""Bytes that a remembered answer takes beside the request and the key of its entry: objects, places in dictionaries."""


class Reply(Struct, frozen=True):
    """What is sent but for the request's id, in a form for ASGI, ``headers``, and in one for the socket.

    ``head`` is the headers encoded, but for what the server adds to every answer; it ends in ``x-request-id: ``.
    """

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    head: bytes
    body: bytes


class DirectAnswer(Protocol):
    """An answer that is given again."""

    @property
    def given_id(self) -> bytes:
        """The request's id where its bytes hold a sane one, else empty: each request gets a new one."""

    def reply(self) -> Reply | None:
        """What is right for a request that came this instant, which is counted then; None where that is not known."""

    def ready(self) -> tuple[Reply, Grounds] | None:
        """What ``reply`` gives, uncounted, and for how long, where that can be said."""

    def renewal(self) -> asyncio.Task[object] | None:
        """What finds out whether there is a reply again, for all who wait; None where there will be none."""


class Direct(Protocol):
    """A connection, as the request whose scope is given sees it."""

    def send_whole(self, scope: Scope, status: int, head: bytes, body: bytes) -> bool:
        """Send a complete answer; False, and nothing sent, where that cannot be done now."""

    def remember(self, scope: Scope, answer: DirectAnswer) -> None:
        """Give ``answer`` to the same request again, where its bytes came in one piece."""


def encode_headers(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Headers as they go on the wire, without the empty line behind them."""
    return b"".join([b"%s: %s\r\n" % header for header in headers])


def direct_of(scope: Scope) -> Direct | None:
    """The server's extension, where it has one."""
    extensions = scope.get("extensions")
    found: Direct | None = extensions.get(EXTENSION) if extensions else None
    return found


def make_id() -> bytes:
    """A new request id. It is no secret, so it costs no system call."""
    return b"%016x" % getrandbits(64)


class KnownRequests:
    """Answers by the bytes of whole requests, bounded in bytes: replies count where they were made.

    Belongs to one event loop.

    A request is taken in at its second sight, so that a crowd of requests that never come again evicts nothing.
    """

    def __init__(self, bound: int) -> None:
        self._answers: Recent[bytes, DirectAnswer] = Recent(bound)
        self._sights: Recent[int, bool] = Recent(_SIGHTS)
        self.get = self._answers.get
        self._ready = ReadyAnswers(bound // 4)
        self.give, self.receiver, self.settle = self._ready.give, self._ready.receiver, self._ready.settle

    def remember(self, request: bytes, answer: DirectAnswer) -> None:
        """Keep ``answer``, in the place of an older one or where ``request`` was seen before."""
        sight = hash(request)
        if self._answers.get(request) or self._sights.get(sight):
            self._answers.put(request, answer, 2 * len(request) + _OVERHEAD)
        else:
            self._sights.put(sight, True, 1)

    def make_ready(
        self, request: bytes, answer: DirectAnswer, opening: Opening, added: list[tuple[bytes, bytes]]
    ) -> None:
        """Have it ready for ``give`` what ``answer`` would reply to ``request``, if that can be."""
        if ready := answer.ready():
            reply, grounds = ready
            begin = opening.encode(reply.status, added) + reply.head
            self._ready.put(request, grounds, begin, answer.given_id, reply.body, added)


class Opening:
    """What every answer begins with: its status line, and the headers that the server renews each second."""

    def __init__(self, status_lines: Mapping[int, bytes]) -> None:
        self._status_lines = status_lines
        self._headers: object = None
        self._lines: dict[int, bytes] = {}

    def encode(self, status: int, headers: list[tuple[bytes, bytes]]) -> bytes:
        """As bytes, which are made once for each list of ``headers``."""
        if headers is not self._headers:
            self._headers, self._lines = headers, {}
        line = self._lines.get(status)
        if line is None:
            line = self._lines[status] = self._status_lines[status] + encode_headers(headers)
        return line
