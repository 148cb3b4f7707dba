"""A session of telnet over a Manager, once on each store: what it commits is saved there, and taken back from there."""

import asyncio

import pytest
import telnetlib3
from support.services import Echo
from support.stores import REPOSITORIES, place

from gitconfig_server.manager import Manager


class Terminal:
    """telnetlib3's client: types a line, and waits for what is to be seen."""

    def __init__(self, reader, writer):
        self.reader, self.writer, self.seen = reader, writer, ""

    async def type(self, line, *wanted):
        """All that is shown from the line on, up to the last of what is ``wanted``."""
        self.writer.write(f"{line}\r")
        shown = ""
        for text in wanted:
            async with asyncio.timeout(30):
                while text not in self.seen:
                    piece = await self.reader.read(4096)
                    assert piece, self.seen
                    self.seen += piece
            before, mark, self.seen = self.seen.partition(text)
            shown += before + mark
        return shown


@pytest.mark.parametrize("kind", [*REPOSITORIES, "memory", "adaptor"])
def test_a_session_commits_and_rolls_back(kind, tmp_path):
    service = Echo()

    async def work():
        async with place(kind, tmp_path) as url:
            manager = Manager(url, service=service, server_id="echo")
            access = manager.add_access("telnet://127.0.0.1:0")
            async with manager:
                reader, writer = await telnetlib3.open_connection(
                    "127.0.0.1", access.port, encoding="utf8", connect_minwait=0.05
                )
                terminal = Terminal(reader, writer)
                await terminal.type("configure", "echo> ", "Entering configuration mode", "echo# ")
                await terminal.type("set server port 7001", "echo# ")
                await terminal.type("create sessions sa", "echo# ")
                await terminal.type('commit comment "first"', "commit complete", "echo# ")
                await terminal.type("set server port 7002", "echo# ")
                await terminal.type("delete sessions sa", "echo# ")
                await terminal.type("show | compare", "~ server/port: 7001 -> 7002", "echo# ")
                await terminal.type('commit comment "second"', "commit complete", "echo# ")
                assert (service.port, list(service.sessions)) == (7002, [])
                await terminal.type("rollback 1", "load complete", "echo# ")
                await terminal.type("commit and-quit", "commit complete", "echo> ")
                assert (service.port, list(service.sessions)) == (7001, ["sa"])
                if kind != "adaptor":  # which keeps times alone
                    assert "second" in await terminal.type("history", "first", "echo> ")
                await terminal.type("quit", "quit")
                assert len(await manager.list_saved()) == 3

    asyncio.run(work())
