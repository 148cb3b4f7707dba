"""What is kept, on every store: the same rows on disk, in memory, SQLite, PostgreSQL, behind a server, and a third
party's adaptor."""

import asyncio
import os
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict, SecretStr, field_serializer
from support.services import Echo
from support.stores import REPOSITORIES, Files, place

from gitconfig_server.errors import StorageError
from gitconfig_server.manager import Manager, StorageAdaptor, register_storage_adaptor
from gitconfig_server.manager.bindings.adapters import plain_model
from gitconfig_server.manager.errors import (
    BadStorageURLFormat,
    CannotBeSaved,
    LookupFailed,
    NotAllowed,
    SchemeTaken,
    UnknownScheme,
)
from gitconfig_server.manager.nodes.values import MASK
from gitconfig_server.manager.storing.adaptors import create_storage_adaptor
from gitconfig_server.manager.storing.opening import default_server_id, storage_url

EVERYTHING = bool(os.environ.get("GITCONFIG_TEST_ALL"))
"""Whether to repeat what is usually done on a sample."""


@pytest.mark.parametrize("kind", [*REPOSITORIES, "adaptor"])
def test_saved_staged_history_and_rollback(kind, tmp_path):
    async def work():
        async with place(kind, tmp_path) as url:
            async with Manager(url, service=Echo(), server_id="echo") as manager:
                names = []
                for port in (1, 2, 3):
                    await manager.set("server/port", port)
                    names.append((await manager.save_running(f"port {port}")).name)
                await manager.stage({"server/port": 9})
                await manager.save_staged()
                await manager.save_staged()
            service = Echo()
            async with Manager(url, service=service, server_id="echo") as manager:
                assert service.port == 3
                assert [one.name for one in await manager.list_saved()] == names[::-1]
                assert (await manager.load_saved(names[0]))["server"]["port"] == 1
                assert [one.new for one in await manager.compare(names[0], names[1])] == [2]
                await manager.restore_staged()
                assert await manager.get("/config/staged/server/port") == 9
                await manager.rollback(names[0])
                assert service.port == 1
                assert len(await manager.list_saved()) == 4
                await manager.prune_saved(datetime.now(UTC) + timedelta(days=1))
                assert len(await manager.list_saved()) == 1
                await manager.restore_staged()
            async with Manager(url, service=Echo(), server_id="other") as other:
                assert await other.list_saved() == []
                with pytest.raises(LookupFailed):
                    await other.restore_staged()

    asyncio.run(work())


@pytest.mark.parametrize("kind", REPOSITORIES)
def test_names_and_values_come_back_as_they_are(kind, tmp_path):
    data = {
        "10.0.0.1": {"a.b": 1, "": None} | {"x/y": "0755", "on": "yes", "tilde~": "~"},
        "empty": {"object": {}, "list": [], "null": None, "text": ""},
        "numbers": [1, 1.5, True, False, -3, 10**25],
        "order": {"z": 1, "a": 2, "m": 3},
        "unicode": "ä😀\n  line",
        "list": [{"b": 1, "a": [1, [2]]}, "x"],
    }
    del data["10.0.0.1"][""]

    async def work():
        async with place(kind, tmp_path) as url:
            async with Manager(url, server_id="echo") as manager:
                await manager.set("", data)
                await manager.save_running()
            async with Manager(url, server_id="echo") as manager:
                assert await manager.get() == data
                assert list((await manager.get())["order"]) == ["z", "a", "m"]
                assert type((await manager.get())["numbers"][2]) is bool

    asyncio.run(work())


@pytest.mark.parametrize("kind", ["disk", "sqlite"])
def test_fast_saves_are_unique_and_ordered(kind, tmp_path):
    count = 1000 if EVERYTHING and kind == "sqlite" else 60

    async def work():
        async with place(kind, tmp_path) as url, Manager(url, server_id="echo", follow=False) as manager:
            for number in range(count):
                await manager.set("n", number)
                await manager.save_running(str(number))
            found = await manager.list_saved(2 * count)
            assert [one.message for one in found] == [str(number) for number in reversed(range(count))]
            assert len({one.name for one in found}) == count

    asyncio.run(work())


def test_a_second_adaptor_of_a_scheme_and_an_unknown_scheme_are_refused():
    with pytest.raises(KeyError, match="Adaptor scheme files already registered") as raised:
        register_storage_adaptor("files", Files)
    assert isinstance(raised.value, SchemeTaken)
    with pytest.raises(KeyError, match="No implementation for scheme nothing") as unknown:
        create_storage_adaptor("echo", "nothing://x")
    assert isinstance(unknown.value, UnknownScheme)


def test_a_broken_adaptor_stops_nothing():
    class Broken(Files):
        def __init__(self, server_id, url):
            StorageAdaptor.__init__(self, server_id, url)

        def load_current(self):
            return {}

        def list_saved(self):
            return []

        def save_current(self, settings):
            raise ZeroDivisionError("no")

    register_storage_adaptor("broken", Broken)
    service = Echo()

    async def work():
        async with Manager("broken://", service=service, server_id="echo") as manager:
            await manager.set("server/port", 5)
            with pytest.raises(StorageError, match="ZeroDivisionError: no"):
                await manager.save_running()
            assert service.port == 5

    asyncio.run(work())


