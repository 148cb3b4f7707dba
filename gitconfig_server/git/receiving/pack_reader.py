"""Reading forward through the entries of a pack, one small buffer at a time."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import BinaryIO

from gitconfig_server.errors import MalformedRequest

_BEGINNING = 20
"""How much of an inflated stream is shown: enough for the two sizes a delta begins with."""

_BUFFER = 1 << 16
_FIRST_STEP = 256


class PackReader:
    """Reads ``file`` from where it stands, ``length`` bytes; MalformedRequest where more is wanted."""

    def __init__(self, file: BinaryIO, length: int) -> None:
        self._file = file
        self._length = length
        self._left = length
        self._buffer = b""
        self._at = 0

    @property
    def position(self) -> int:
        """The bytes read so far."""
        return self._length - self._left - len(self._buffer) + self._at

    def byte(self) -> int:
        """The next byte."""
        if self._at >= len(self._buffer):
            self._fill()
        self._at += 1
        return self._buffer[self._at - 1]

    def take(self, length: int) -> bytes:
        """The next bytes: few."""
        return bytes(self.byte() for _ in range(length))

    def inflate(self, size: int) -> bytes:
        """Pass over one deflated stream that must hold ``size`` bytes; its beginning."""
        inflater = zlib.decompressobj()
        begin, got, used, step = b"", 0, 0, _FIRST_STEP
        while not inflater.eof:
            piece = self._piece(step)
            used += len(piece)
            for out in _outputs(inflater, piece):
                begin += out[: _BEGINNING - len(begin)]
                got += len(out)
                if got > size:
                    raise MalformedRequest("the pack holds an entry that is longer than it announced")
            if used > 2 * size + 2 * _BUFFER:  # a stream can be padded without end
                raise MalformedRequest("the pack holds an entry with useless padding")
            step = min(step * 4, _BUFFER)
        if got != size:
            raise MalformedRequest("the pack holds an entry that is shorter than it announced")
        self._at -= len(inflater.unused_data)
        return begin

    def _piece(self, length: int) -> bytes:
        if self._at >= len(self._buffer):
            self._fill()
        piece = self._buffer[self._at : self._at + length]
        self._at += len(piece)
        return piece

    def _fill(self) -> None:
        self._buffer, self._at = self._file.read(min(_BUFFER, self._left)), 0
        self._left -= len(self._buffer)
        if not self._buffer:
            raise MalformedRequest("the pack is cut short")


def _outputs(inflater: zlib._Decompress, piece: bytes) -> Iterator[bytes]:
    """What ``piece`` inflates to, one buffer at a time."""
    full = True
    while full or piece:  # a full buffer: zlib may hold more back though it has taken all input
        try:
            out = inflater.decompress(piece, _BUFFER)
        except zlib.error as error:
            raise MalformedRequest(f"the pack holds an entry that cannot be inflated: {error}") from error
        yield out
        if inflater.eof:
            return
        full, piece = len(out) == _BUFFER, inflater.unconsumed_tail
