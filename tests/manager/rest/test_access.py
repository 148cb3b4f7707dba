"""Listening: TLS with a certificate of our own, client certificates, names and secrets, unix sockets."""

import asyncio
import logging
import re
import socket
import stat
import threading
from base64 import b64encode

import pytest
from support.certificates import Authority
from support.services import Echo

from gitconfig_server.errors import InvalidSettings
from gitconfig_server.manager import Manager
from gitconfig_server.manager import get as config_get
from gitconfig_server.manager import set as config_set


class Slow:
    """A service whose setter ends when it is told to."""

    def __init__(self):
        self.pace, self.begun, self.may_end = 1, asyncio.Event(), asyncio.Event()

    @config_get("pace")
    def get_pace(self) -> int:
        return self.pace

    @config_set("pace")
    async def set_pace(self, pace: int):
        self.begun.set()
        await self.may_end.wait()
        self.pace = pace


async def curl(*arguments):
    """Exit code and what curl prints: body, then the status in a line of its own."""
    command = ["curl", "-sS", "--max-time", "20", "-w", "\n%{http_code}", *map(str, arguments)]
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    body, _, status = out.decode().rpartition("\n")
    return process.returncode, status, body


def serve(url, work, service=None):
    async def run():
        manager = Manager(service=service or Echo())
        access = manager.add_access(url)
        async with manager:
            return await work(manager, access)

    return asyncio.run(run())


def test_curl_over_https_with_a_certificate_of_our_own(tmp_path):
    authority = Authority(tmp_path)
    cert, key = authority.issue("server")
    service = Echo()

    async def work(manager, access):
        trusted = ("--cacert", authority.certificate)
        url = f"https://127.0.0.1:{access.port}/config/running/server/port"
        assert await curl(*trusted, url) == (0, "200", "7000")
        put = ("-X", "PUT", "-H", "Content-Type: application/json", "-d", "7001")
        assert (await curl(*trusted, *put, url))[1] == "200"
        assert service.port == 7001
        assert (await curl(url))[0] == 60  # the authority is unknown to curl
        assert (await curl(url.replace("https:", "http:")))[0] in (52, 56, 1)

    serve(f"rests://127.0.0.1:0?cert={cert}&key={key}", work, service)


def test_with_a_ca_only_who_has_a_certificate_gets_through(tmp_path):
    authority = Authority(tmp_path)
    cert, key = authority.issue("server")
    mine, secret = authority.issue("client")

    async def work(manager, access):
        trusted = ("--cacert", authority.certificate)
        url = f"https://127.0.0.1:{access.port}/config/running/server/port"
        assert (await curl(*trusted, "--cert", mine, "--key", secret, url))[:2] == (0, "200")
        assert (await curl(*trusted, url))[0] in (52, 55, 56)

    serve(f"rests://127.0.0.1:0?cert={cert}&key={key}&ca={authority.certificate}", work)


def test_names_and_secrets(tmp_path):
    auth = tmp_path / "auth"
    auth.write_text("# who may\nann:wonder:land\nbot:t0ken\n")

    async def work(manager, access):
        url = f"http://127.0.0.1:{access.port}/config/running/server/port"
        assert (await curl(url))[1] == "401"
        assert (await curl("-u", "ann:wonder:land", url))[1] == "200"
        assert (await curl("-u", "ann:t0ken", url))[1] == "401"
        assert (await curl("-u", "nobody:", url))[1] == "401"
        assert (await curl("-H", "Authorization: Bearer t0ken", url))[1] == "200"
        assert (await curl("-H", "Authorization: Bearer nope", url))[1] == "401"
        assert (await curl("-H", f"Authorization: Basic {b64encode(bytes([255])).decode()}", url))[1] == "401"

    serve(f"rest://127.0.0.1:0?auth={auth}", work)


def test_a_unix_socket_is_its_owners_alone_and_one_left_over_is_replaced(tmp_path):
    path = tmp_path / "control.sock"
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(path))
    left.close()

    async def work(manager, access):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert (await curl("--unix-socket", path, "http://x/config/running/server/port"))[1:] == ("200", "7000")

    serve(f"unix://{path}", work)
    assert not path.exists()


