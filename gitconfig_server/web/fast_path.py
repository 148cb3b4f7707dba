"""The fast path: in front of everything, it gives answers again without asking anybody but the counter of moves.

Handlers say which answers may be given again (``web/reuse.py``). Requests that it has not seen, or that say more than
it understands, go to the full stack. What it answers itself is not in the access log: a line each would cost as much
as the answer. ``/metrics`` counts it.

An answer that comes late (a watch) belongs beside this application, not behind it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gitconfig_server.environments import Basis
from gitconfig_server.errors import GitConfigError
from gitconfig_server.principals import ANONYMOUS
from gitconfig_server.service.crossing import Crossing
from gitconfig_server.service.policy import Policy
from gitconfig_server.web.kept_answers import REQUEST_ID, Entry, KeptAnswers, Key, Recorder
from gitconfig_server.web.request_ids import name_request
from gitconfig_server.web.reuse import Reusable, declared

_HARMLESS = frozenset(
    b"accept-encoding accept-language b3 cache-control connection dnt forwarded pragma priority te traceparent"
    b" tracestate upgrade-insecure-requests user-agent via x-b3-flags x-b3-parentspanid x-b3-sampled x-b3-spanid"
    b" x-b3-traceid x-forwarded-for x-forwarded-host x-forwarded-port x-forwarded-proto x-real-ip".split()
)
"""Headers that nobody here reads."""

_UNDERSTOOD = frozenset((b"host", b"accept", b"if-none-match", REQUEST_ID))

_UNKNOWN = -1


@dataclass(slots=True)
class Counts:
    """What became of requests for answers that may be given again; plain numbers, read when ``/metrics`` is."""

    hits: int = 0
    not_modified: int = 0
    misses: int = 0


class FastPath:
    """Wraps ``app``. ``generation`` differs whenever a ref moved; it is asked at each request.

    An entry is right for the generation that was asked before it was made, so a request that begins after a write was
    acknowledged gets that write or a later one.
    """

    def __init__(
        self,
        app: ASGIApp,
        generation: Callable[[], int],
        crossing: Crossing,
        policy: Policy,
        bound: int,
        counts: Counts,
    ) -> None:
        self._app = app
        self._ask_generation = generation
        self._crossing = crossing
        self._policy = policy
        self._kept = KeptAnswers(bound)
        self._counts = counts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = _read(scope)
        if asked is None:
            await self._app(scope, receive, send)
            return
        path, query, accept, host, if_none_match, given_id = asked
        key = (self._policy.view(ANONYMOUS), path, query, accept, host)
        generation = self._generation()
        entry = self._kept.get(key)
        if entry is not None and entry.generation != generation:
            entry = await self._renewed(key, scope)
        if entry is None or not self._policy.allows(ANONYMOUS, entry.reusable.applications):
            await self._pass(key, generation, scope, receive, send)
            return
        answer = entry.answer
        request_id = (REQUEST_ID, name_request(given_id).encode())
        if if_none_match and answer.has(if_none_match):
            self._counts.not_modified += 1
            await send({"type": "http.response.start", "status": 304, "headers": [*answer.not_modified, request_id]})
            await send({"type": "http.response.body", "body": b""})
            return
        self._counts.hits += 1
        await send({"type": "http.response.start", "status": 200, "headers": [*answer.headers, request_id]})
        await send({"type": "http.response.body", "body": answer.body if scope["method"] == "GET" else b""})

    async def _pass(self, key: Key, generation: int, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the full stack answer, and keep what may be given again; where it sent no body, ask it for one."""
        scope.setdefault("state", {})
        recorder = Recorder(scope, send)
        await self._app(scope, receive, recorder)
        if declared(scope):
            self._counts.misses += 1
            if not self._keep(key, generation, scope, recorder):
                await self._build(key, scope)

    async def _renewed(self, key: Key, scope: Scope) -> Entry | None:
        """The entry as it is now, which one request at a time finds out; None where only the full stack can say."""
        while entry := self._kept.get(key):
            if entry.generation == self._generation():
                return entry
            async with entry.renewing:
                if self._kept.get(key) is entry:
                    return await self._renew(key, entry, scope)
        return None

    async def _renew(self, key: Key, entry: Entry, scope: Scope) -> Entry | None:
        generation = self._generation()
        basis = await self._crossing.run(_renewed_basis, entry.reusable)
        answer = entry.answer.at(entry.reusable.basis.commit, basis.commit, key) if basis else None
        if basis and answer:
            return self._kept.put(key, Entry(answer, replace(entry.reusable, basis=basis), generation))
        self._kept.drop(key)
        return await self._build(key, scope)

    async def _build(self, key: Key, scope: Scope) -> Entry | None:
        """What the full stack answers to a plain GET, kept."""
        generation = self._generation()
        headers = [header for header in scope["headers"] if header[0] != b"if-none-match"]
        plain = dict(scope, method="GET", headers=headers, state={})
        recorder = Recorder(plain, _to_nobody)
        await self._app(plain, _no_body, recorder)
        return self._keep(key, generation, plain, recorder)

    def _keep(self, key: Key, generation: int, scope: Scope, recorder: Recorder) -> Entry | None:
        answer, reusable = recorder.answer(), declared(scope)
        if generation == _UNKNOWN or not answer or not reusable:
            return None
        return self._kept.put(key, Entry(answer, reusable, generation))

    def _generation(self) -> int:
        try:
            return self._ask_generation()
        except GitConfigError:
            return _UNKNOWN  # no entry has it: the full stack is asked, and says what is wrong


def _read(scope: Scope) -> tuple[bytes, bytes, bytes, bytes, bytes, str] | None:
    """Raw path, query, Accept, Host, If-None-Match and X-Request-Id; None where the request says more than these."""
    if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD") or "raw_path" not in scope:
        return None
    said: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        if name in _HARMLESS:
            continue
        if name not in _UNDERSTOOD or name in said:
            return None
        said[name] = value
    if b"host" not in said:
        return None
    get = said.get
    given_id = get(REQUEST_ID, b"").decode("latin-1")
    return (
        scope["raw_path"],
        scope["query_string"],
        get(b"accept", b""),
        said[b"host"],
        get(b"if-none-match", b""),
        given_id,
    )


def _renewed_basis(reusable: Reusable) -> Basis | None:
    try:
        return reusable.basis.renewed()
    except GitConfigError:
        return None  # the full stack says it better


async def _to_nobody(_: Message) -> None:
    """Drop the answer."""


async def _no_body() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}
