"""Request bodies: whole, bounded in size and time, and never in a coding that would have to be undone."""

from __future__ import annotations

from collections.abc import Iterator

from anyio import fail_after
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gitconfig_server.errors import GitConfigError, MalformedRequest, TooLarge
from gitconfig_server.web.problems.failures import answer_failure
from gitconfig_server.web.problems.refusals import BodyTooSlow, UnsupportedEncoding

_PLAIN = ("", "identity", "chunked")


def _codings(headers: Headers) -> Iterator[str]:
    """What has been done to the body, for the request's way or altogether."""
    for value in (*headers.getlist("content-encoding"), *headers.getlist("transfer-encoding")):
        yield from (coding.strip().lower() for coding in value.split(","))


def _exceeds(digits: str, limit: int) -> bool:
    """Whether a number is over ``limit``; its digits may be too many for a number to be made of them."""
    significant = digits.lstrip("0")
    return len(significant) > len(str(limit)) or int(significant or "0") > limit


class Bodies:
    """Refuses bodies over ``limit`` bytes (413), and what takes longer than ``seconds`` to arrive (408).

    A length that is told is judged at once; chunks are counted as the application reads them, and what it raises
    then is the error, to be answered as any other.
    """

    def __init__(self, app: ASGIApp, limit: int, seconds: float) -> None:
        self._app = app
        self._limit = limit
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif error := self._refusal(scope):
            await answer_failure(scope, error)(scope, receive, send)
        else:
            await self._app(scope, self._bounded(receive), send)

    def _refusal(self, scope: Scope) -> GitConfigError | None:
        headers = Headers(scope=scope)
        length = headers.get("content-length", "0")
        # isdigit alone would take digits of other scripts, and ² too.
        if not length.isascii() or not length.isdigit():
            return MalformedRequest(f"Content-Length {length!r} is not a number")
        if _exceeds(length, self._limit):
            return self._too_large()
        # RFC 9110, 14.5: who does not know partial PUT would take the part for the whole.
        if scope.get("method") == "PUT" and "content-range" in headers:
            return MalformedRequest("Content-Range: a part cannot be written, send the whole")
        # A few bytes of gzip unfold to gigabytes; nothing here is large enough to need it.
        return next((UnsupportedEncoding(coding) for coding in _codings(headers) if coding not in _PLAIN), None)

    def _bounded(self, receive: Receive) -> Receive:
        received = 0
        complete = False

        async def receive_bounded() -> Message:
            nonlocal received, complete
            if complete:  # waiting for the client to leave has no deadline
                return await receive()
            try:
                with fail_after(self._seconds):
                    message = await receive()
            except TimeoutError as error:
                raise BodyTooSlow(self._seconds) from error
            received += len(message.get("body", b""))
            if received > self._limit:
                raise self._too_large()
            complete = not message.get("more_body", False)
            return message

        return receive_bounded

    def _too_large(self) -> TooLarge:
        return TooLarge("the request body", self._limit, "limits.body_bytes")