def test_a_taken_port_raises_and_everything_is_closed_again():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        async def work():
            manager = Manager(service=Echo())
            first = manager.add_access("rest://127.0.0.1:0")
            manager.add_access(f"rest://127.0.0.1:{port}")
            with pytest.raises(OSError, match=f"cannot listen on 127.0.0.1:{port}"):
                await manager.start()
            with socket.socket() as again:
                again.bind(("127.0.0.1", first.port))
            assert manager.status()["state"] == "stopped"

        asyncio.run(work())


@pytest.mark.parametrize(
    "url",
    [
        "rest://0.0.0.0:0",
        "rests://127.0.0.1:0",
        "rest://127.0.0.1:0?cert=x",
        "rest://127.0.0.1:0?colour=red",
        "rest://127.0.0.1:0?auth=/nowhere",
        "unix://",
    ],
)
def test_what_would_be_open_or_makes_no_sense_is_refused(url):
    async def work():
        manager = Manager(service=Echo())
        with pytest.raises(InvalidSettings):
            await _started(manager, url)

    asyncio.run(work())


def test_nothing_is_left_after_stop():
    before = threading.active_count()

    async def work(manager, access):
        assert (await curl(f"http://127.0.0.1:{access.port}/"))[1] == "200"
        return access.port

    port = serve("rest://127.0.0.1:0", work)
    with socket.socket() as again:
        again.bind(("127.0.0.1", port))
    deadline = threading.Event()
    for _ in range(100):
        if threading.active_count() <= before:
            break
        deadline.wait(0.05)
    assert threading.active_count() <= before


def test_a_change_over_rest_is_seen_by_the_service_and_the_other_way_round():
    service = Echo()

    async def work(manager, access):
        service.port = 5
        assert (await curl(f"http://127.0.0.1:{access.port}/config/running/server/port"))[2] == "5"
        assert (await curl(f"http://127.0.0.1:{access.port}/status/clients"))[2] == "0"

    serve("rest://127.0.0.1:0", work, service)


async def _started(manager, url):
    manager.add_access(url)
    await manager.start()


def test_files_of_tls_that_are_no_good_are_named(tmp_path):
    authority = Authority(tmp_path)
    cert, key = authority.issue("server")
    _, other = authority.issue("other")

    async def work():
        for query, told in [
            (f"cert={tmp_path}/none&key={key}", f"cert={tmp_path}/none cannot be read"),
            (f"cert={cert}&key={other}", f"cert={cert}, key={other}: no good for TLS"),
            (f"cert={cert}&key={key}&ca={key}", "no good for TLS"),
        ]:
            with pytest.raises(InvalidSettings, match=re.escape(told)):
                await _started(Manager(service=Echo()), f"rests://127.0.0.1:0?{query}")

    asyncio.run(work())


def test_a_stop_waits_for_what_is_being_answered_and_for_nothing_else():
    service = Slow()

    async def work(manager, access):
        idle_reader, idle = await asyncio.open_connection("127.0.0.1", access.port)
        url = f"http://127.0.0.1:{access.port}/config/running/pace"
        put = asyncio.create_task(curl("-X", "PUT", "-H", "Content-Type: application/json", "-d", "7", url))
        await service.begun.wait()
        stopping = asyncio.create_task(access.stop())
        assert await idle_reader.read() == b""
        service.may_end.set()
        assert (await put)[:2] == (0, "200")
        await stopping
        idle.close()

    serve("rest://127.0.0.1:0", work, service)
    assert service.pace == 7


def test_the_service_keeps_its_own_access_log(monkeypatch):
    log = logging.getLogger("uvicorn.access")
    monkeypatch.setattr(log, "propagate", True)
    log.addHandler(handler := logging.NullHandler())
    before = list(log.handlers)

    async def work(manager, access):
        assert (await curl(f"http://127.0.0.1:{access.port}/"))[1] == "200"
        assert log.handlers == before
        assert log.propagate

    try:
        serve("rest://127.0.0.1:0", work)
    finally:
        log.removeHandler(handler)


def test_a_stop_does_not_wait_for_who_never_ends_a_handshake(tmp_path):
    cert, key = Authority(tmp_path).issue("server")

    async def work(manager, access):
        _, writer = await asyncio.open_connection("127.0.0.1", access.port)
        writer.write(b"\x16\x03\x01")  # a record of TLS has begun
        await asyncio.sleep(0)
        await asyncio.wait_for(access.stop(), 30)
        writer.close()

    serve(f"rests://127.0.0.1:0?cert={cert}&key={key}", work)
