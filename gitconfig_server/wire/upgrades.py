"""Requests that ask for another protocol, which a server may leave unheard (RFC 9110, 7.8).

Java's client, curl and git ask for HTTP/2 in this way. httptools takes all that follows such a head for the other
protocol, a body too, and goes on as if a request began there: what is in a body would be carried out. So the head is
parsed once more, without the wish, and only then counts.
"""

from __future__ import annotations

from typing import Protocol

import httptools

_LINE_END = b"\r\n"


class Parsing(Protocol):
    """A connection, as uvicorn has it: ``url`` and ``headers``, with names in small letters, are of the last head."""

    parser: httptools.HttpRequestParser
    url: bytes
    headers: list[tuple[bytes, bytes]]


def feed(connection: Parsing, data: bytes) -> None:
    """Have ``data`` parsed. Raises HttpParserError."""
    while data:
        try:
            connection.parser.feed_data(data)
            data = b""
        except httptools.HttpParserUpgrade as wish:
            data = _head_without_wish(connection) + data[wish.args[0] :]
            # the old one reads nothing more where the head said that the connection ends
            connection.parser = httptools.HttpRequestParser(connection)
            connection.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn has it


def comes_again(parser: httptools.HttpRequestParser) -> bool:
    """Whether the request at hand is one to be passed over, since ``feed`` brings it again.

    Raises ValueError for CONNECT, behind which no requests come.
    """
    if not parser.should_upgrade():
        return False
    if parser.get_method() == b"CONNECT":
        raise ValueError("this is no proxy")
    return True


def _head_without_wish(connection: Parsing) -> bytes:
    parser = connection.parser
    line = b"%s %s HTTP/%s" % (parser.get_method(), connection.url, parser.get_http_version().encode())
    fields = (b"%s: %s" % header for header in connection.headers if header[0] != b"upgrade")
    return _LINE_END.join((line, *fields, b"", b""))
