"""kill -9 while a Manager saves to files: what is there afterwards is what was saved before, or what is new, whole."""

import asyncio
import json
import os
import signal
from datetime import UTC, datetime
from pathlib import Path

from faults.storage_faults import EVERYTHING, KillBefore, assert_fsck_clean, folder_in_memory, git, run_and_die

from gitconfig_server.manager import Manager
from gitconfig_server.manager.snapshots import Snapshots
from gitconfig_server.manager.storing.base import LoadedConfiguration
from gitconfig_server.storage.disk import storage

OLD, NEW = ({"name": name, "ports": {"a": port}} for name, port in (("old", 1), ("new", 2)))


class KillBeforeRename(KillBefore):
    """Dies between what is written and the rename by which it comes in force; with ``--all`` before any step."""

    def step(self, operation: str, path: str, detail: str | bytes = b"") -> None:
        if EVERYTHING or operation == "rename":
            super().step(operation, path, detail)


async def save(url: Path, data: dict, message: str) -> None:
    async with Manager(f"file://{url}", server_id="echo", follow=False) as manager:
        await manager.set("", data)
        await manager.save_running(message)


async def saved(url: Path) -> tuple[object, list[str]]:
    async with Manager(f"file://{url}", server_id="echo", follow=False) as manager:
        return await manager.get(), [one.message for one in await manager.list_saved()]


def save_dying(url: Path, steps: int) -> None:
    files = KillBeforeRename(steps)
    storage.DiskFiles = lambda: files  # type: ignore[misc,assignment]
    asyncio.run(save(url, NEW, "new"))


def test_a_save_that_is_killed_between_write_and_rename_leaves_the_old_or_the_new():
    seen = []
    for steps in range(1, 10_000):
        with folder_in_memory() as folder:
            url = folder / "c.git"
            asyncio.run(save(url, OLD, "old"))
            has_ended = run_and_die(lambda url=url, steps=steps: save_dying(url, steps))
            found = asyncio.run(saved(url))
            assert found in ((OLD, ["old"]), (NEW, ["new", "old"]))
            seen.append(found[0])
            assert_fsck_clean(url)
            asyncio.run(save(url, {"name": "next"}, "next"))  # no lock that is left over stands in the way
            assert git(url, "show", "main:echo.yml").stdout == "name: next\n"
            if has_ended:
                assert steps > 3
                assert seen == sorted(seen, key=[OLD, NEW].index)  # acknowledged is the last of them, with the new
                assert (seen[0], seen[-1]) == (OLD, NEW)
                return
    raise AssertionError("it never came to an end")


def test_a_snapshot_that_is_killed_between_write_and_rename_is_the_old_one(tmp_path):
    snapshots = Snapshots(tmp_path, "echo", now=lambda: datetime(2026, 1, 1, tzinfo=UTC))
    snapshots.write(LoadedConfiguration(OLD))

    def write_dying() -> None:
        Path.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[method-assign,assignment,return-value]
        snapshots.write(LoadedConfiguration(NEW))

    assert not run_and_die(write_dying)
    found = snapshots.read()
    assert found is not None
    assert found.loaded.own == OLD
    assert {json.loads(one.read_text())["own"]["name"] for one in tmp_path.iterdir()} == {"old", "new"}
    snapshots.write(LoadedConfiguration(NEW))
    assert snapshots.read() is not None
