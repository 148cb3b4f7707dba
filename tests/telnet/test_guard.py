"""What one client sends is handed to the library in small portions, whatever it is."""

import asyncio
import subprocess
import sys

import pytest
import telnetlib3
from support.services import Echo

from gitconfig_server.manager import Manager
from gitconfig_server.text.line_editor import LineEditor

FLOODS = {
    "bad subnegotiations": b"\xff\xfa\x1f\x00\xff\xf0" * 20_000,
    "commands": b"\xff\xf6" * 50_000,
    "an endless subnegotiation": b"\xff\xfa\x18" + b"x" * 100_000,
    "no newline": b"x" * 200_000,
    "a line that is echoed": b"\xff\xfd\x01" + b"x" * 100_000,
}


@pytest.mark.parametrize("name", FLOODS)
def test_portions_are_small_and_commands_are_counted(name, monkeypatch):
    handed, fed = [], []
    take, feed = telnetlib3.TelnetServer.data_received, LineEditor.feed
    monkeypatch.setattr(
        telnetlib3.TelnetServer, "data_received", lambda self, data: (handed.append(bytes(data)), take(self, data))[1]
    )
    monkeypatch.setattr(LineEditor, "feed", lambda self, text: (fed.append(text), feed(self, text))[1])

    async def run():
        manager = Manager(service=Echo())
        access = manager.add_access("telnet://127.0.0.1:0")
        async with manager:
            reader, writer = await asyncio.open_connection("127.0.0.1", access.port)
            writer.write(FLOODS[name])
            other, typing = await asyncio.open_connection("127.0.0.1", access.port)
            typing.write(b"show server\r\n")
            async with asyncio.timeout(30):
                await other.readuntil(b"port 7000;")
            writer.transport.abort()
            typing.close()
            del reader

    asyncio.run(run())
    assert max(map(len, handed)) <= 512
    assert max(piece.count(b"\xff") for piece in handed) <= 8
    assert sum(piece.count(b"\xff") for piece in handed) <= 2 * 200  # of two connections
    assert max(map(len, fed)) <= 512


def test_a_library_that_is_missing_is_named_with_the_way_out():
    """In a process of its own, which has not loaded it yet."""
    program = """import sys; sys.modules["telnetlib3"] = None
sys.argv = ["gitconfig-server", "serve", "memory://", "--telnet", "127.0.0.1:0"]
from gitconfig_server.cli import main; main()"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    told = "telnet needs the package telnetlib3: pip install 'gitconfig-server[telnet]'"
    assert (done.returncode, done.stderr) == (2, f"error: {told}\n")
