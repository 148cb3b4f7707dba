"""Reading forward through the entries of a pack, one small buffer at a time."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import BinaryIO

from gitconfig_server.errors import MalformedRequest

_BEGINNING = 20
"""How much of a long inflated stream is shown: enough for the two sizes a delta begins with."""

_WHOLE = 1 << 16
"""Streams that hold so many bytes or fewer are shown whole."""

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
        self._mark = 0
        self._crc = 0

    @property
    def position(self) -> int:
        """The bytes read so far."""
        return self._length - self._left - len(self._buffer) + self._at

    def mark(self) -> None:
        """From here on a checksum is made of what is read."""
        self._mark, self._crc = self._at, 0

    def crc32(self) -> int:
        """The checksum of what was read since ``mark``."""
        return zlib.crc32(self._buffer[self._mark : self._at], self._crc)

    def ahead(self, length: int) -> bytes:
        """The next bytes, ``length`` or all that are left; they do not count as read."""
        if len(self._buffer) - self._at < length and self._left:
            self._fill(length)
        return self._buffer[self._at : self._at + length]

    def skip(self, length: int) -> None:
        """Count as read so many of the bytes that were seen ``ahead``."""
        self._at += length

    def inflate(self, size: int) -> bytes:
        """Pass over one deflated stream that must hold ``size`` bytes: it, or the beginning of one that is long."""
        if size <= _WHOLE:
            # deflate adds a few bytes in a thousand at worst: only who pads a stream needs more
            piece = self.ahead(size + (size >> 8) + 64)
            inflater = zlib.decompressobj()
            try:
                content = inflater.decompress(piece, size + 1)
            except zlib.error as error:
                raise _broken(error) from error
            if inflater.eof and len(content) == size:
                self._at += len(piece) - len(inflater.unused_data)
                return content
        return self._inflate_by_steps(size)

    def _inflate_by_steps(self, size: int) -> bytes:
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
        piece = self.ahead(1) and self._buffer[self._at : self._at + length]
        if not piece:
            raise MalformedRequest("the pack is cut short")
        self._at += len(piece)
        return piece

    def _fill(self, length: int) -> None:
        """Have ``length`` bytes ahead, or all that are left."""
        self._crc = self.crc32()
        rest = self._buffer[self._at :]
        new = self._file.read(min(max(_BUFFER, length - len(rest)), self._left))
        self._left = self._left - len(new) if new else 0
        self._buffer, self._at, self._mark = rest + new, 0, 0


def _outputs(inflater: zlib._Decompress, piece: bytes) -> Iterator[bytes]:
    """What ``piece`` inflates to, one buffer at a time."""
    full = True
    while full or piece:  # a full buffer: zlib may hold more back though it has taken all input
        try:
            out = inflater.decompress(piece, _BUFFER)
        except zlib.error as error:
            raise _broken(error) from error
        yield out
        if inflater.eof:
            return
        full, piece = len(out) == _BUFFER, inflater.unconsumed_tail


def _broken(error: zlib.error) -> MalformedRequest:
    return MalformedRequest(f"the pack holds an entry that cannot be inflated: {error}")
