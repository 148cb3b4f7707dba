"""One session: login, then lines until it is over."""

from __future__ import annotations

import asyncio
import codecs
import re
from collections.abc import Callable, Sequence
from typing import Any

from gitconfig_server.telnet.commands import Commands
from gitconfig_server.telnet.guard import GuardedServer
from gitconfig_server.telnet.target import Target
from gitconfig_server.text.line_editor import MAX_LINE, Event, LineEditor, What, columns, common_start
from gitconfig_server.text.rendering import inert

IDLE_SECONDS = 600.0
_LOGIN_SECONDS = 60.0
_LOGINS = 3
_MORE = "--more--"

_HTTP = re.compile(r"(?:GET|HEAD|POST|PUT|DELETE|OPTIONS|PATCH|CONNECT|TRACE) \S* ?HTTP/|PRI \* HTTP/2")

Login = Callable[[str, str], bool]


class Session:
    """A terminal over one connection. ``login`` judges name and password; None: nobody is asked.

    Passwords are neither echoed nor kept in the history.
    """

    def __init__(
        self, connection: GuardedServer, target: Target, login: Login | None, idle_seconds: float = IDLE_SECONDS
    ) -> None:
        self._connection = connection
        self._reader: Any = connection.reader
        self._writer: Any = connection.writer
        self._target = target
        self._login = login
        self._idle = idle_seconds
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._editor = LineEditor(echo=self._is_echoing, width=self._width)
        self._commands: Commands | None = None
        self._events: list[Event] = []
        self._first = True
        self._outcome = target.outcome()

    async def run(self) -> None:
        """Serve until the user leaves, goes away, or is silent for too long."""
        user = ""
        if self._login is not None:
            async with asyncio.timeout(_LOGIN_SECONDS):
                found = await self._log_in(self._login)
            if found is None:
                return
            user = found
        self._commands = commands = Commands(self._target, user)
        try:
            await self._tell([f"{self._target.name}: type ? or help"])
            while not commands.closing:
                line = await self._line(commands.prompt)
                if line is None:
                    return
                await self._tell(await commands.run(line), paged=commands.paged)
                await self._tell_of_reversal()
        finally:
            await commands.close()

    async def _tell_of_reversal(self) -> None:
        """Say when a commit that awaited its confirmation has been taken back."""
        outcome = self._target.outcome()
        if outcome and outcome != self._outcome:
            await self._tell([outcome])
        self._outcome = outcome

    async def _log_in(self, login: Login) -> str | None:
        for _ in range(_LOGINS):
            name = await self._line("login: ")
            password = await self._line("password: ", hidden=True) if name is not None else None
            if name is None or password is None:
                return None
            if await asyncio.to_thread(login, name, password):
                self._editor.history.clear()
                return name
            await asyncio.sleep(0.5)  # guessing takes its time
            await self._tell(["login incorrect"])
        return None

    async def _line(self, prompt: str, *, hidden: bool = False) -> str | None:
        """The next line; None where the session is over."""
        if hidden and not self._editor.echo:
            self._offer_echo()
        self._editor.begin(prompt, hidden=hidden)
        while True:
            event = await self._event()
            if event is None or event.what is What.TOO_LONG:
                return None
            if event.what is What.LINE:
                return None if self._is_foreign(event.line) else event.line
            if event.what is What.END and self._commands is not None:
                await self._tell(["", *await self._commands.ended()])
                if self._commands.closing:
                    return None
            elif event.what is What.END:
                return None
            elif event.what in (What.COMPLETE, What.HELP):
                await self._offer(event)
                continue
            self._editor.begin(self._commands.prompt if self._commands else prompt, hidden=hidden)

    def _offer_echo(self) -> None:
        """Ask a client that shows what is typed not to show a password."""
        self._writer.iac(b"\xfb", b"\x01")  # WILL ECHO

    def _is_foreign(self, line: str) -> bool:
        """Whether a browser talks to us: a page of a foreign site could send it."""
        first, self._first = self._first, False
        return first and bool(_HTTP.match(line))

    async def _event(self) -> Event | None:
        """The next thing a key asked for; None where no more keys come."""
        while not self._events:
            await self._flush()
            try:
                async with asyncio.timeout(self._idle):
                    data = await self._reader.read(MAX_LINE)
            except TimeoutError:
                self._editor.output += "\r\ngood bye: nothing was typed for a long time\r\n"
                await self._flush()
                return None
            if not data:
                return None
            self._editor.echo, self._editor.width = self._is_echoing, self._width
            self._events += self._editor.feed(self._decode(bytes(data)))
        return self._events.pop(0)

    async def _offer(self, event: Event) -> None:
        """Complete the word, or show what may come next."""
        if self._commands is None:
            return
        found = await self._commands.choices(event.line)
        words = [word for word, _ in found]
        last = "" if event.line[-1:].isspace() or not event.line else event.line.split()[-1]
        if event.what is What.COMPLETE and words:
            start = common_start(words)
            if len(words) == 1:
                self._editor.insert(words[0][len(last) :] + " ")
                return
            if len(start) > len(last):
                self._editor.insert(start[len(last) :])
                return
        lines = [f"  {word:<16} {text}" for word, text in found] if any(text for _, text in found) else []
        self._editor.output += "\r\n"
        await self._tell(lines or [f"  {one}" for one in columns(words, self._width - 2)] or ["  nothing known"])
        self._editor.redraw()

    async def _tell(self, lines: Sequence[str], *, paged: bool = True) -> None:
        """Write lines, a page at a time where the terminal has pages."""
        height = self._height - 1 if paged and self._editor.echo and self._height > 4 else len(lines) or 1
        for start in range(0, len(lines), height):
            self._editor.output += "".join(inert(line) + "\r\n" for line in lines[start : start + height])
            if start + height < len(lines) and not await self._more():
                return
        await self._flush()

    async def _more(self) -> bool:
        """Whether to go on with the next page."""
        self._editor.output += _MORE
        await self._flush()
        try:
            async with asyncio.timeout(self._idle):
                key = bytes(await self._reader.read(1))
        except TimeoutError:
            return False
        self._editor.output += "\r" + " " * len(_MORE) + "\r"
        return key not in (b"", b"q", b"Q", b"\x03")

    async def _flush(self) -> None:
        text, self._editor.output = self._editor.output, ""
        if text:
            self._writer.write(text.encode("utf-8", "replace"))
            async with asyncio.timeout(_LOGIN_SECONDS):
                await self._writer.drain()

    @property
    def _is_echoing(self) -> bool:
        """Whether the client leaves it to us to show what is typed."""
        return bool(self._writer.will_echo)

    @property
    def _width(self) -> int:
        return max(20, int(self._writer.get_extra_info("cols") or 80))

    @property
    def _height(self) -> int:
        return int(self._writer.get_extra_info("rows") or 24)
