"""Servers as a store: who is asking, which of several answers, and what following them costs."""

import asyncio
from base64 import b64encode
from contextlib import asynccontextmanager

import pytest
from support.live import live
from support.services import Echo

from gitconfig_server import create_app
from gitconfig_server.errors import Denied, InvalidSettings
from gitconfig_server.manager import Manager
from gitconfig_server.model.pending import Brake
from gitconfig_server.model.principals import Principal
from gitconfig_server.service.opening import open_stored
from gitconfig_server.settings import Settings


class Gate:
    """Stands in front of a server, as a proxy does: who does not say ``secret`` gets 401. Notes what passes."""

    def __init__(self, app, secret=""):
        self.app, self.secret, self.passed = app, secret, []

    async def __call__(self, scope, receive, send):
        headers = dict(scope.get("headers", ()))
        if self.secret and headers.get(b"authorization") != self.secret.encode():
            await send({"type": "http.response.start", "status": 401, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body", "body": b""})
            return

        async def noted(message):
            if message["type"] == "http.response.start":
                self.passed.append((scope["method"], scope["path"], message["status"]))
            await send(message)

        await self.app({**scope, "extensions": {}}, receive, noted)  # nothing is answered before it comes here


@asynccontextmanager
async def served(tmp_path, secret=""):
    """A gate, and the address behind it."""
    repository = str(tmp_path / "served.git")
    open_stored(repository, make=True).storage.close()
    gate = Gate(create_app(Settings(repository=repository)), secret)
    async with live(gate) as server:
        yield gate, f"127.0.0.1:{server.port}"


async def until(is_so):
    async with asyncio.timeout(20):
        while not is_so():  # noqa: ASYNC110 - what is waited for is the Manager's own round
            await asyncio.sleep(0.01)


def test_basic_in_the_url_is_sent_and_shown_nowhere(tmp_path):
    async def work():
        secret = "Basic " + b64encode(b"ann:pass word").decode()
        async with served(tmp_path, secret) as (_, place):
            async with Manager(f"http://ann:pass%20word@{place}", server_id="echo", follow=False) as manager:
                await manager.set("a", 1)
                assert await manager.save_running() is not None
                assert "pass" not in str(manager.status())
            with pytest.raises(Denied) as raised:
                await Manager(f"http://ann:wrong@{place}", server_id="echo", fail_fast=True).start()
            assert "wrong" not in str(raised.value)

    asyncio.run(work())


def test_a_token_comes_from_its_file(tmp_path):
    async def work():
        token = tmp_path / "token"
        token.write_text("to-ken\n")
        async with served(tmp_path, "Bearer to-ken") as (_, place):
            async with Manager(f"http://{place}", server_id="echo", token_file=token, follow=False) as manager:
                await manager.set("a", 1)
                assert await manager.save_running() is not None
            token.write_text("another")
            with pytest.raises(Denied):
                await Manager(f"http://{place}", server_id="echo", token_file=token, fail_fast=True).start()
            with pytest.raises(InvalidSettings, match="token_file"):
                await Manager(f"http://{place}", server_id="echo", token_file=tmp_path / "none").start()

    asyncio.run(work())


def test_following_asks_whether_anything_is_new_and_loads_only_then(tmp_path):
    async def work():
        async with (
            served(tmp_path) as (gate, place),
            Manager(f"http://{place}", server_id="echo", follow=False) as writer,
            Manager(f"http://{place}", server_id="other", follow=False) as other,
        ):
            await writer.set("server", {"port": 1})
            await writer.save_running()
            service = Echo()
            async with Manager(f"http://{place}", service=service, server_id="echo", poll=0.02) as manager:
                assert service.port == 1
                gate.passed.clear()
                await other.set("x", 1)
                await other.save_running()  # moves the label, and is no news to echo
                gate.passed.clear()
                await until(lambda: len(gate.passed) > 5)
                assert set(gate.passed) == {("GET", "/api/v1/environments/echo/default", 304)}
                await writer.set("server/port", 2)
                await writer.save_running()
                await until(lambda: service.port == 2)
                assert manager.status()["state"] == "current"

    asyncio.run(work())


def test_what_readers_of_the_label_get_is_followed_pins_too(tmp_path):
    async def work():
        async with (
            served(tmp_path) as (_, place),
            Manager(f"http://{place}", server_id="echo", follow=False) as writer,
        ):
            await writer.set("server", {"port": 1})
            first = await writer.save_running()
            await writer.set("server/port", 2)
            await writer.save_running()
            service = Echo()
            async with Manager(f"http://{place}", service=service, server_id="echo", poll=0.02):
                assert service.port == 2
                server, who = writer._keeping.store.service, Principal("ann")
                await server.pin(who, "main", Brake("back", revision=first.commit))
                await until(lambda: service.port == 1)
                await server.unpin(who, "main")
                await until(lambda: service.port == 2)

    asyncio.run(work())


def test_the_next_of_several_servers_answers_when_the_first_does_not(tmp_path):
    async def work():
        async with served(tmp_path) as (_, place):
            urls = ["http://127.0.0.1:9", f"http://{place}"]
            async with Manager(urls, server_id="echo", follow=False) as manager:
                await manager.set("a", 1)
                assert await manager.save_running() is not None
                assert manager.status()["state"] == "current"

    asyncio.run(work())
