"""Writing into the journal what has come to its end by itself: readers know without it, listeners do not."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import anyio
import structlog

from gitconfig_server.errors import GitConfigError
from gitconfig_server.service.crossing import Crossing

log = structlog.get_logger()

_EVERY_SECONDS = 1.0


@asynccontextmanager
async def tidying(crossing: Crossing, remove_ended: Callable[[], int]) -> AsyncIterator[None]:
    """Within it ``remove_ended`` is called again and again. Every worker does: whoever is first writes it down."""
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_tidy, crossing, remove_ended)
        yield
        tasks.cancel_scope.cancel()


async def _tidy(crossing: Crossing, remove_ended: Callable[[], int]) -> None:
    while True:
        await anyio.sleep(_EVERY_SECONDS)
        try:
            await crossing.write(remove_ended)
        except GitConfigError as error:  # nothing depends on it: a folder may be read-only, a database away
            log.debug("tidying", code=error.code, error=str(error))
