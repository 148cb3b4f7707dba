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
_BLOCK = 1 << 20
_ENOUGH = _WHOLE + (_WHOLE >> 8) + 256
"""Bytes ahead that hold any entry whose content is shown whole, but one that is padded."""


class PackReader:
    """Reads ``file`` from where it stands, ``length`` bytes; MalformedRequest where more is wanted.

    ``buffer`` holds what is ahead from ``at`` on, which whoever reads it moves; it begins at ``base`` of what is read.
    """

    def __init__(self, file: BinaryIO, length: int) -> None:
        self.buffer = b""
        self.at = 0
        self.base = 0
        self._file = file
        self._left = length
        self._mark = 0
        self._crc = 0

    def begin(self) -> None:
        """An entry begins: have enough of it ahead, or all that is left. A checksum is made of what is read now."""
        if len(self.buffer) - self.at < _ENOUGH and self._left:
            self._fill()
        self._mark, self._crc = self.at, 0

    def crc32(self) -> int:
        """The checksum of what was read since ``begin``."""
        return zlib.crc32(self.buffer[self._mark : self.at], self._crc)

    def inflate(self, size: int) -> bytes:
        """Pass over one deflated stream that must hold ``size`` bytes: it, or the beginning of one that is long."""
        if size <= _WHOLE:
            # deflate adds a few bytes in a thousand at worst: only who pads a stream needs more
            piece = self.buffer[self.at : self.at + size + (size >> 8) + 64]
            inflater = zlib.decompressobj()
            try:
                content = inflater.decompress(piece, size + 1)
            except zlib.error as error:
                raise _broken(error) from error
            if inflater.eof and len(content) == size:
                self.at += len(piece) - len(inflater.unused_data)
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
        self.at -= len(inflater.unused_data)
        return begin

    def _piece(self, length: int) -> bytes:
        if self.at == len(self.buffer) and self._left:
            self._fill()
        piece = self.buffer[self.at : self.at + length]
        if not piece:
            raise MalformedRequest("the pack is cut short")
        self.at += len(piece)
        return piece

    def _fill(self) -> None:
        """Have a block more ahead, or all that is left."""
        self._crc = self.crc32()
        rest = self.buffer[self.at :]
        new = self._file.read(min(_BLOCK, self._left))
        self._left = self._left - len(new) if new else 0
        self.base += self.at
        self.buffer, self.at, self._mark = rest + new, 0, 0


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
