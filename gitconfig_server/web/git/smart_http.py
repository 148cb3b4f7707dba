"""Git over HTTP: what ``git clone``, ``fetch`` and ``push`` speak (gitprotocol-http, the smart protocol only)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, aclosing
from http import HTTPStatus
from typing import BinaryIO
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from gitconfig_server.disclosure import disclose
from gitconfig_server.errors import CorruptRepository, Denied, GitConfigError, MalformedRequest, StorageFull, TooLarge
from gitconfig_server.git.folder_settings import RECEIVE, UPLOAD
from gitconfig_server.git.receiving.pack_scan import PackLimits
from gitconfig_server.git.receiving.receive_pack import receive_pack
from gitconfig_server.git.receiving.request import COMMANDS_BYTES
from gitconfig_server.git.repository import GitRepository
from gitconfig_server.git.serving.advertise import advertise, protocol_version
from gitconfig_server.git.serving.request import REQUEST_BYTES
from gitconfig_server.git.serving.upload_pack import upload_pack
from gitconfig_server.service.crossing import Crossing
from gitconfig_server.service.policy import FETCH, PUSH, OpenPolicy, Policy
from gitconfig_server.web.git.spooled_bodies import ClientGone, spooled_body
from gitconfig_server.web.manners.identity import caller_of

GIT = ("/config.git/", "/git/config.git/")
"""What the paths of the repository begin with."""

PATIENCE = 60.0

_LONGEST_LENGTH = 18
"""Digits of a Content-Length; Python refuses to read thousands of them."""

_NOT_CACHED = {"Cache-Control": "no-cache, max-age=0, must-revalidate", "Pragma": "no-cache"}
_CODINGS = {"": "identity", "identity": "identity", "gzip": "gzip", "x-gzip": "gzip"}
_STATUS = {TooLarge: 413, MalformedRequest: 400, StorageFull: 507, Denied: 403, CorruptRepository: 500}


class SmartHttp:
    """The ASGI application of one repository; its address is whatever stands before ``.git/`` in the path.

    ``patience`` is how many seconds a client may send nothing in the middle of a request. A push that has arrived
    whole is carried through even if the client has left by then.
    """

    def __init__(
        self,
        repository: GitRepository,
        crossing: Crossing,
        limits: PackLimits | None = None,
        *,
        policy: Policy | None = None,
        patience: float = PATIENCE,
    ) -> None:
        self._repository = repository
        self._crossing = crossing
        self._limits = limits or PackLimits()
        self._policy = policy or OpenPolicy()
        self._patience = patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        try:
            refused = _refusal(scope, headers)
            if refused:
                await refused(scope, receive, send)
                return
            self._check_allowed(scope)
            if scope["path"].endswith("/info/refs"):
                await (await self._advertise(scope, headers))(scope, receive, send)
            elif scope["path"].endswith(UPLOAD):
                await self._fetch(scope, receive, send, headers)
            else:
                await self._push(scope, receive, send, headers)
        except ClientGone:
            return
        except TimeoutError:
            await _told(408, f"nothing came for {self._patience:g} seconds")(scope, receive, send)
        except GitConfigError as error:
            # 503 for all else: a busy or stale storage, after which git may try again.
            status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 503)
            await _told(status, disclose(error))(scope, receive, send)

    def _check_allowed(self, scope: Scope) -> None:
        path: str = scope["path"]
        pushes = path.endswith(RECEIVE) or _service(scope) == RECEIVE
        who, verb = caller_of(scope), PUSH if pushes else FETCH
        if not self._policy.allows(who, verb):
            raise Denied(f"{who.actor} may not do this: {verb}")
        service = RECEIVE if pushes else UPLOAD
        if not self._repository.folder.serves(service):
            raise Denied(f"the repository's own configuration turns {service} off: see http.* in git-config(1)")

    async def _advertise(self, scope: Scope, headers: Headers) -> Response:
        service = _service(scope)
        version = protocol_version(headers.get("git-protocol", ""))
        body = await self._crossing.run(advertise, self._repository, service, version)
        return Response(body, headers=_NOT_CACHED, media_type=f"application/x-{service}-advertisement")

    async def _fetch(self, scope: Scope, receive: Receive, send: Send, headers: Headers) -> None:
        version = protocol_version(headers.get("git-protocol", ""))
        async with (
            self._body(receive, headers, REQUEST_BYTES) as body,
            self._chunks(upload_pack(self._repository, body, version)) as chunks,
        ):
            first = await anext(chunks)  # what fails before the first chunk can still have a status of its own
            media_type = f"application/x-{UPLOAD}-result"
            response = StreamingResponse(_joined(first, chunks), headers=_NOT_CACHED, media_type=media_type)
            await response(scope, receive, send)

    async def _push(self, scope: Scope, receive: Receive, send: Send, headers: Headers) -> None:
        limit = self._limits.pack_bytes + COMMANDS_BYTES
        async with self._body(receive, headers, limit) as body:
            push = receive_pack(self._repository, body, self._limits, caller_of(scope))
            async with self._chunks(push, finish=True) as chunks:
                first = await anext(chunks, b"")
                # Also for the probe of git, which pushes nothing to learn whether it may: no bytes, but their type.
                await _start(send, f"application/x-{RECEIVE}-result")
                async for chunk in _joined(first, chunks):
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    def _body(self, receive: Receive, headers: Headers, limit: int) -> AbstractAsyncContextManager[BinaryIO]:
        length = headers.get("content-length", "")
        if length.isdigit() and (len(length) > _LONGEST_LENGTH or int(length) > limit):
            raise TooLarge("the request body", limit)
        coding = _CODINGS[headers.get("content-encoding", "").lower()]
        return spooled_body(receive, coding, limit, self._patience)

    def _chunks(
        self, chunks: Iterator[bytes], *, finish: bool = False
    ) -> AbstractAsyncContextManager[AsyncGenerator[bytes, None]]:
        return aclosing(self._crossing.iterate(chunks, finish=finish))


def _refusal(scope: Scope, headers: Headers) -> Response | None:
    """The answer to a request that is none of the three of the smart protocol."""
    route = scope["path"].partition(".git/")[2]
    if route not in ("info/refs", UPLOAD, RECEIVE):
        return _told(404, "no such file: this is a Git repository over smart HTTP, use git clone")
    allowed = ("GET", "HEAD") if route == "info/refs" else ("POST",)
    if scope["method"] not in allowed:
        return _told(405, f"use {' or '.join(allowed)}", {"Allow": ", ".join(allowed)})
    if route == "info/refs":
        if _service(scope) not in (UPLOAD, RECEIVE):
            return _told(403, "only smart HTTP is served: info/refs needs ?service=git-upload-pack or git-receive-pack")
        return None
    # No form of a page can send this type: pages of other sites have no way to push.
    expected = f"application/x-{route}-request"
    if headers.get("content-type") != expected:
        return _told(415, f"Content-Type must be {expected}")
    if headers.get("content-encoding", "").lower() not in _CODINGS:
        return _told(415, "Content-Encoding must be gzip or identity", {"Accept-Encoding": "gzip"})
    return None


def _service(scope: Scope) -> str:
    query: bytes = scope["query_string"]
    return parse_qs(query.decode("ascii", "replace")).get("service", [""])[0]


def _told(status: int, text: str, headers: dict[str, str] | None = None) -> Response:
    return PlainTextResponse(text + "\n", HTTPStatus(status), {**_NOT_CACHED, **(headers or {})})


async def _start(send: Send, media_type: str) -> None:
    headers = {**_NOT_CACHED, "Content-Type": media_type}
    encoded = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": 200, "headers": encoded})


async def _joined(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for chunk in rest:
        yield chunk
