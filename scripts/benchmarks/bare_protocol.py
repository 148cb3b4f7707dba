"""The least that a server in Python over uvloop can do: the same bytes to whatever comes. ``PORT FILE``

No request is looked at, nothing is asked, counted or made: what a server costs beside this is its own.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import uvloop


class _Bare(asyncio.Protocol):
    said = b""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.write = transport.write

    def data_received(self, data: bytes) -> None:
        self.write(self.said)


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(_Bare, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    _Bare.said = Path(sys.argv[2]).read_bytes()
    uvloop.run(_serve(int(sys.argv[1])))
