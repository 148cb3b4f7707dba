"""What a telnet session works on: a running service, or an application of a server."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

Path = tuple[str, ...]
Data = Any
"""Plain data with secrets masked."""


class Area(Protocol):
    """A configuration that is being edited: the shared one, or a session's own."""

    async def read(self) -> Data:
        """All of it."""

    async def put(self, path: Path, value: Data) -> None:
        """Let plain data stand at a path, with maps on the way to it."""

    async def put_text(self, path: Path, text: str) -> None:
        """The same of what was typed, which means what the type at the path says."""

    async def create(self, path: Path) -> None:
        """An empty child at a path; an error where there is one."""

    async def delete(self, path: Path) -> None:
        """Let what stands at a path go; an error where nothing does."""

    async def replace(self, data: Data) -> None:
        """Let it be ``data`` whole."""

    async def check(self) -> Sequence[str]:
        """Everything that stands against it, a line each."""

    async def compare(self, older: int | None) -> Sequence[str]:
        """What differs from what is running or, with a number, from the saved one that many saves ago."""

    async def commit(self, comment: str, seconds: float | None, author: str) -> Sequence[str]:
        """Put it in force and save it; with ``seconds`` it is saved when ``commit`` comes again within that time."""

    async def is_changed(self) -> bool:
        """Whether it differs from what is running."""

    async def discard(self) -> None:
        """Drop it."""

    async def close(self) -> None:
        """The session does not work on it any more."""


class Target(Protocol):
    """One configuration with its history. Errors are GitConfigErrors; what they say is shown."""

    name: str

    async def running(self) -> Data:
        """What is in force, read-only values included."""

    async def status(self) -> Data:
        """How it is doing."""

    async def edit(self, kind: str) -> Area:
        """An area: ``""`` the shared one, ``private``, or ``exclusive``, which keeps others from editing."""

    async def saved(self, older: int) -> Data:
        """What was saved that many saves ago; 0 is what is saved now."""

    async def history(self, limit: int) -> Sequence[tuple[str, str, str]]:
        """The saved ones, newest first: name, author, message."""

    async def save(self, message: str, author: str) -> Sequence[str]:
        """Save what is running."""

    async def restore(self) -> Sequence[str]:
        """Let running be what is saved."""

    def pending(self) -> float | None:
        """Seconds until a commit that was not confirmed is taken back; None where nothing is."""

    def outcome(self) -> str:
        """What became of the last commit that awaited its confirmation, in a sentence; empty where it was kept."""
