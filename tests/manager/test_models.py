"""A pydantic model as configuration: its version, who follows it, where its values come from."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Annotated

import httpx
import pytest
from fastapi import Depends, FastAPI
from pydantic import BaseModel, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from gitconfig_server.manager import ApplyAborted, ApplyFailed, Manager, Misfit
from gitconfig_server.manager.errors import LookupFailed, NotFoundYet
from gitconfig_server.manager.snapshots import Snapshots
from gitconfig_server.manager.storing.base import LoadedConfiguration


class Pool(BaseModel):
    size: int = Field(default=10, ge=1, le=200)


class Settings(BaseModel):
    pool: Pool = Pool()
    name: str = "prices"
    workers: int = Field(default=4, json_schema_extra={"x-restart": True})


def test_a_snapshot_is_one_version_and_a_pinned_one_stays():
    async def work():
        manager = Manager(model=Settings)
        with pytest.raises(NotFoundYet, match="Settings has no values yet: start the Manager first"):
            manager.snapshot()
        async with manager:
            before = manager.snapshot()
            assert manager.snapshot() is before
            assert await manager.current() is before
            with manager.pinned() as settings:
                await manager.set("pool/size", 20)
                assert settings.pool.size == 10
            assert manager.snapshot().pool.size == 20
            applied = await manager.set("workers", 5)
            assert applied.restart_required == ("workers",)
            assert manager.status()["restart_required"] == ["workers"]

    asyncio.run(work())


def test_a_request_of_fastapi_gets_one_version():
    manager = Manager(model=Settings)
    app = FastAPI()

    @app.get("/size")
    async def size(settings: Annotated[Settings, Depends(manager.current)]) -> int:
        return settings.pool.size

    async def work():
        async with (
            manager,
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client,
        ):
            await manager.set("pool/size", 7)
            assert (await client.get("/size")).json() == 7

    asyncio.run(work())


def test_followers_prepare_and_swap_or_are_told_to_abort():
    manager, heard = Manager(model=Settings), []

    @manager.applies("pool")
    def follow(old, new):
        heard.append(("prepare", old and old.pool.size, new.pool.size))
        try:
            yield
        except ApplyAborted:
            heard.append("abort")
            raise
        heard.append("swap")

    @manager.applies("name")
    def refuse(old, new):
        if new.name == "bad":
            raise ValueError("no such name")
        yield

    async def work():
        async with manager:
            heard.clear()
            await manager.set("pool/size", 20)
            assert heard == [("prepare", 10, 20), "swap"]
            heard.clear()
            await manager.set("workers", 9)
            assert heard == []
            with pytest.raises(ApplyFailed, match="name: no such name"):
                await manager.set("", {"pool": {"size": 30}, "name": "bad"})
            assert heard == [("prepare", 20, 30), "abort"]
            assert manager.snapshot().pool.size == 20

    asyncio.run(work())


def test_a_fresh_model_has_nothing_unsaved_and_says_which_names_there_are(tmp_path):
    async def work():
        async with Manager(str(tmp_path / "c.git"), model=Settings) as manager:
            assert manager.status()["unsaved"] == 0
            await manager.set("pool/size", 20)
            assert manager.status()["unsaved"] == 1
            with pytest.raises(LookupFailed, match="expected one of pool, name, workers"):
                await manager.set("nothing", 1)
            await manager.save_running()
            assert manager.status()["unsaved"] == 0

    asyncio.run(work())


def test_a_model_says_every_place_that_does_not_fit():
    async def work():
        async with Manager(model=Settings) as manager:
            with pytest.raises(Misfit) as raised:
                await manager.set("", {"pool": {"size": 500}, "workers": "many"})
            assert {one.path for one in raised.value.problems} == {"pool/size", "workers"}
            assert manager.snapshot() == Settings()

    asyncio.run(work())


def test_the_environment_wins_and_is_not_saved(tmp_path, monkeypatch):
    class FromEnvironment(BaseSettings):
        model_config = SettingsConfigDict(env_prefix="PRICES_")
        size: int = 10
        name: str = "prices"

    monkeypatch.setenv("PRICES_SIZE", "7")

    async def work():
        async with Manager(str(tmp_path / "c.git"), model=FromEnvironment, application="prices") as manager:
            assert manager.snapshot().size == 7
            await manager.set("name", "other")
            await manager.save_running()
            assert (manager.origin("size"), manager.origin("name")) == ("env", "prices.yml")
            assert manager._keeping.loaded.own == {"name": "other"}

    asyncio.run(work())


def test_an_attribute_can_be_bound_by_hand():
    class Plain:
        port: int = 7000
        name = None

    owner = Plain()

    async def work():
        manager = Manager(server_id="plain")
        manager.bind_attribute("server/port", owner, "port")
        manager.bind_attribute("server/name", owner, "name", type=str | None)
        async with manager:
            await manager.set("server", {"port": 5, "name": "x"})
            assert (owner.port, owner.name) == (5, "x")
            with pytest.raises(Misfit, match="server/port"):
                await manager.set("server/port", True)

    asyncio.run(work())


def test_what_is_only_written_is_shown_as_it_was_set_last(tmp_path):
    url = str(tmp_path / "c.git")

    async def work(first):
        got = []
        manager = Manager(url, server_id="plain")
        manager.bind("level", set=got.append, type=int)
        async with manager:
            if first:
                assert await manager.get() == {}
                await manager.set("level", 3)
                assert await manager.get("level") == 3
                await manager.save_running()
            assert got == [3]

    asyncio.run(work(True))
    asyncio.run(work(False))


def test_a_snapshot_that_is_too_old_is_not_used(tmp_path):
    at = datetime(2026, 1, 1, tzinfo=UTC)
    Snapshots(tmp_path, "echo", now=lambda: at).write(LoadedConfiguration({"a": 1}))
    later = at + timedelta(hours=25)
    assert Snapshots(tmp_path, "echo", 86400, now=lambda: later).read() is None
    found = Snapshots(tmp_path, "echo", 90000, now=lambda: later).read()
    assert (found.loaded.own, found.age) == ({"a": 1}, 90000)
    (tmp_path / "echo.json").write_text("{")
    assert Snapshots(tmp_path, "echo").read() is None