def test_two_processes_on_an_adaptor_lose_nothing_and_save_nothing_twice(tmp_path):
    async def work():
        url = f"files://{tmp_path}"
        options = {"server_id": "echo", "follow": False}
        async with Manager(url, **options) as first, Manager(url, **options) as second:
            await first.set("a", 1)
            assert await first.save_running() is not None
            assert await first.save_running() is None
            await second.set("b", 2)
            assert await second.save_running() is not None
            assert await second.get() == {"a": 1, "b": 2}
            assert len(await second.list_saved()) == 2

    asyncio.run(work())


def test_an_adaptor_that_gives_no_times_is_named():
    class Texts(Files):
        def __init__(self, server_id, url):
            StorageAdaptor.__init__(self, server_id, url)

        def list_saved(self):
            return ["2026-01-31"]

    register_storage_adaptor("texts", Texts)

    async def work():
        with pytest.raises(StorageError, match=r"texts://: list_saved gives a str: expected datetimes"):
            await Manager("texts://", server_id="echo").start()

    asyncio.run(work())


def test_a_store_that_goes_away_is_found_again(tmp_path):
    service = Echo()
    url = tmp_path / "c.git"

    async def work():
        async with Manager(str(url), service=service, server_id="echo", poll=0.02) as manager:
            await manager.save_running()
            url.rename(tmp_path / "away.git")
            await _until(lambda: manager.status()["state"] == "stale")
            await manager.set("server/port", 5)
            assert service.port == 5
            (tmp_path / "away.git").rename(url)
            await _until(lambda: manager.status()["state"] == "current")
            assert await manager.save_running() is not None

    asyncio.run(work())


async def _until(is_so):
    async with asyncio.timeout(20):
        while not is_so():  # noqa: ASYNC110 - what is waited for is the Manager's own round
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("sqlite:///echo.db", "sqlite://echo.db"),
        ("sqlite://test.db", "sqlite://test.db"),
        ("sqlite3://test.db", "sqlite://test.db"),
        ("sqlite:////var/lib/echo.db", "sqlite:////var/lib/echo.db"),
        ("sqlite:///var/lib/echo.db", "sqlite:///var/lib/echo.db"),
        ("sqlite:///:memory:", "memory://"),
        ("postgres://host/db", "postgresql://host/db"),
        ("/srv/config.git", "/srv/config.git"),
    ],
)
def test_spellings_of_urls(given, meant):
    assert storage_url(given) == meant


@pytest.mark.parametrize("url", ["", " ", ["http://a", "/b"], []])
def test_urls_that_cannot_be_read_are_refused(url):
    async def work():
        manager = Manager(server_id="echo")
        with pytest.raises((BadStorageURLFormat, NotAllowed)):
            manager.set_config("echo", url)

    asyncio.run(work())


def test_a_class_gives_its_name():
    class EchoServer:
        pass

    class HTTPProxy2:
        pass

    assert (default_server_id(EchoServer), default_server_id(HTTPProxy2)) == ("echo-server", "http-proxy2")


def test_a_secret_is_saved_encrypted_or_not_at_all_and_its_mask_means_unchanged(tmp_path, monkeypatch):
    class Settings(BaseModel):
        dsn: SecretStr = SecretStr("first")
        pool: int = 1

    url = str(tmp_path / "c.git")

    async def work():
        async with Manager(url, model=Settings, server_id="echo") as manager:
            with pytest.raises(CannotBeSaved, match="dsn: a secret is saved encrypted or not at all"):
                await manager.save_running()
        monkeypatch.setenv("GITCONFIG_ENCRYPT__KEY", "a key")
        async with Manager(url, model=Settings, server_id="echo") as manager:
            await manager.set("dsn", "second")
            await manager.save_running()
            stored = manager._keeping.loaded.own["dsn"]
            assert stored.startswith("{cipher}")
            await manager.set("", {"dsn": MASK, "pool": 2})
            assert manager.snapshot().dsn.get_secret_value() == "second"
            await manager.save_running()
            assert manager._keeping.loaded.own == {"dsn": stored, "pool": 2}
        async with Manager(url, model=Settings, server_id="echo") as manager:
            assert manager.snapshot() == Settings(dsn=SecretStr("second"), pool=2)

    asyncio.run(work())


def test_rich_values_are_kept_where_they_read_back_equal(tmp_path):
    class Rich(BaseModel):
        model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")
        raw: bytes = b""
        at: datetime = datetime(2026, 1, 1, tzinfo=UTC)
        price: Decimal = Decimal("1.10")
        path: Path = Path("/a")
        names: set[str] = set()
        wait: timedelta = timedelta(seconds=90)

    class Lossy(BaseModel):
        number: float = 1.5

        @field_serializer("number")
        def rounded(self, number: float) -> int:
            return round(number)

    url = str(tmp_path / "c.git")
    wanted = Rich(raw=b"\xff\x00", price=Decimal("2.50"), names={"b", "a"})

    async def work():
        async with Manager(url, model=Rich, server_id="rich") as manager:
            await manager.set("", plain_model(wanted))
            await manager.save_running()
            assert manager._keeping.loaded.own["names"] == ["a", "b"]
        async with Manager(url, model=Rich, server_id="rich") as manager:
            assert manager.snapshot() == wanted
        async with Manager(url, model=Lossy, server_id="lossy") as manager:
            with pytest.raises(CannotBeSaved):
                await manager.save_running()

    asyncio.run(work())
