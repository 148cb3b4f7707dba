"""Saved configurations of a Manager without a URL: they live as long as the process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from gitconfig_server.errors import PreconditionFailed
from gitconfig_server.manager.errors import LookupFailed
from gitconfig_server.manager.nodes.values import Data
from gitconfig_server.manager.storing.base import TIMESTAMP, LoadedConfiguration, Note, Saved, look_later
from gitconfig_server.model.replace import replace


def utc_now() -> datetime:
    """The time of this machine."""
    return datetime.now(UTC)


class InThisProcess:
    """Nothing is kept on any disk."""

    name = "memory"

    def __init__(self, now: Callable[[], datetime] = utc_now) -> None:
        self._now = now
        self._saved: list[tuple[Saved, dict[str, Data]]] = []
        self._staged: dict[str, Data] | None = None
        self._cutoff = datetime.min.replace(tzinfo=UTC)

    async def open(self) -> None:
        """Nothing to open."""

    async def close(self) -> None:
        """Nothing to close."""

    async def load(self) -> LoadedConfiguration:
        """What was saved last."""
        if not self._saved:
            return LoadedConfiguration({})
        saved, own = self._saved[-1]
        return LoadedConfiguration(own, {}, saved.name, "", "", ((self.name, own),), saved.author, saved.message)

    async def save(
        self, seen: LoadedConfiguration, own: dict[str, Data], note: Note, prefer: str = ""
    ) -> tuple[LoadedConfiguration, bool]:
        """Add one, with a time of its own."""
        present = await self.load()
        if present.version != seen.version:
            raise PreconditionFailed("what is saved", self.name, present.version or "")
        self._add(own, note)
        return await self.load(), True

    async def load_staged(self) -> dict[str, Data] | None:
        """What was staged last."""
        return self._staged

    async def save_staged(self, own: dict[str, Data], note: Note) -> None:
        """Keep it."""
        self._staged = own

    async def versions(self, limit: int) -> Sequence[Saved]:
        """Newest first."""
        kept = [saved for saved, _ in self._saved[:-1] if saved.at >= self._cutoff] + [
            one for one, _ in self._saved[-1:]
        ]
        return kept[::-1][:limit]

    async def load_saved(self, name: str) -> dict[str, Data]:
        """By name."""
        for saved, own in reversed(self._saved):
            if saved.name == name:
                return own
        raise LookupFailed(name, f"config/saved/{name}")

    async def rollback(self, name: str, note: Note) -> LoadedConfiguration:
        """Save the older one again."""
        own = await self.load_saved(name)
        self._add(own, replace(note, message=note.message or f"restore {name}"))
        return await self.load()

    async def archive(self, cutoff: datetime) -> int:
        """Hide what is older."""
        before = len(await self.versions(len(self._saved)))
        self._cutoff = max(self._cutoff, cutoff)
        return before - len(await self.versions(len(self._saved)))

    async def generation(self) -> str:
        """The number of saves."""
        return str(len(self._saved))

    async def look(self, seconds: float) -> str:
        """Nobody else saves here."""
        return await look_later(self, seconds)

    def _add(self, own: dict[str, Data], note: Note) -> None:
        at = self._now()
        if self._saved and at <= self._saved[-1][0].at:
            at = self._saved[-1][0].at + timedelta(microseconds=1)
        self._saved.append((Saved(at.strftime(TIMESTAMP), at, "", note.author, note.message), own))
