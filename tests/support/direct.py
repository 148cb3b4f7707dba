"""A small application behind the fast path and the protocol, whose answers the test makes stale."""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from starlette.types import Receive, Scope, Send

from gitconfig_server.service.crossing import Crossing
from gitconfig_server.service.policy import OpenPolicy
from gitconfig_server.storage.base import Sighting
from gitconfig_server.web.answers.counts import Counts
from gitconfig_server.web.answers.fast_path import FastPath
from gitconfig_server.web.answers.reuse import Reusable, declare_reusable
from support.live import Live, live

GET = b"GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Policy(OpenPolicy):
    """Allows all until it forbids all."""

    def __init__(self) -> None:
        self._version = 0

    @property
    def version(self) -> int:  # type: ignore[override]
        return self._version

    def forbid(self) -> None:
        self._version += 1

    def allows(self, who: object, verb: str, *, applications: object = (), label: object = None) -> bool:
        return not self._version


@dataclass
class Given:
    """An end that is over when the test says so."""

    passed: bool = False

    def has_passed(self) -> bool:
        return self.passed


@dataclass
class Refs:
    """What the little application reads."""

    generation: int = 1
    text: str = "one"
    holds: bool = True
    until: Given | None = None
    renewals: int = 0
    words: list[int] = field(default_factory=lambda: [0])
    gate: threading.Event = field(default_factory=threading.Event)
    """Set, unless the test holds renewals back."""

    def __post_init__(self) -> None:
        self.gate.set()

    def move(self, **changes: Any) -> None:
        self.generation += 1
        self.words[0] += 1
        for name, value in changes.items():
            setattr(self, name, value)

    def sighting(self) -> Sighting:
        return Sighting(self.words, self.words[0], self.words[0], math.inf, self.generation)


@dataclass(frozen=True)
class Basis:
    """Of an answer of the little application."""

    refs: Refs
    until: Given | None
    commit: str = "1" * 40
    size: int = 0

    def renewed(self) -> Basis | None:
        self.refs.renewals += 1
        assert self.gate_passed()
        return replace(self, until=self.refs.until) if self.refs.holds else None

    def gate_passed(self) -> bool:
        return self.refs.gate.wait(5)


class Seen:
    """The application, and what reaches it; ``passes`` counts what reaches the fast path."""

    def __init__(self, refs: Refs, size: int) -> None:
        self.refs = refs
        self.counts = Counts()
        self.passes = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self._padding = b"." * size

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.gate.wait()
        declare_reusable(scope, Reusable(Basis(self.refs, self.refs.until), ("orders",)))
        body = f"text {self.refs.text} {scope['path']}".encode() + self._padding
        headers = [(b"etag", b'"%s"' % self.refs.text.encode()), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def known(
    *, refs: Refs | None = None, policy: Policy | None = None, size: int = 0, **limits: float
) -> AsyncIterator[tuple[Live, Seen]]:
    """The application behind a live server."""
    seen = Seen(refs or Refs(), size)
    policy, generation, sighting = policy or OpenPolicy(), lambda: seen.refs.generation, lambda: seen.refs.sighting()
    fast = FastPath(seen, generation, Crossing(), policy, 1 << 22, seen.counts, sighting)

    async def counted(scope: Scope, receive: Receive, send: Send) -> None:
        seen.passes += scope["type"] == "http"
        await fast(scope, receive, send)

    async with live(counted, **limits) as server:
        yield server, seen
