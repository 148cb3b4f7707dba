"""Whole sessions: Debian's telnet by pexpect, and telnetlib3's own client."""

import asyncio
import shutil
import socket

import pexpect
import pytest
import telnetlib3
from support.components import absent
from support.services import Echo

from gitconfig_server.manager import Manager


def serve(work, service=None, url=None, query=""):
    async def run():
        manager = Manager(url, service=service or Echo(), server_id="echo")
        access = manager.add_access(f"telnet://127.0.0.1:0{query}")
        async with manager:
            return await work(manager, access.port)

    return asyncio.run(run())


def test_debians_telnet_from_login_to_the_time_out_of_a_confirmed_commit(tmp_path):
    if shutil.which("telnet") is None:
        absent("telnet")
    auth = tmp_path / "auth"
    auth.write_text("ann:wonder\n")
    service = Echo()

    def session(port):
        child = pexpect.spawn("telnet", ["127.0.0.1", str(port)], encoding="utf-8", timeout=20)
        child.expect("login: ")
        child.send("ann\r")
        child.expect("Password: ")
        child.send("wonder\r")
        child.expect("ann@echo> ")
        assert "wonder" not in child.before
        child.send("conf\r")
        child.expect("ann@echo# ")
        child.send("set server port 7001\r")
        child.expect("ann@echo# ")
        child.send("show | compare\r")
        child.expect_exact("~ server/port: 7000 -> 7001")
        child.send("commit confirmed 1s\r")
        child.expect_exact("in force for 1 s: commit again to keep it")
        child.expect_exact("taken back: nobody confirmed in time")  # told by itself: nothing has to be typed
        child.send("show server\r")
        child.expect_exact("port 7000;")
        child.send("set server port 7002\r")
        child.expect("# ")
        child.send('commit comment "by telnet"\r')
        child.expect("committed [0-9a-f]{12}")
        child.send("exit\r")
        child.expect("ann@echo> ")
        child.send("history\r")
        child.expect("by telnet")
        child.send("quit\r")
        child.expect(pexpect.EOF)

    async def work(manager, port):
        await asyncio.to_thread(session, port)
        assert service.port == 7002
        assert (await manager.list_saved())[0].author == "ann"

    serve(work, service, str(tmp_path / "c.git"), f"?auth={auth}")


def test_telnetlib3_types_completes_and_asks():
    service = Echo()

    async def work(manager, port):
        reader, writer = await telnetlib3.open_connection("127.0.0.1", port, encoding="utf8", connect_minwait=0.2)

        async def until(text):
            seen = ""
            async with asyncio.timeout(20):
                while text not in seen:
                    piece = await reader.read(1000)
                    assert piece, seen
                    seen += piece
            return seen

        await until("echo> ")
        writer.write("conf\t")
        await until("configure ")
        writer.write("\r")
        await until("echo# ")
        writer.write("set ser\t")
        await until("server ")
        writer.write("port ?")
        await until("echo# set server port ")
        writer.write("7\x7f8001\r")
        await until("echo# ")
        writer.write("\x1b[A")  # the line before
        await until("set server port 8001")
        writer.write("\x15commit\r")
        await until("committed")
        assert service.port == 8001
        writer.write("exit\rquit\r")
        async with asyncio.timeout(20):
            while await reader.read(1000):
                pass

    serve(work, service)


def test_a_wrong_password_is_refused_and_never_shown(tmp_path):
    auth = tmp_path / "auth"
    auth.write_text("ann:wonder\n")

    async def work(manager, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"ann\r\nwrong\r\n" * 3)
        async with asyncio.timeout(20):
            seen = await reader.read()
        writer.close()
        assert seen.count(b"login incorrect") == 3
        assert b"wrong" not in seen

    serve(work, query=f"?auth={auth}")


def test_what_is_typed_ahead_is_typed_into_the_next_line():
    async def work(manager, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"show server\r\n" * 300 + b"conf\ti\x15quit\r\n")
        async with asyncio.timeout(30):
            seen = await reader.read()
        writer.close()
        assert seen.count(b"port 7000;") == 300
        assert b"error" not in seen

    serve(work)


def test_enter_pressed_before_the_name_is_no_name(tmp_path):
    auth = tmp_path / "auth"
    auth.write_text("ann:wonder\n")

    async def work(manager, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"\r\n\r\nann\r\nwonder\r\nshow server\r\nquit\r\n")
        async with asyncio.timeout(20):
            seen = await reader.read()
        writer.close()
        assert seen.count(b"login: ") == 3
        assert b"port 7000;" in seen

    serve(work, query=f"?auth={auth}")


def test_a_client_that_does_not_negotiate_is_served_line_by_line():
    async def work(manager, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"show server\r\nquit\r\n")
        async with asyncio.timeout(20):
            seen = await reader.read()
        writer.close()
        assert b"port 7000;" in seen

    serve(work)


@pytest.mark.parametrize(
    "line", [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"POST /x HTTP/1.0\r\n\r\nconfigure\r\nquit\r\n"]
)
def test_a_browser_is_shown_the_door(line):
    async def work(manager, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(line)
        async with asyncio.timeout(20):
            seen = await reader.read()
        writer.close()
        assert b"onfiguration mode" not in seen

    serve(work)


def test_twenty_sessions_at_once_and_the_next_beyond_the_bound_is_turned_away():
    async def one(port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"show server\r\n")
        async with asyncio.timeout(30):
            await reader.readuntil(b"port 7000;")
        return reader, writer

    async def work(manager, port):
        sessions = await asyncio.gather(*(one(port) for _ in range(32)))
        reader, late = await asyncio.open_connection("127.0.0.1", port)
        async with asyncio.timeout(20):
            assert b"too many sessions" in await reader.read()
        for writer in (late, *(writer for _, writer in sessions)):
            writer.close()

    serve(work)


@pytest.mark.parametrize(
    "flood",
    [
        b"\xff\xfa\x1f\x00\xff\xf0" * 400_000,
        b"\xff\xf1" * 1_000_000,
        b"\xff\xf6" * 1_000_000,
        b"\xff\xfd\x01" * 500_000,
        b"\xff\xfa\x18" + b"x" * 2_000_000,
        b"x" * 2_000_000,
        b"\x1b[" * 500_000,
    ],
    ids=["bad naws", "nop", "are you there", "do echo", "endless subnegotiation", "no newline", "escapes"],
)
def test_a_flood_is_slowed_or_cut_off_and_others_are_served(flood, caplog):
    async def work(manager, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(flood)
        other, typing = await asyncio.open_connection("127.0.0.1", port)
        typing.write(b"show server\r\n")
        async with asyncio.timeout(20):
            await other.readuntil(b"port 7000;")
        writer.transport.abort()
        typing.close()
        del reader

    serve(work)
    assert sum(len(one.getMessage()) for one in caplog.records) < 10_000


def test_a_session_that_is_silent_is_closed():
    async def work(manager, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        async with asyncio.timeout(20):
            assert b"good bye" in await reader.read()
        writer.close()

    serve(work, query="?idle=1")


def test_a_taken_port_raises():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()

        async def work():
            manager = Manager(service=Echo())
            manager.add_access(f"telnet://127.0.0.1:{taken.getsockname()[1]}")
            with pytest.raises(OSError, match="cannot listen"):
                await manager.start()

        asyncio.run(work())
