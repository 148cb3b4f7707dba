"""A client that keeps its connection and sends several requests at once, each time the same bytes: what the server
answers from the socket."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from support.replicas import CALL_SECONDS, Answer


class Pipelined:
    """One connection to a server of this machine. It may be given up at any time, and is of no use after an error."""

    def __init__(self, port: int, seconds: float = CALL_SECONDS) -> None:
        self._host = f"127.0.0.1:{port}".encode()
        self._socket = socket.create_connection(("127.0.0.1", port), seconds)
        self._answers = self._socket.makefile("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def ask(self, *paths: str) -> Iterator[Answer]:
        """The answers in order, each as soon as it has come; OSError or HTTPException where there is none.

        Every request has gone out before the first answer is read. Take all of them before asking again.
        """
        self._socket.sendall(b"".join(b"GET %s HTTP/1.1\r\nHost: %s\r\n\r\n" % (p.encode(), self._host) for p in paths))
        return (self._read() for _ in paths)

    def is_closed(self) -> bool:
        """Whether the server has closed it, or does so while this waits, and has said nothing more."""
        return not self._answers.read(1)

    def close(self) -> None:
        """Leave, whatever is on its way."""
        self._answers.close()
        self._socket.close()

    def _read(self) -> Answer:
        status = self._answers.readline().split(b" ", 2)
        if len(status) < 3:
            raise http.client.BadStatusLine(repr(status))
        headers = http.client.parse_headers(self._answers)
        if "content-length" not in headers:
            raise http.client.HTTPException("cut off, or an answer of unknown length")
        length = int(headers["content-length"])
        body = self._answers.read(length)
        if len(body) < length:
            raise http.client.IncompleteRead(body, length - len(body))
        return Answer(int(status[1]), {name.lower(): value for name, value in headers.items()}, body)
