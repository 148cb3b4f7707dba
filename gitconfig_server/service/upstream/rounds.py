"""Upstream mode: the repository follows a remote one, and, where it may, brings there what is saved here.

One process at a time does a round; all of them, and the next start, know how it went. No client's request waits for
the remote.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager, suppress
from random import random

import anyio
import structlog
from msgspec import Struct

from gitconfig_server.disclosure import disclose
from gitconfig_server.errors import GitConfigError
from gitconfig_server.model.replace import replace
from gitconfig_server.service.upstream.exchange import Exchange
from gitconfig_server.service.upstream.schedule import Bell, Schedule
from gitconfig_server.service.upstream.status import SharedStatus, Status
from gitconfig_server.storage.base import JournalRecord, Lease

log = structlog.get_logger()

ROUND_PATIENCE = 20
"""A round takes at most this many times as long as the remote may be silent."""

_BUSY = 0.05
"""Seconds between looks at a lease that another process has."""

_JUST_NOW = 2.0
"""Processes that start together share a round that began no longer ago than this; one that failed is done again."""

_TOO_SLOW = "the remote is too slow: the round was given up (setting upstream.timeout)"

_OURS = "upstream"
"""What the reasons of our own moves begin with."""


class Shared(Struct, frozen=True):
    """What the processes of one repository have in common."""

    status: SharedStatus
    lease: Callable[[], AbstractContextManager[Lease | None]]
    """Who has it follows."""


class Upstream:
    """Follows a remote while ``running``. ``trigger``, ``hear`` and ``status`` may be called from any thread."""

    def __init__(
        self,
        exchange: Exchange,
        shared: Shared,
        schedule: Schedule,
        *,
        patience: float,
        now: Callable[[], float] = time.time,
        bell: Bell | None = None,
    ) -> None:
        self._exchange = exchange
        self._shared = shared
        self._schedule = schedule
        self._patience = patience
        self._now = now
        self._bell = bell or Bell()

    def trigger(self) -> None:
        """Ask for a round that begins after now; many calls before it begins make one round."""
        self._bell.ring()

    def hear(self, record: JournalRecord) -> None:
        """A listener of the repository: what was moved here is to be pushed."""
        if not record.reason.startswith(_OURS):
            self.trigger()

    def status(self) -> Status:
        """How following goes, whichever process does it."""
        return self._shared.status.read()

    @asynccontextmanager
    async def running(self, wait: float) -> AsyncIterator[None]:
        """Follow within the block, which begins after the first round, or after ``wait`` seconds if that is sooner."""
        begun = asyncio.Event()
        task = asyncio.create_task(self._run(begun))
        try:
            with anyio.move_on_after(wait):
                await begun.wait()
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def follow(self, since: float | None = None) -> None:
        """One round, unless one that another process began after ``since`` (None: now) is complete by then."""
        since = self._now() if since is None else since
        while True:
            async with self._leased() as mine:
                if mine:
                    before = self.status()
                    if before.attempted is None or not since < before.attempted <= self._now():
                        await self._round(before)
                    return
            await anyio.sleep(_BUSY)

    async def _run(self, begun: asyncio.Event) -> None:
        since = self._now() - (0 if self.status().error else _JUST_NOW)
        while True:
            try:
                await self.follow(since)
            except Exception as error:  # the last good state is served, and the next round may do better
                log.exception("upstream", remote=self._exchange.remote.name)
                unexpected = f"unexpected failure, which the log has: {type(error).__name__}"
                self._shared.status.write(_failed(self.status(), unexpected))
            begun.set()
            delay = self._schedule.delay(self.status().failures, random)
            rung = await self._bell.wait(delay)
            since = self._now() - (0 if rung else (delay or 0) / 2)

    @asynccontextmanager
    async def _leased(self) -> AsyncIterator[bool]:
        """Whether the lease was to be had; held within the block. A database may take its time to answer."""
        lease, crossing = self._shared.lease(), self._exchange.crossing
        with anyio.CancelScope(shield=True):
            mine = await crossing.run(lease.__enter__)
        try:
            yield mine is not None
        finally:
            with anyio.CancelScope(shield=True):
                await crossing.run(lease.__exit__, None, None, None)

    async def _round(self, before: Status) -> None:
        status = replace(before, attempted=self._now())
        try:
            with anyio.fail_after(self._patience * ROUND_PATIENCE):
                status = await self._agreed(status)
        except TimeoutError:
            status = await self._broken_off(status, _TOO_SLOW)
        except GitConfigError as error:
            status = await self._broken_off(status, disclose(error))
        self._shared.status.write(status)
        self._tell(before, status)

    async def _agreed(self, status: Status) -> Status:
        """What the status is after both halves of a round; a push that fails leaves what was fetched."""
        remote, troubles = await self._exchange.fetch(status.troubles)
        default = self._exchange.default_label(remote)
        status = replace(status, fetched=self._now(), troubles=tuple(troubles), error="", default=default)
        try:
            troubles += await self._exchange.push(remote)
        except GitConfigError as error:
            return await self._broken_off(status, disclose(error))
        unpushed = await self._exchange.unpushed()
        stuck = {trouble.label for trouble in troubles if trouble.rule == "conflict"}
        failures = status.failures + 1 if set(unpushed) - stuck else 0
        return replace(status, troubles=tuple(troubles), unpushed=unpushed, failures=failures)

    async def _broken_off(self, status: Status, error: str) -> Status:
        """What was saved here meanwhile is still to be pushed, whatever went wrong."""
        return replace(_failed(status, error), unpushed=await self._exchange.unpushed())

    def _tell(self, before: Status, after: Status) -> None:
        """Log what has changed."""
        told = log.bind(remote=after.remote)
        if after.fetched != before.fetched:
            say = told.info if before.fetched is None else told.debug
            say("fetched", seconds=round(self._now() - (after.attempted or 0), 1))
        if after.error and after.error != before.error:
            told.warning("upstream", error=after.error)
        elif before.error and not after.error:
            told.info("upstream", error="", again=True)
        for one in (trouble for trouble in after.troubles if trouble not in before.troubles):
            told.warning("upstream", label=one.label, rule=one.rule, reason=one.reason, files=list(one.files))


def _failed(status: Status, error: str) -> Status:
    return replace(status, failures=status.failures + 1, error=error)
