"""Large request bodies, put aside in a file: bounded in size, inflated too, and in the time between chunks."""

from __future__ import annotations

import tempfile
import zlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import BinaryIO, Protocol, cast

import anyio
from starlette.types import Receive

from gitconfig_server.errors import MalformedRequest, TooLarge

MEMORY_BYTES = 1 << 20
"""Smaller bodies never touch the disk."""

_STEP = 1 << 16


class ClientGone(Exception):
    """The client left before its request was complete: nobody is there to be answered."""


class _Decoder(Protocol):
    def decode(self, chunk: bytes) -> Iterator[bytes]: ...

    def finish(self) -> None: ...


@asynccontextmanager
async def spooled_body(receive: Receive, coding: str, limit: int, patience: float) -> AsyncIterator[BinaryIO]:
    """The whole request body as a file at its start, gone on leaving.

    ``coding`` is ``identity`` or ``gzip``. Raises TooLarge, MalformedRequest, TimeoutError where nothing comes for
    ``patience`` seconds, and ClientGone.
    """
    decoder: _Decoder = _Gunzip() if coding == "gzip" else _Identity()
    with tempfile.SpooledTemporaryFile(MEMORY_BYTES, prefix="gitconfig-") as spool:
        length = 0
        async for chunk in _chunks(receive, patience):
            for piece in decoder.decode(chunk):
                length += len(piece)
                if length > limit:
                    raise TooLarge("the request body", limit)
                spool.write(piece)
        decoder.finish()
        spool.seek(0)
        yield cast(BinaryIO, spool)


async def _chunks(receive: Receive, patience: float) -> AsyncIterator[bytes]:
    more = True
    while more:
        with anyio.fail_after(patience):
            message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        more = message.get("more_body", False)
        yield message.get("body", b"")


class _Identity:
    def decode(self, chunk: bytes) -> Iterator[bytes]:
        yield chunk

    def finish(self) -> None:
        """A plain body is whole when it ends."""


class _Gunzip:
    """Inflates in small steps, so that a bomb is noticed before it has gone off."""

    def __init__(self) -> None:
        self._inflater = zlib.decompressobj(wbits=31)

    def decode(self, chunk: bytes) -> Iterator[bytes]:
        while chunk:
            if self._inflater.eof:
                raise MalformedRequest("the request body goes on behind its gzip stream")
            try:
                yield self._inflater.decompress(chunk, _STEP)
            except zlib.error as error:
                raise MalformedRequest(f"the request body is not gzip: {error}") from error
            # Bytes behind the end of the stream are left for the next turn, which refuses them.
            chunk = self._inflater.unconsumed_tail or self._inflater.unused_data

    def finish(self) -> None:
        if not self._inflater.eof:
            raise MalformedRequest("the request body ends within its gzip stream")
