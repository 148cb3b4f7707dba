"""``serve --telnet``: a real server, Debian's telnet and telnetlib3; what they change is seen over HTTP and Git."""

import asyncio
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pexpect
import pytest
import telnetlib3
from support.components import absent
from support.git import git
from support.server import free_port, running_server

from gitconfig_server.commands.help import DOCS
from gitconfig_server.errors import InvalidSettings
from gitconfig_server.server.assembly import create_app
from gitconfig_server.server.terminals import telnet_address
from gitconfig_server.settings import Settings
from gitconfig_server.settings.groups import TelnetSettings

PROMPT = re.compile(r"(?:config>|orders/prod[>#]|.*\[yes,no\]) (.*)")


@contextmanager
def talking(tmp_path, *arguments, url=None, **settings):
    """A server over the template's repository that talks telnet; its port there."""
    repository = url or str(tmp_path / "config.git")
    subprocess.run([sys.executable, "-m", "gitconfig_server", "init", repository], check=True, capture_output=True)
    port = free_port()
    telnet = ("--telnet", f"127.0.0.1:{port}")
    names = {f"GITCONFIG_TELNET__{name.upper()}": value for name, value in settings.items()}
    with running_server(repository, *telnet, *arguments, settings=names) as server:
        yield server, port


def ask(server, path):
    with urllib.request.urlopen(f"{server.url}{path}") as answer:
        return json.load(answer)


def workers_of(pid):
    """The processes that a server has started."""
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def pool_of(server):
    """What Spring's clients get."""
    return ask(server, "/orders/prod")["propertySources"][0]["source"]["db.pool"]


@pytest.mark.parametrize("storage", ["disk", "sqlite"])
def test_debians_telnet_changes_what_http_and_git_show(tmp_path, storage):
    if shutil.which("telnet") is None:
        absent("telnet")
    users = tmp_path / "users"
    users.write_text("ann:wonder\n")
    url = f"sqlite:///{tmp_path}/config.db" if storage == "sqlite" else None
    with talking(tmp_path, url=url, users=str(users), application="orders", profile="prod") as (server, port):
        child = pexpect.spawn("telnet", ["127.0.0.1", str(port)], encoding="utf-8", timeout=30)
        child.expect("login: ")
        child.send("ann\r")
        child.expect("Password: ")
        child.send("wonder\r")
        child.expect("ann@orders/prod> ")
        assert "wonder" not in child.before
        child.send("configure\r")
        child.expect(r"\[edit\]\r\nann@orders/prod# ")
        child.send("set db pool 30\r")
        child.expect(r"\[edit\]\r\nann@orders/prod# ")
        child.send("show | compare\r")
        child.expect_exact("~ db.pool: 20 -> 30")
        assert pool_of(server) == 20
        child.send("commit confirmed 2s\r")
        child.expect("in force for 2 s as [0-9a-f]+: commit again to keep it")
        assert pool_of(server) == 30
        child.expect_exact("main: what was not confirmed has been taken back: nobody confirmed in time")
        assert pool_of(server) == 20
        child.send("commit confirmed 5\r")
        child.expect_exact("in force for 300 s")
        child.send('commit comment "by telnet"\r')
        child.expect("commit complete\r\nconfirmed ([0-9a-f]{12})")
        commit = child.match[1]
        assert pool_of(server) == 30
        child.send("exit\r")
        child.expect("ann@orders/prod> ")
        child.send("quit\r")
        child.expect(pexpect.EOF)
        assert ask(server, "/api/v1/history?limit=1")["history"][0]["commit"].startswith(commit)
        git(tmp_path, "clone", "-q", server.remote, "clone")
        assert "pool: 30" in (tmp_path / "clone/orders/application-prod.yml").read_text()
        assert git(tmp_path / "clone", "log", "-1", "--format=%an", "HEAD").strip() == "ann"
        assert "wonder" not in server.log.read_text()


def typed_lines(text):
    """What is typed in a transcript, and whether it is answered: lines of a text that is loaded are not."""
    loading = False
    for line in text.splitlines():
        found = PROMPT.match(line)
        if found or loading:
            loading = loading and line != "."
            yield found[1] if found else line, not loading
        loading = loading or line.endswith("end input]")


def test_the_transcript_of_the_chapter_is_what_happens(tmp_path):
    (text,) = re.findall(r"^```telnet\n(.*?)^```", (DOCS / "telnet.md").read_text(), re.MULTILINE | re.DOTALL)
    with talking(tmp_path) as (_, port), socket.create_connection(("127.0.0.1", port)) as client:
        client.settimeout(60)
        seen = _heard(client).partition("help\n")[2]
        for line, is_answered in typed_lines(text):
            client.sendall(f"{line}\r\n".encode())
            seen += f"{line}\n" + (_heard(client) if is_answered else "")
    patterns = [re.escape(line).replace(re.escape("..."), ".+") for line in text.splitlines()]
    for pattern, line in zip(patterns, seen.splitlines(), strict=True):
        assert re.fullmatch(pattern, line), f"{line!r} is not {pattern}"


