"""Git's framing: pkt-lines and the sideband (gitprotocol-common, gitprotocol-pack)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from typing import BinaryIO

from gitconfig_server.errors import MalformedRequest, TooLarge

MAX_PAYLOAD = 65516
"""Bytes one pkt-line carries behind its four digits of length."""

DATA, PROGRESS, ERROR = 1, 2, 3
"""The bands of a sideband."""

_LENGTH = re.compile(rb"[0-9a-fA-F]{4}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class Mark(Enum):
    """The pkt-lines without a payload; the value is what stands on the wire."""

    FLUSH = b"0000"
    DELIM = b"0001"
    END = b"0002"


_MARKS = {mark.value: mark for mark in Mark}

Packet = bytes | Mark


def encode(payload: bytes) -> bytes:
    """One pkt-line. Longer payloads than Git allows are the caller's fault."""
    if len(payload) > MAX_PAYLOAD:
        raise ValueError(f"{len(payload)} bytes do not fit a pkt-line")
    return b"%04x%s" % (len(payload) + 4, payload)


def encode_error(message: str) -> bytes:
    """The pkt-line that a client shows as ``remote error``."""
    return encode(b"ERR " + one_line(message).encode()[:1000])


def one_line(text: str) -> str:
    """``text`` without control characters: what is shown in a terminal must not steer it."""
    return _CONTROL.sub("?", " ".join(text.split()))


class PacketReader:
    """Reads pkt-lines from a file, ``limit`` bytes at most."""

    def __init__(self, file: BinaryIO, limit: int) -> None:
        self._file = file
        self._limit = limit
        self._left = limit

    def read(self) -> Packet | None:
        """The next packet with its line end removed, None at the end of the file."""
        digits = self._file.read(4)
        if not digits:
            return None
        if digits in _MARKS:
            return _MARKS[digits]
        if not _LENGTH.fullmatch(digits) or (length := int(digits, 16)) < 4 or length > MAX_PAYLOAD + 4:
            raise MalformedRequest(f"pkt-line: {digits!r} is not a length")
        self._left -= length
        if self._left < 0:
            raise TooLarge("the list of commands", self._limit)
        payload = self._file.read(length - 4)
        if len(payload) != length - 4:
            raise MalformedRequest(f"pkt-line: {length - 4} bytes announced, {len(payload)} came")
        return payload.removesuffix(b"\n")

    def lines(self) -> Iterator[bytes]:
        """Payloads up to the next mark or the end of the file, which is consumed."""
        while isinstance(packet := self.read(), bytes):
            yield packet


class Sideband:
    """Puts data, progress and errors into one stream of pkt-lines, data in as few as possible.

    ``size`` is the longest pkt-line the client takes: 65520 for ``side-band-64k``, 1000 for ``side-band``, 0 for a
    client that knows neither: it gets the data bare and no messages.
    """

    def __init__(self, size: int = MAX_PAYLOAD + 4) -> None:
        self._room = size - 5
        self._bare = not size
        self._buffer = bytearray()

    def data(self, chunk: bytes | memoryview) -> bytes:
        """What goes out now that ``chunk`` has come: possibly nothing."""
        if self._bare:
            return bytes(chunk)
        self._buffer += chunk
        full = len(self._buffer) // self._room * self._room
        return self._take(full)

    def progress(self, text: str) -> bytes:
        """A line that the client shows as ``remote: text``."""
        return b"" if self._bare else self._message(PROGRESS, one_line(text) + "\n")

    def counter(self, text: str) -> bytes:
        """As ``progress``, for a line that the next one overwrites."""
        return b"" if self._bare else self._message(PROGRESS, one_line(text) + "\r")

    def error(self, text: str) -> bytes:
        """The last words of a stream that cannot be finished."""
        return b"" if self._bare else self._message(ERROR, one_line(text))

    def close(self) -> bytes:
        """The data that is left, and the flush that ends the stream."""
        return b"" if self._bare else self._take(len(self._buffer)) + Mark.FLUSH.value

    def _take(self, length: int) -> bytes:
        out = bytearray()
        for start in range(0, length, self._room):
            piece = self._buffer[start : min(start + self._room, length)]
            out += b"%04x%c%s" % (len(piece) + 5, DATA, piece)
        del self._buffer[:length]
        return bytes(out)

    def _message(self, band: int, text: str) -> bytes:
        encoded = text.encode(errors="replace")
        room = min(self._room, 1000 - 5)
        pieces = (encoded[start : start + room] for start in range(0, len(encoded), room))
        return b"".join(b"%04x%c%s" % (len(piece) + 5, band, piece) for piece in pieces)


NO_ID = b"0" * 40
