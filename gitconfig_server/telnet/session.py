"""One session: login, then lines until it is over."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable

from gitconfig_server.telnet.commands import Commands
from gitconfig_server.telnet.guard import GuardedServer
from gitconfig_server.telnet.logins import Login
from gitconfig_server.telnet.notices import Notices
from gitconfig_server.telnet.target import TelnetTarget
from gitconfig_server.telnet.terminal import Terminal
from gitconfig_server.text.line_editor import Event, What
from gitconfig_server.text.rendering import inert
from gitconfig_server.text.widths import columns, common_start

log = logging.getLogger(__name__)

IDLE_SECONDS = 600.0
_LOGIN_SECONDS = 60.0
_LOGINS = 3
_PENALTY_SECONDS = 0.5

_HTTP = re.compile(r"(?:GET|HEAD|POST|PUT|DELETE|OPTIONS|PATCH|CONNECT|TRACE) \S* ?HTTP/|PRI \* HTTP/2")

Targets = Callable[[str], TelnetTarget]
"""What a user works on; the name is empty where nobody was asked."""


class Session:
    """A terminal over one connection. ``login`` judges name and password; None: nobody is asked.

    Passwords are neither echoed nor logged nor kept in the history.
    """

    def __init__(
        self,
        connection: GuardedServer,
        targets: Targets,
        notices: Notices,
        login: Login | None,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self._terminal = Terminal(connection, notices, idle_seconds)
        self._targets = targets
        self._login = login
        self._commands: Commands | None = None
        self._is_first = True

    async def run(self) -> None:
        """Serve until the user leaves, goes away, or is silent for too long."""
        try:
            user = ""
            if self._login is not None:
                async with asyncio.timeout(_LOGIN_SECONDS):
                    found = await self._log_in(self._login)
                if found is None:
                    return
                user = found
            log.info("telnet: %s has come", inert(user) or "somebody")
            await self._converse(Commands(self._targets(user), user))
        finally:
            self._terminal.close()

    async def _converse(self, commands: Commands) -> None:
        self._commands, self._terminal.screen = commands, commands.screen
        try:
            await self._terminal.tell([f"{commands.target.name}: type ? or help"])
            while not commands.closing:
                line = await self._line(commands.prompt)
                if line is None:
                    return
                answer = await commands.run(line)
                await self._terminal.tell(answer, paged=commands.paged, signed=commands.painted)
                await self._terminal.tell_notices()
        finally:
            await commands.close()

    async def _log_in(self, login: Login) -> str | None:
        for _ in range(_LOGINS):
            name = await self._name()
            password = await self._line("Password: ", hidden=True) if name is not None else None
            if name is None or password is None:
                return None
            if await asyncio.to_thread(login, name, password):
                self._terminal.forget()
                return name
            log.warning("telnet: somebody was refused")
            await asyncio.sleep(_PENALTY_SECONDS)  # guessing takes its time
            await self._terminal.tell(["login incorrect"])
        return None

    async def _name(self) -> str | None:
        """Who logs in; programs press Enter while they wait for the prompt, and nobody is called so."""
        while True:
            name = await self._line("login: ")
            if name is None or name.strip():
                return name

    async def _line(self, prompt: str, *, hidden: bool = False) -> str | None:
        """The next line; None where the session is over."""
        self._terminal.begin(prompt, hidden=hidden)
        while True:
            event = await self._terminal.event()
            if event is None or event.what is What.TOO_LONG:
                return None
            if event.what is What.LINE:
                return None if self._is_foreign(event.line) else event.line
            if event.what is What.END and self._commands is not None:
                await self._terminal.tell(["", *await self._commands.ended()])
                if self._commands.closing:
                    return None
            elif event.what is What.END:
                return None
            elif event.what in (What.COMPLETE, What.HELP):
                await self._offer(event)
                continue
            self._terminal.begin(self._commands.prompt if self._commands else prompt, hidden=hidden)

    def _is_foreign(self, line: str) -> bool:
        """Whether a browser talks to us: a page of a foreign site could send it."""
        first, self._is_first = self._is_first, False
        return first and bool(_HTTP.match(line))

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
                self._terminal.complete(words[0][len(last) :] + " ")
                return
            if len(start) > len(last):
                self._terminal.complete(start[len(last) :])
                return
        lines = [f"  {word:<16} {text}".rstrip() for word, text in found] if any(text for _, text in found) else []
        in_columns = [f"  {one}" for one in columns(words, self._terminal.width - 2)]
        await self._terminal.offer(lines or in_columns or ["  nothing known"])
