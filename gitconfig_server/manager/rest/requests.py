"""A request as the tree sees it, and the answers it may get."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

from msgspec import Struct

from gitconfig_server.disclosure import disclose
from gitconfig_server.errors import (
    Conflict,
    ContentRefused,
    Denied,
    GitConfigError,
    InvalidContent,
    InvalidInput,
    NotFound,
    PreconditionFailed,
    RemoteFailed,
    ServerUnreachable,
    StorageError,
    TooLarge,
)
from gitconfig_server.manager.errors import ApplyFailed, Busy, Diverged, Misfit, NotAllowed, Unsettled
from gitconfig_server.manager.nodes.paths import Segments, quote_name
from gitconfig_server.manager.nodes.values import Data, read_json
from gitconfig_server.manager.rest.protocol import whole_of
from gitconfig_server.wire.json import render

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
RestHeaders = Sequence[tuple[bytes, bytes]]

_MAX_BODY = 1024 * 1024
_BODY_SECONDS = 30.0
JSON = ("application/json", "application/merge-patch+json")


class UnsupportedMedia(InvalidInput):
    """The body is not JSON, or does not say so."""

    code = "unsupported-media-type"


class RestAnswer(Struct, frozen=True):
    """What goes back. ``body`` is JSON already."""

    status: int
    body: bytes = b""
    headers: RestHeaders = ()
    media: bytes = b"application/json"


class RestRequest(Struct):
    """What came in; ``authorize`` of ``manager.asgi`` gets it. ``who`` is the name of the caller once it is known."""

    scope: Scope
    receive: Receive
    method: str
    headers: Mapping[str, str]
    segments: Segments
    who: str = ""
    is_admitted: bool = False
    _body: bytes | None = None

    def __repr__(self) -> str:
        return f"<{self.method} {self.path}>"  # its headers and body hold secrets

    @property
    def path(self) -> str:
        """The path of the tree, from the root."""
        return "/" + "/".join(map(quote_name, self.segments))

    @property
    def query(self) -> dict[str, str]:
        """The parameters; the last of a name counts."""
        given = self.scope["query_string"]
        return dict(parse_qsl(given.decode("latin-1"), keep_blank_values=True)) if given else {}

    @property
    def host(self) -> str:
        """The name that the request was sent to, without a port."""
        name = self.headers.get("host", "")
        return name[1:].partition("]")[0] if name.startswith("[") else name.partition(":")[0]

    async def body(self) -> bytes:
        """The whole body; TooLarge past 1 MiB, InvalidInput where it does not come within 30 s."""
        if self._body is None:
            if whole_of(self.scope) is not None:  # our own server has a limit already
                self._body = await self._received()
                return self._body
            try:
                async with asyncio.timeout(_BODY_SECONDS):
                    self._body = await self._received()
            except TimeoutError:
                raise InvalidInput(f"the body did not come within {_BODY_SECONDS:g} s") from None
        return self._body

    async def data(self) -> Data:
        """The body as JSON. UnsupportedMedia, Misfit; InvalidInput for a part of one (RFC 9110, 14.5)."""
        if self.method == "PUT" and "content-range" in self.headers:
            raise InvalidInput("Content-Range: a part cannot be written, send the whole")
        if (coding := self.headers.get("content-encoding", "identity").lower()) != "identity":
            raise UnsupportedMedia(f"Content-Encoding {coding[:40]!r} is not taken here: send it as it is")
        media = self.headers.get("content-type", "")
        body = await self.body()
        if media not in JSON and (media := media.partition(";")[0].strip().lower()) not in JSON:
            raise UnsupportedMedia(self._advice(media))
        return read_json(body)

    async def _received(self) -> bytes:
        piece, is_last = await self._piece()
        if is_last and len(piece) <= _MAX_BODY:
            return piece
        found = bytearray(piece)
        while len(found) <= _MAX_BODY and not is_last:
            piece, is_last = await self._piece()
            found += piece
        if len(found) > _MAX_BODY:
            raise TooLarge("the body", _MAX_BODY)
        return bytes(found)

    async def _piece(self) -> tuple[bytes, bool]:
        """The next piece of the body, and whether it is the last one."""
        message = await self.receive()
        if message["type"] == "http.disconnect":
            raise InvalidInput("the caller went away")
        return message.get("body", b""), not message.get("more_body")

    def _advice(self, media: str) -> str:
        given = f"{media[:60]} is not taken here" if media else "the body has no Content-Type"
        url = f"{self.scope.get('scheme', 'http')}://{self.headers.get('host', 'HOST')}{self.scope['path']}"
        text = (self._body or b"7001")[:40].decode("utf-8", "replace")
        said, place = (one.replace("'", "'\\''") for one in (text, url))
        return f"{given}: curl -X {self.method} -H 'Content-Type: application/json' -d '{said}' '{place}'"


def read_request(scope: Scope, receive: Receive) -> RestRequest:
    """The request, routed from its raw path beneath the mount, so that ``%2F`` stays within a name."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    raw = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1").partition("?")[0]
    mount = scope.get("root_path", "")
    if mount and raw.startswith(mount):
        raw = raw[len(mount) :]
    segments = tuple(unquote(one, errors="replace") if "%" in one else one for one in raw.split("/") if one)
    return RestRequest(scope, receive, scope["method"], headers, segments)


