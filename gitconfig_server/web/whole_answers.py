"""Complete answers whose headers were encoded beforehand: an ASGI extension that our protocol offers.

uvicorn checks, lowers and joins every header of every answer, which costs as much as all else it does for a request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

SendWhole = Callable[[Scope, int, bytes, bytes], bool]
"""Of a request's scope: status, head and body. Answers whether that was sent; where not, nothing was."""

EXTENSION = "gitconfig.whole"
"""Its key in a scope's ``extensions``."""


def encode_headers(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Headers as they go on the wire, without the empty line behind them."""
    return b"".join([b"%s: %s\r\n" % header for header in headers])


def whole_sender(scope: Scope) -> SendWhole | None:
    """The server's way to send a complete answer, where it has one."""
    extensions = scope.get("extensions")
    found: SendWhole | None = extensions.get(EXTENSION) if extensions else None
    return found


def send_whole(cycle: RequestResponseCycle, status: int, head: bytes, body: bytes) -> bool:
    """Answer all at once; False, and nothing sent, where the client is gone or does not keep up."""
    if cycle.flow.write_paused or cycle.disconnected or cycle.response_started:
        return False
    cycle.response_started = cycle.response_complete = True
    closing = b"\r\n" if cycle.keep_alive else b"connection: close\r\n\r\n"
    cycle.transport.write(b"".join((STATUS_LINE[status], encode_headers(cycle.default_headers), head, closing)))
    if body:
        cycle.transport.write(body)
    cycle.message_event.set()
    if not cycle.keep_alive:
        cycle.transport.close()
    cycle.on_response()
    return True