def _heard(client):
    """What comes up to the next prompt, or the end."""
    seen = b""
    while not re.search(rb"(?:> |# |no\] |end input\]\r\n)$", seen):
        piece = client.recv(65536)
        if not piece:
            break
        seen += piece
    return seen.decode(errors="replace").replace("\r\n", "\n")


async def _until(reader, text):
    seen = ""
    async with asyncio.timeout(30):
        while text not in seen:
            piece = await reader.read(1000)
            assert piece, seen
            seen += piece
    return seen


def test_telnetlib3_chooses_completes_and_commits(tmp_path):
    async def session(port):
        reader, writer = await telnetlib3.open_connection("127.0.0.1", port, encoding="utf8", connect_minwait=0.2)
        await _until(reader, "config> ")
        writer.write("use orders/p\t")
        await _until(reader, "orders/prod ")
        writer.write("\r")
        await _until(reader, "orders/prod> ")
        writer.write("conf pri\r")
        await _until(reader, "orders/prod# ")
        writer.write("set db po\t")
        await _until(reader, "pool ")
        writer.write("41\rrollback ?")
        await _until(reader, "init: start from the template")
        writer.write("\x15commit and-quit\r")
        await _until(reader, "Exiting configuration mode")
        writer.close()

    with talking(tmp_path) as (server, port):
        asyncio.run(session(port))
        assert pool_of(server) == 41
        assert [one["name"] for one in ask(server, "/api/v1/labels")["labels"]] == ["main"]


def test_of_several_workers_one_talks_and_its_successor_after_it(tmp_path):
    async def word(port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"configure exclusive\r\n")
        async with asyncio.timeout(30):
            answer = await reader.readuntil(b"# ")
        return answer, writer

    async def others(port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"configure\r\nquit\r\n")
        async with asyncio.timeout(30):
            seen = await reader.read()
        writer.close()
        return seen

    async def run(server, port):
        _, writer = await word(port)
        for _ in range(4):
            assert b"another session edits exclusively" in await others(port)  # whoever talks talks to all
        for worker in workers_of(server.process.pid):
            os.kill(worker, signal.SIGKILL)
        writer.close()
        answer, writer = await word(port)
        assert b"Entering configuration mode" in answer
        writer.close()

    with talking(tmp_path, "--workers", "2", application="orders") as (server, port):
        asyncio.run(run(server, port))


@pytest.mark.parametrize(
    ("telnet", "told"),
    [
        ({"listen": "0.0.0.0:23"}, "telnet.listen: 0.0.0.0 can be reached from the network"),
        ({"listen": "nonsense:port"}, "telnet.listen: nonsense:port: expected HOST:PORT"),
        ({"listen": "telnet://127.0.0.1"}, "expected HOST:PORT"),
        ({"listen": "127.0.0.1:8823", "users": "/nowhere"}, "telnet.users: /nowhere cannot be read"),
    ],
)
def test_what_would_be_open_or_makes_no_sense_is_refused_at_the_start(telnet, told):
    with pytest.raises(InvalidSettings, match=re.escape(told)):
        telnet_address(Settings(telnet=TelnetSettings(**telnet)))


def test_the_address_has_a_port_that_goes_without_saying():
    assert telnet_address(Settings()) is None
    assert telnet_address(Settings(telnet=TelnetSettings(listen="[::1]:1"))) == ("::1", 1)
    assert telnet_address(Settings(telnet=TelnetSettings(listen="localhost"))) == ("localhost", 8823)


def test_a_taken_port_and_another_asgi_server_are_told(tmp_path):
    subprocess.run([sys.executable, "-m", "gitconfig_server", "init", tmp_path / "c.git"], check=True)
    with running_server(tmp_path / "c.git") as server:
        taken = server.url.rpartition(":")[2]
        command = [sys.executable, "-m", "gitconfig_server", "serve", tmp_path / "c.git", "--port", str(free_port())]
        done = subprocess.run(
            [*command, "--telnet", f"127.0.0.1:{taken}"], capture_output=True, text=True, check=False, timeout=60
        )
    assert done.returncode != 0
    assert f"cannot listen on 127.0.0.1:{taken}: Address already in use; try another --telnet" in done.stderr
    with pytest.raises(InvalidSettings, match="another ASGI server does not"):
        create_app(Settings(repository=str(tmp_path / "c.git"), telnet=TelnetSettings(listen="127.0.0.1:1")))
