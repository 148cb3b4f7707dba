"""The fast path: in front of everything, it gives answers again without asking anybody but the counter of moves.

Handlers say which answers may be given again (``answers/reuse.py``). Requests that it has not seen, or that say
more than it understands, go to the full stack. What it answers itself is not in the access log: a line each would
cost as much as the answer. ``/metrics`` counts it.

An answer that comes late (a watch) belongs beside this application, not behind it.
"""

from __future__ import annotations

from asyncio import Task, create_task, get_running_loop
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from weakref import ref

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gitconfig_server.errors import GitConfigError
from gitconfig_server.model.environments import Basis
from gitconfig_server.service.crossing import Crossing
from gitconfig_server.service.policy import ENVIRONMENT, Policy
from gitconfig_server.service.rehearsal import Call, Rehearsal, expecting, note_calls
from gitconfig_server.storage.base import Sighting
from gitconfig_server.web.answers.counts import Counts
from gitconfig_server.web.answers.kept_answers import REQUEST_ID, AnswerKey, KeptAnswers, KeptEntry, Recorder
from gitconfig_server.web.answers.reuse import find_reusable
from gitconfig_server.web.direct import Reply, direct_of
from gitconfig_server.web.manners.headers import name_request, sane_id
from gitconfig_server.web.manners.identity import caller_of
from gitconfig_server.web.ready import Grounds

_HARMLESS = frozenset(
    b"accept-encoding accept-language authorization b3 cache-control connection dnt forwarded pragma priority te"
    b" traceparent tracestate upgrade-insecure-requests user-agent via x-b3-flags x-b3-parentspanid x-b3-sampled"
    b" x-b3-spanid x-b3-traceid x-config-state x-forwarded-for x-forwarded-host x-forwarded-port x-forwarded-proto"
    b" x-real-ip".split()
)
"""Headers that nobody here reads, or of which nothing but the caller follows."""

_LINGER = 1.0
"""Seconds for which what was rehearsed is held."""