async def send_answer(scope: Scope, send: Send, answer: RestAnswer, *, head: bool = False) -> None:
    """Send it, in one piece where the server can do that."""
    headers = [(b"content-length", str(len(answer.body)).encode()), (b"cache-control", b"no-store"), *answer.headers]
    if answer.body:
        headers.append((b"content-type", answer.media))
    body = b"" if head else answer.body
    whole = whole_of(scope)
    if whole is None or not whole.send_whole(scope, answer.status, headers, body):
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def etag(data: Data) -> str:
    """What names a value: equal values have equal ones."""
    return f'"{hashlib.blake2b(render(data), digest_size=16).hexdigest()}"'


def matches(header: str, tag: str) -> bool:
    """Whether a header of tags names this one."""
    return header.strip() == "*" or tag in [one.strip().removeprefix("W/") for one in header.split(",")]


def problem_of(error: GitConfigError, status: int | None = None) -> RestAnswer:
    """The problem document (RFC 9457) of an error; ``status`` where its class does not tell."""
    status = status or _status_of(error)
    told: dict[str, Any] = {"type": "about:blank", "status": status, "code": error.code, "detail": disclose(error)}
    headers: list[tuple[bytes, bytes]] = []
    if isinstance(error, Misfit):
        told["problems"] = [{"path": one.path, "reason": one.reason} for one in error.problems[:100]]
    if isinstance(error, ApplyFailed):
        told |= {"path": error.path, "unknown": list(error.unknown), "recreated": list(error.recreated)}
    if isinstance(error, Unsettled):
        told["unknown"] = list(error.paths)
    if isinstance(error, Diverged):
        told["diverged"] = [{"path": path, "running": here, "saved": there} for path, here, there in error.sides]
    if isinstance(error, NotAllowed) and status == 405:
        headers.append((b"allow", ", ".join(error.allowed or ("GET", "HEAD", "OPTIONS")).encode()))
    if status == 503:
        headers.append((b"retry-after", b"1"))
    return RestAnswer(status, render(told), headers, b"application/problem+json")


def location_of(request: RestRequest, name: str) -> bytes:
    """Where a new child can be read."""
    mount: str = request.scope.get("root_path", "")
    return "/".join([mount, *(quote(one, safe="") for one in (*request.segments, name))]).encode("ascii")


def _status_of(error: GitConfigError) -> int:
    for kind, status in _STATUSES:
        if isinstance(error, kind):
            return status
    return 500


_STATUSES: Sequence[tuple[type[GitConfigError], int]] = (
    (UnsupportedMedia, 415),
    (ContentRefused, 422),
    (InvalidContent, 422),
    (ServerUnreachable, 503),
    (RemoteFailed, 502),
    (TooLarge, 413),
    (Misfit, 422),
    (NotAllowed, 405),
    (PreconditionFailed, 412),
    (Busy, 503),
    (StorageError, 503),
    (Denied, 403),
    (NotFound, 404),
    (Conflict, 409),
    (InvalidInput, 400),
)
