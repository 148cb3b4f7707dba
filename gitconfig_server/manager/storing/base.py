"""What the Manager wants of a store, whatever it is."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Protocol

from msgspec import Struct

from gitconfig_server.formats.values import scalar_text
from gitconfig_server.manager.nodes.paths import Segments
from gitconfig_server.manager.nodes.values import MISSING, Data, is_same
from gitconfig_server.model.environments import RunningState

TIMESTAMP = "%Y-%m-%dT%H:%M:%S.%f"
"""How saved configurations are named: the time in UTC."""


class Saved(Struct, frozen=True):
    """One saved configuration. ``name`` is its time; ``commit`` is empty where the store knows none."""

    name: str
    at: datetime
    commit: str = ""
    author: str = ""
    message: str = ""


class LoadedConfiguration(Struct, frozen=True):
    """What is saved now. ``own``: this service's layer, which it writes; ``inherited``: what it only reads beneath it.

    ``version`` names the content of the own layer, None where nothing is stored. ``path``: where that stands, or would.
    ``layers``: name and content of everything read, the strongest first. ``running``: why it is another commit than the
    one that is saved (a pin, for example), None where it is that one.
    """

    own: dict[str, Data]
    inherited: dict[str, Data] = {}
    version: str | None = None
    commit: str = ""
    path: str = ""
    layers: tuple[tuple[str, Mapping[str, Data]], ...] = ()
    author: str = ""
    message: str = ""
    running: RunningState | None = None


class Note(Struct, frozen=True):
    """What goes with a save."""

    message: str = ""
    author: str = ""
    reason: str = ""


class SavedConfigurations(Protocol):
    """The saved configurations of one service. Every call may take its time; errors are GitConfigErrors."""

    name: str

    async def open(self) -> None:
        """Begin; makes the store where it does not exist and can be made."""

    async def close(self) -> None:
        """End; what was begun is finished."""

    async def load(self) -> LoadedConfiguration:
        """What is saved now."""

    async def save(
        self, seen: LoadedConfiguration, own: dict[str, Data], note: Note, prefer: str = ""
    ) -> tuple[LoadedConfiguration, bool]:
        """Let the own layer be ``own``, where it is still as ``seen``; PreconditionFailed where it is not.

        What is loaded then, and whether anything was saved. Where readers get another commit than the one that is
        saved, what differs from ``seen`` is joined with that by key; Diverged where ``prefer`` (``running`` or
        ``saved``) does not say which side is right.
        """

    async def load_staged(self) -> dict[str, Data] | None:
        """The staged configuration, None where none is kept."""

    async def save_staged(self, own: dict[str, Data], note: Note) -> None:
        """Keep a staged configuration in place of the one before."""

    async def versions(self, limit: int) -> Sequence[Saved]:
        """The saved configurations that are not archived, newest first."""

    async def load_saved(self, name: str) -> dict[str, Data]:
        """The own layer as it was saved under a name, a commit or a time; NotFound."""

    async def rollback(self, name: str, note: Note) -> LoadedConfiguration:
        """Let what is saved be as it was under ``name``, by a new save; history only grows."""

    async def archive(self, cutoff: datetime) -> int:
        """Hide what was saved before ``cutoff``, but for the newest; how many that are."""

    async def generation(self) -> str:
        """A text that differs when anything was saved, by whomever."""

    async def look(self, seconds: float) -> str:
        """The generation, asked after so many seconds; a store that is told of moves may answer sooner."""


async def look_later(store: SavedConfigurations, seconds: float) -> str:
    """``look`` of a store that nobody tells of anything."""
    await asyncio.sleep(seconds)
    return await store.generation()


def own_layer(running: Data, inherited: Data, present: Data) -> Data:
    """What the own layer must hold for ``running`` to be in force: what is inherited and equal is not repeated."""
    if not (isinstance(running, dict) and isinstance(inherited, dict)):
        return running
    here = present if isinstance(present, dict) else {}
    found = {}
    for name, value in running.items():
        weak = inherited.get(name, MISSING)
        if name not in here and weak is not MISSING and is_meant(weak, value):
            continue
        found[name] = value if weak is MISSING else own_layer(value, weak, here.get(name, {}))
    return found


def is_meant(stored: Data, value: Data) -> bool:
    """Whether what is stored means the value: files of properties hold text alone."""
    if isinstance(stored, dict) and isinstance(value, dict):
        return stored.keys() == value.keys() and all(is_meant(one, value[name]) for name, one in stored.items())
    if isinstance(stored, list) and isinstance(value, list):
        return len(stored) == len(value) and all(map(is_meant, stored, value))
    if isinstance(stored, str) and isinstance(value, bool | int | float):
        return stored == scalar_text(value)
    return is_same(stored, value)


def parse_time(text: str) -> datetime | None:
    """The time that names a saved configuration, None where the text is none."""
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):  # the first and the last day of all calendars do not exist everywhere
        return None


def origin_of(layers: Sequence[tuple[str, Mapping[str, Data]]], path: Segments) -> str | None:
    """The strongest layer that holds something at ``path``."""
    for name, layer in layers:
        data: Data = layer
        for segment in path:
            data = data.get(segment, MISSING) if isinstance(data, Mapping) else MISSING
        if data is not MISSING:
            return name
    return None
