"""telnetlib3 behind a guard: what one client sends costs the loop little, however it is made.

The library looks at each byte in Python, answers every command, logs every odd one and knows no flow control on the
server's side. So input is handed to it in small slices at a bounded rate, commands are counted, and its log is quiet.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from gitconfig_server.errors import InvalidSettings

try:
    from telnetlib3 import TelnetServer
except ModuleNotFoundError as error:
    raise InvalidSettings(f"telnet needs the package {error.name}: pip install 'gitconfig-server[telnet]'") from error

log = logging.getLogger(__name__)

_SLICE = 512
_BYTES_A_SECOND = 64 * 1024
_COMMANDS = 200
"""Telnet commands (IAC) a session may send at once; one more a second after that."""
_NEGOTIATION_SECONDS = 1.0
_LINGER_SECONDS = 5.0
_IAC = b"\xff"
_COMMANDS_A_SLICE = 8
"""A subnegotiation that makes no sense costs the library a quarter of a millisecond, so few are handed over at once."""
_PAUSE_SECONDS = 0.002
"""What lies between two slices at least: others are served meanwhile."""

for name in ("telnetlib3", "telnetlib3.server", "telnetlib3.server_base", "telnetlib3.stream_writer"):
    logging.getLogger(name).setLevel(logging.CRITICAL)

_Shell = Callable[["GuardedServer"], Awaitable[None]]


class GuardedServer(TelnetServer):
    """One connection. ``shell`` is run in a task of its own, which ``ended`` is told of."""

    def __init__(self, shell: _Shell, ended: Callable[[GuardedServer], None]) -> None:
        super().__init__(
            shell=None,
            encoding=False,
            compression=False,
            connect_maxwait=_NEGOTIATION_SECONDS,
            timeout=0,
            limit=_SLICE * 8,
        )
        self.task: asyncio.Task[None] | None = None
        self._guarded_shell = shell
        self._ended = ended
        self._input = bytearray()
        self._timer_of_slices: asyncio.TimerHandle | None = None
        self._commands = float(_COMMANDS)
        self._loop_time = asyncio.get_running_loop().time
        self._last = self._loop_time()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin; the reader may pause the client."""
        super().connection_made(transport)
        if self.reader is not None:
            self.reader.set_transport(transport)

    def data_received(self, data: bytes) -> None:
        """Keep what came, and read on only when it has been handed over."""
        self._input += data
        if self._timer_of_slices is None:
            self._hand_over()

    def connection_lost(self, exc: Exception | None) -> None:
        """End the session's task."""
        if self._timer_of_slices is not None:
            self._timer_of_slices.cancel()
            self._timer_of_slices = None
        self._input.clear()
        super().connection_lost(exc)
        if self.task is None:
            self._ended(self)

    def begin_shell(self, future: asyncio.Future[Any]) -> None:
        """Run the session, held on to, with its failures logged."""
        if future.cancelled() or future.exception() is not None:
            return
        self.task = asyncio.ensure_future(self._session())

    def end(self) -> None:
        """Close the connection; what its client does not take in time is lost."""
        if self._transport is not None:
            self._transport.close()
            asyncio.get_running_loop().call_later(_LINGER_SECONDS, self._transport.abort)

    async def _session(self) -> None:
        try:
            await self._guarded_shell(self)
        except (ConnectionError, asyncio.CancelledError):
            pass
        except Exception:  # it ends with its connection, and the other sessions go on
            log.exception("a telnet session failed")
        finally:
            self.end()
            self._ended(self)

    def _hand_over(self) -> None:
        """One slice to the library; the next one when its share of a second is over."""
        self._timer_of_slices = None
        size = self._size_of_slice()
        piece = bytes(self._input[:size])
        del self._input[:size]
        if not piece or self._transport is None:
            return
        if not self._may_send(piece.count(_IAC)):
            log.warning("telnet: a client sent too many commands and was cut off")
            self.end()
            return
        try:
            super().data_received(piece)
        except Exception:  # whatever the library makes of garbage, the session is over
            log.info("telnet: a client's input could not be read")
            self.end()
            return
        if self._transport is None:
            return
        transport: Any = self._transport
        self._timer_of_slices = asyncio.get_running_loop().call_later(
            max(_PAUSE_SECONDS, len(piece) / _BYTES_A_SECOND), self._next
        )
        if self._input:
            transport.pause_reading()

    def _size_of_slice(self) -> int:
        """As many bytes as are handed over at once: up to the last command that may go with them."""
        end = 0
        for _ in range(_COMMANDS_A_SLICE):
            found = self._input.find(_IAC, end, _SLICE)
            if found < 0:
                return _SLICE
            end = found + 1
        return end

    def _next(self) -> None:
        self._timer_of_slices = None
        if self._input:
            self._hand_over()
        elif self._transport is not None:
            transport: Any = self._transport
            transport.resume_reading()

    def _may_send(self, commands: int) -> bool:
        now = self._loop_time()
        self._commands = min(_COMMANDS, self._commands + now - self._last) - commands
        self._last = now
        return self._commands >= 0
