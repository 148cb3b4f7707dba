"""One terminal over one connection: lines in, with editing; lines out, with pages; and notices between them."""

from __future__ import annotations

import asyncio
import codecs
from collections.abc import Iterator, Sequence
from typing import Any

from gitconfig_server.telnet.guard import GuardedServer
from gitconfig_server.telnet.notices import Notices
from gitconfig_server.telnet.state import Screen
from gitconfig_server.text.differences import painted
from gitconfig_server.text.line_editor import Event, LineEditor
from gitconfig_server.text.rendering import inert

_DRAIN_SECONDS = 60.0
_PIECE = 512
"""Bytes whose keys are worked on at once: what has come meanwhile waits, and others get their turn."""
_MORE = "---(more)---"
_GOOD_BYE = "good bye: nothing was typed for a long time"
_WILL_ECHO = b"\xfb", b"\x01"
_DULL = ("", "dumb", "unknown", "network")
"""Types of terminals that have no colors; telnet says ``unknown`` or ``network`` where it does not know."""


class Terminal:
    """``idle``: the seconds after which whoever types nothing is gone. ``screen``: what the user has set of it."""

    def __init__(self, connection: GuardedServer, notices: Notices, idle: float) -> None:
        self.screen = Screen()
        self._reader: Any = connection.reader
        self._writer: Any = connection.writer
        self._notices = notices
        self._told = notices.count
        self._idle = idle
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._editor = LineEditor(echo=self._is_echoing, width=self._width)
        self._keys: Iterator[Event] = iter(())
        """Keys are worked on one event at a time: those behind it are typed into what comes of it."""
        self._left = b""
        self._reading: asyncio.Task[bytes] | None = None

    def begin(self, prompt: str, *, hidden: bool = False) -> None:
        """Start a line behind a prompt; what is typed into a ``hidden`` one is neither shown nor kept."""
        if hidden and not self._editor.echo:
            self._writer.iac(*_WILL_ECHO)  # a client that shows what is typed is asked not to
        self._editor.begin(prompt, hidden=hidden)

    async def event(self) -> Event | None:
        """The next thing a key asked for; None where no more keys come."""
        while (event := next(self._keys, None)) is None:
            data = await self._read()
            if not data:
                return None
            self._keys = self._editor.feed(self._decode(data))
        return event

    def forget(self) -> None:
        """Let nobody find in the history what was typed before he was let in."""
        self._editor.history.clear()

    def complete(self, text: str) -> None:
        """Type for the user."""
        self._editor.insert(text)

    async def offer(self, lines: Sequence[str]) -> None:
        """Write lines in the middle of a line, and show it again."""
        self._editor.output += "\r\n"
        await self.tell(lines)
        self._editor.redraw()

    async def tell(self, lines: Sequence[str], *, paged: bool = True, signed: bool = False) -> None:
        """Write lines, a page at a time where the terminal has pages; ``signed``: ``+ - ~`` in front have a color."""
        show = painted if signed and self._has_colors else str
        length = self._page if paged else 0
        start, end = 0, length or len(lines)
        while True:
            self._editor.output += "".join(show(inert(line)) + "\r\n" for line in lines[start:end])
            start = end
            if start >= len(lines):
                break
            key = await self._more()
            if key in (b"", b"q", b"Q", b"\x03"):
                break
            end = start + (1 if key in (b"\r", b"\n") else length)
        await self._flush()

    async def tell_notices(self) -> None:
        """What all are told, before the next prompt."""
        lines, self._told = self._notices.after(self._told), self._notices.count
        if lines:
            await self.tell(lines, paged=False)

    def close(self) -> None:
        """Wait for nothing any more."""
        if self._reading is not None:
            self._reading.cancel()

    async def _read(self) -> bytes:
        """What comes next; empty where nothing does, or not in time. Notices are written meanwhile."""
        if self._left:
            data, self._left = self._left, b""
            return data
        if self._reading is None:
            self._reading = asyncio.ensure_future(self._reader.read(_PIECE))
        while not self._reading.done():
            await self._flush()
            hearing = asyncio.ensure_future(self._notices.wait(self._told))
            await asyncio.wait({self._reading, hearing}, timeout=self._idle, return_when=asyncio.FIRST_COMPLETED)
            if self._reading.done() or not hearing.done():
                hearing.cancel()
                break
            self._editor.output += "\r\n"
            await self.tell_notices()
            self._editor.redraw()
        if not self._reading.done():
            self._editor.output += f"\r\n{_GOOD_BYE}\r\n"
            await self._flush()
            return b""
        data, self._reading = bytes(self._reading.result()), None
        self._editor.echo, self._editor.width = self._is_echoing, self._width
        return data

    async def _more(self) -> bytes:
        """The key that says how to go on; what was typed behind it belongs to the next line."""
        self._editor.output += _MORE
        await self._flush()
        data = await self._read()
        self._editor.output += "\r" + " " * len(_MORE) + "\r"
        self._left = data[1:].removeprefix(b"\0")
        return data[:1]

    async def _flush(self) -> None:
        text, self._editor.output = self._editor.output, ""
        if text:
            self._writer.write(text.encode("utf-8", "replace"))
            async with asyncio.timeout(_DRAIN_SECONDS):
                await self._writer.drain()

    @property
    def _is_echoing(self) -> bool:
        """Whether the client leaves it to us to show what is typed."""
        return bool(self._writer.will_echo)

    @property
    def _has_colors(self) -> bool:
        term = str(self._writer.get_extra_info("TERM") or "").lower()
        return self.screen.color and self._editor.echo and term not in _DULL

    @property
    def width(self) -> int:
        """Columns of the terminal."""
        return self._width

    @property
    def _width(self) -> int:
        return self.screen.width or max(20, int(self._writer.get_extra_info("cols") or 80))

    @property
    def _page(self) -> int:
        """Lines of a page, 0 where there are none."""
        if self.screen.length is not None:
            return self.screen.length
        height = int(self._writer.get_extra_info("rows") or 24)
        return height - 1 if self._editor.echo and height > 4 else 0