class FastPath:
    """Wraps ``app``. ``generation`` differs whenever a ref moved, or is None if nobody knows; each request asks it.

    An entry is right for the generation that was asked before it was made, so a request that begins after a write was
    acknowledged gets that write or a later one.
    """

    def __init__(
        self,
        app: ASGIApp,
        generation: Callable[[], int | None],
        crossing: Crossing,
        policy: Policy,
        bound: int,
        counts: Counts,
        sighting: Callable[[], Sighting | None] = lambda: None,
    ) -> None:
        self._app = app
        self._ask_generation = generation
        self._crossing = crossing
        self._policy = policy
        self._kept = KeptAnswers(bound)
        self._counts = counts
        self._sighting = sighting

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = _read(scope)
        if asked is None:
            await self._app(scope, receive, send)
            return
        host, accept, if_none_match, given_id = asked
        who = caller_of(scope)
        key = (self._policy.view(who), scope["raw_path"], scope["query_string"], accept, host)
        # Asked before the entry is looked at: a move in between makes it look stale, never current.
        version, generation = self._policy.version, self._generation()
        entry = self._kept.get(key)
        if entry is not None and not entry.stands(generation):
            entry = await self._renewed(key, scope)
        if entry is None or not self._policy.allows(who, ENVIRONMENT, applications=entry.reusable.applications):
            await self._pass(key, generation, scope, receive, send)
            return
        kind = entry.answer.kind(scope["method"], if_none_match)
        if direct := direct_of(scope):
            direct.remember(scope, _Remembered(self, version, key, entry, kind, sane_id(given_id)))
        await _send(self.count(entry, kind), name_request(given_id), scope, send)

    def stands(self, version: int, entry: KeptEntry) -> bool:
        """Whether the entry and the verdict of the policy's ``version`` hold this instant."""
        return self._policy.version == version and entry.stands(self._generation())

    def renewal(self, version: int, key: AnswerKey, entry: KeptEntry) -> Task[object] | None:
        """The task that renews an entry, one for all who ask; None where only the full stack can say."""
        if self._policy.version != version or entry.generation is None or self._kept.get(key) is not entry:
            return None
        if entry.renewal is None:
            entry.renewal = create_task(self._renewed(key, None))
            entry.renewal.add_done_callback(partial(_end_renewal, entry))
        return entry.renewal

    def count(self, entry: KeptEntry, kind: int) -> Reply:
        """The reply of a kind, which is given now."""
        row = entry.row
        if row is None:  # only now: what is asked for once would take the names of what is asked for
            row = entry.row = self._counts.row(entry.reusable.applications)
        row[kind] += 1
        return entry.answer.replies[kind]

    def ready(self, version: int, entry: KeptEntry, kind: int) -> tuple[Reply, Grounds] | None:
        """The reply of a kind, and by what it is right; None where only a question says that."""
        sighting, row = self._sighting(), entry.row
        if sighting is None or row is None or entry.generation != sighting.generation:
            return None
        return entry.answer.replies[kind], Grounds(sighting, self._policy, version, entry.until, row, kind)

    async def _pass(self, key: AnswerKey, generation: int | None, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the full stack answer, and keep what may be given again; where it sent no body, ask it for one."""
        scope.setdefault("state", {})
        recorder = Recorder(scope, send)
        with note_calls() as calls:
            await self._app(scope, receive, recorder)
        if find_reusable(scope):
            self._counts.count_miss()
            # where nobody knows the generation, the request is not worked on a second time
            if generation is not None and not self._keep(key, generation, scope, recorder, calls):
                await self._build(key, scope)

    async def _renewed(self, key: AnswerKey, scope: Scope | None) -> KeptEntry | None:
        """The entry as it is now, which one request at a time finds out; None where only the full stack can say.

        Without a ``scope`` that is not asked.
        """
        while entry := self._kept.get(key):
            if entry.stands(self._generation()):
                return entry
            async with entry.renewing:
                if self._kept.get(key) is entry and not entry.stands(self._generation()):
                    return await self._renew(key, entry, scope)
        return None

    async def _renew(self, key: AnswerKey, entry: KeptEntry, scope: Scope | None) -> KeptEntry | None:
        generation = self._generation()
        if generation is None:
            return None
        if entry.rehearsed != generation:
            # both in one switch to a thread: most entries stand, and what does not is worked on at once
            basis, entry.rehearsal = await self._crossing.run(_renewed_basis, entry)
            entry.rehearsed = generation
            answer = entry.answer.at(entry.reusable.basis.commit, basis.commit, key) if basis else None
            if basis and answer:
                entry.renew(self._kept.share(answer), basis, generation)
                return entry
        if scope is None:
            entry.generation = None
            return None
        built = await self._build(key, scope, entry)
        entry.forget_rehearsal()
        if built and built.has_ended():  # what was rehearsed may be older than an end that this request came after
            built = await self._build(key, scope)
        if built is None:
            self._kept.drop(key)
        elif built.answer.etag != entry.answer.etag:
            self._counts.note_change(self._counts.row(entry.reusable.applications))
        return built

    async def _build(self, key: AnswerKey, scope: Scope, old: KeptEntry | None = None) -> KeptEntry | None:
        """What the full stack answers to a plain GET, kept."""
        generation = self._generation()
        rehearsal = old.rehearsal if old and old.rehearsed == generation else None
        # Unconditional: a 304 has no body that could be given to those who ask next.
        headers = [header for header in scope["headers"] if header[0] != b"if-none-match"]
        plain = dict(scope, method="GET", headers=headers, state={})
        recorder = Recorder(plain, _to_nobody)
        with expecting(rehearsal), note_calls() as calls:
            await self._app(plain, _no_body, recorder)
        return self._keep(key, generation, plain, recorder, calls)

    def _keep(
        self, key: AnswerKey, generation: int | None, scope: Scope, recorder: Recorder, calls: Sequence[Call]
    ) -> KeptEntry | None:
        answer, reusable = recorder.answer(), find_reusable(scope)
        if generation is None or not answer or not reusable:
            return None
        return self._kept.put(key, KeptEntry(answer, reusable, generation, tuple(calls), reusable.basis.until))

    def _generation(self) -> int | None:
        try:
            return self._ask_generation()
        except GitConfigError:
            return None  # no entry has it: the full stack is asked, and says what is wrong


class _Remembered:
    """A ``DirectAnswer``: one reply of an entry for as long as that is kept, to who may have it."""

    __slots__ = ("_entry", "_key", "_kind", "_path", "_version", "given_id")

    def __init__(
        self, path: FastPath, version: int, key: AnswerKey, entry: KeptEntry, kind: int, given_id: bytes
    ) -> None:
        self.given_id = given_id
        self._path, self._version, self._key, self._entry, self._kind = path, version, key, ref(entry), kind

    def reply(self) -> Reply | None:
        entry, path = self._entry(), self._path
        return path.count(entry, self._kind) if entry and path.stands(self._version, entry) else None

    def ready(self) -> tuple[Reply, Grounds] | None:
        entry = self._entry()
        return self._path.ready(self._version, entry, self._kind) if entry else None

    def renewal(self) -> Task[object] | None:
        entry = self._entry()
        return self._path.renewal(self._version, self._key, entry) if entry else None


def _read(scope: Scope) -> tuple[bytes, bytes, bytes, bytes] | None:
    """Host, Accept with Accept-Charset, If-None-Match, X-Request-Id; None where the request says more than these."""
    if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD") or "raw_path" not in scope:
        return None
    host = accept = charset = if_none_match = given_id = None
    for name, value in scope["headers"]:
        if name == b"host" and host is None:
            host = value
        elif name == b"accept" and accept is None:
            accept = value
        elif name == b"accept-charset" and charset is None:
            charset = value
        elif name == b"if-none-match" and if_none_match is None:
            if_none_match = value
        elif name == REQUEST_ID and given_id is None:
            given_id = value
        elif name not in _HARMLESS:
            return None
    accepted = b"%s\n%s" % (accept or b"", charset) if charset else accept or b""
    return (host, accepted, if_none_match or b"", given_id or b"") if host else None


async def _send(reply: Reply, request_id: bytes, scope: Scope, send: Send) -> None:
    direct = direct_of(scope)
    head = b"%s%s\r\n" % (reply.head, request_id)
    if direct and direct.send_whole(scope, reply.status, head, reply.body):
        return
    headers = [*reply.headers, (REQUEST_ID, request_id)]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})


def _renewed_basis(entry: KeptEntry) -> tuple[Basis | None, Rehearsal | None]:
    """The basis as it is now, or else what will be asked when the answer is made anew."""
    with suppress(GitConfigError):  # the full stack says it better
        if basis := entry.reusable.basis.renewed():
            return basis, None
    return None, Rehearsal(entry.calls)


def _end_renewal(entry: KeptEntry, task: Task[object]) -> None:
    """What went wrong is said by the full stack; what was rehearsed is not held for a request that never comes."""
    entry.renewal = None
    if not task.cancelled():
        task.exception()
    get_running_loop().call_later(_LINGER, entry.forget_rehearsal)


async def _to_nobody(_: Message) -> None:
    """Drop the answer."""


async def _no_body() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}
