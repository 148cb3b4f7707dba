"""Maintenance by itself: a process of its own, so that packing takes no time from those who answer."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from random import uniform
from subprocess import STDOUT

import anyio
import structlog

from gitconfig_server.errors import GitConfigError
from gitconfig_server.service.crossing import Crossing
from gitconfig_server.storage.base import StoredRepository
from gitconfig_server.storage.upkeep import LEASE, Due

log = structlog.get_logger()

_COMMAND = (sys.executable, "-m", "gitconfig_server", "maintenance", "--due")
_NICE = 10
"""Those who answer come first."""


@asynccontextmanager
async def keeping_up(crossing: Crossing, stored: StoredRepository, url: str, every: float) -> AsyncIterator[None]:
    """Within it somebody looks, every so many seconds (0: never), whether there is much to pack, and packs it.

    Every worker of every server does; who has the lease of maintenance works. When the block ends, so does the work,
    which may be broken off anywhere.
    """
    if not every or not stored.writable or stored.upkeep is None:
        yield
        return
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_keep_up, crossing, stored, url, every)
        yield
        tasks.cancel_scope.cancel()


async def _keep_up(crossing: Crossing, stored: StoredRepository, url: str, every: float) -> None:
    while True:
        await anyio.sleep(uniform(0.5, 1.5) * every)  # not all servers at the same time
        try:
            if await crossing.run(_is_ours, stored):
                await _maintain(url)
        except (GitConfigError, OSError) as error:
            log.warning("maintenance", error=str(error))


def _is_ours(stored: StoredRepository) -> bool:
    """Whether there is something to do that nobody else does."""
    if stored.upkeep is None or stored.upkeep.due() is Due.NOTHING:
        return False
    with stored.lease(LEASE) as lease:
        return lease is not None


async def _maintain(url: str) -> None:
    # the URL may hold a password: the arguments of a process are seen by everybody
    env = {**os.environ, "GITCONFIG_REPOSITORY": url}
    with tempfile.TemporaryFile() as output:
        async with await anyio.open_process(_COMMAND, env=env, stdout=output, stderr=STDOUT) as process:
            with suppress(ProcessLookupError):
                os.setpriority(os.PRIO_PROCESS, process.pid, _NICE)
            code = await process.wait()
        output.seek(0)
        told = output.read()[-500:].decode(errors="replace").strip()
    if code:
        log.warning("maintenance", exit=code, error=told)
    else:
        log.info("maintenance", done=told)
