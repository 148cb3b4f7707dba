"""Commits that await their confirmation: confirmed, taken back, and told of when their time is over."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from gitconfig_server.errors import GitConfigError, InvalidInput, PendingEnded
from gitconfig_server.model.pending import Pending
from gitconfig_server.telnet.committing import COMMITTED
from gitconfig_server.telnet.notices import Notices
from gitconfig_server.telnet.stored.places import StoredPlace

log = logging.getLogger(__name__)

_LOOK_SECONDS = 0.5
"""How often one looks whether somebody has confirmed or cancelled over HTTP."""


class Confirmations:
    """All that telnet sessions have begun. The server judges deadlines; here one only looks, and tells."""

    def __init__(self, notices: Notices) -> None:
        self._notices = notices
        self._watched: dict[str, asyncio.Task[None]] = {}

    async def confirm(self, place: StoredPlace) -> list[str]:
        """Keep what telnet has put in force on this label and awaits that; nothing where nothing does."""
        pending = await self.pending(place)
        if pending is None or pending.id not in self._watched:
            return []
        return await self.confirm_any(place)

    async def confirm_any(self, place: StoredPlace) -> list[str]:
        """Keep what awaits it on the label, whoever has put it in force."""
        pending = await self._needed(place)
        self._forget(pending)
        done = await place.service.confirm(place.who, place.label, pending.id)
        return [COMMITTED, f"confirmed {(done.commit or '')[:12]}"]

    async def cancel(self, place: StoredPlace) -> list[str]:
        """Let readers get again what is saved."""
        pending = await self._needed(place)
        self._forget(pending)
        await place.service.cancel(place.who, place.label, pending.id)
        self._notices.tell(f"{pending.label}: what was not confirmed has been taken back: cancelled")
        return []

    async def pending(self, place: StoredPlace) -> Pending | None:
        """What awaits its confirmation."""
        return (await place.service.hanging(place.who, place.label)).pending

    def watch(self, place: StoredPlace, label: str, pending: str) -> None:
        """Tell all sessions what becomes of it."""
        self._watched[pending] = asyncio.ensure_future(self._tell_end(place, label, pending))

    async def stop(self) -> None:
        """Look no more; deadlines are the server's, which keeps them."""
        tasks = list(self._watched.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._watched.clear()

    async def _tell_end(self, place: StoredPlace, label: str, pending: str) -> None:
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            with suppress(GitConfigError):  # the storage may be away for a while
                found = await self.pending(place)
                if found is None or found.id != pending:
                    break
        self._watched.pop(pending, None)
        self._notices.tell(f"{label}: {await _ended(place, pending)}")

    async def _needed(self, place: StoredPlace) -> Pending:
        pending = await self.pending(place)
        if pending is None:
            raise InvalidInput("nothing awaits a confirmation")
        return pending

    def _forget(self, pending: Pending) -> None:
        """Whoever ends it tells of it."""
        if task := self._watched.pop(pending.id, None):
            task.cancel()


def told_pending(pending: Pending) -> dict[str, str]:
    """What ``status`` says of it."""
    return {
        "id": pending.id,
        "until": pending.deadline.isoformat(timespec="seconds"),
        "by": pending.actor,
        "commit": pending.commit[:12],
    }


async def _ended(place: StoredPlace, pending: str) -> str:
    """How something ended that hangs there no more: asking to prolong it is refused with the answer."""
    try:
        await place.service.extend(place.who, place.label, pending, 1)
    except PendingEnded as error:
        by = f" by {error.by}" if error.by else ""
        if error.how == "confirm":
            return f"what awaited its confirmation has been confirmed{by}"
        why = "nobody confirmed in time" if error.how == "timeout" else f"{error.how}{by}"
        return f"what was not confirmed has been taken back: {why}"
    except GitConfigError as error:
        return f"what was not confirmed is not in force any more: {error}"
    return "what awaits its confirmation has been begun anew"
