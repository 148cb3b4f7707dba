"""What a telnet session works on: a running service, or what a server keeps for an application."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

from gitconfig_server.telnet.notices import Notices

Path = tuple[str, ...]
Data = Any
"""Plain data with secrets masked."""


class Area(Protocol):
    """A configuration that is being edited: the shared one, or a session's own."""

    async def read(self) -> Data:
        """All of it."""

    async def put(self, path: Path, value: Data) -> None:
        """Let plain data stand at a path, with maps on the way to it."""

    async def put_text(self, path: Path, text: str, *, quoted: bool) -> None:
        """The same of what was typed, which means what the type at the path says; ``quoted``: text, where none does."""

    async def create(self, path: Path) -> None:
        """An empty child at a path; an error where there is one."""

    async def delete(self, path: Path) -> None:
        """Let what stands at a path go; an error where nothing does."""

    async def replace(self, data: Data) -> None:
        """Let it be ``data`` whole."""

    async def rollback(self, older: int) -> None:
        """Let it be what was saved that many saves ago; 0 is what is saved now."""

    async def update(self) -> Sequence[str]:
        """Bring it up to date with what others have put in force since; what came of it."""

    async def check(self) -> Sequence[str]:
        """Everything that stands against it, a line each."""

    async def compare(self, older: int | None) -> Sequence[str]:
        """What differs from what is running or, with a number, from the saved one that many saves ago."""

    async def commit(self, comment: str, seconds: float | None) -> Sequence[str]:
        """Put it in force and save it; with ``seconds`` it is saved when ``commit`` comes again within that time."""

    async def is_changed(self) -> bool:
        """Whether it differs from what is running."""

    async def discard(self) -> None:
        """Drop it."""

    async def close(self) -> None:
        """The session does not work on it any more."""


class TelnetTarget(Protocol):
    """One configuration with its history, as one user sees it. Errors are GitConfigErrors; what they say is shown."""

    @property
    def name(self) -> str:
        """Of what is worked on."""

    @property
    def lacks(self) -> Collection[str]:
        """Words of the language that mean nothing here."""

    @property
    def notices(self) -> Notices:
        """What all sessions are told."""

    async def running(self) -> Data:
        """What is in force, read-only values included."""

    async def effective(self) -> Data:
        """What readers get, with all that is inherited."""

    async def origins(self) -> Mapping[Path, str]:
        """Where each value of ``effective`` comes from."""

    async def status(self) -> Data:
        """How it is doing."""

    async def edit(self, kind: str) -> Area:
        """An area: ``""`` the shared one, ``private``, or ``exclusive``, which keeps others from editing."""

    async def saved(self, older: int) -> Data:
        """What was saved that many saves ago; 0 is what is saved now."""

    async def compare(self, older: int) -> Sequence[str]:
        """What is running against what was saved that many saves ago."""

    async def history(self, limit: int) -> Sequence[tuple[str, str, str]]:
        """The saved ones, newest first: when, author, message."""

    async def save(self, message: str) -> Sequence[str]:
        """Save what is running."""

    async def restore(self) -> Sequence[str]:
        """Let running be what is saved."""

    async def confirm(self) -> Sequence[str]:
        """Keep what is in force and awaits that."""

    async def cancel(self) -> Sequence[str]:
        """Take it back."""

    async def places(self, kind: str) -> Sequence[str]:
        """What could be worked on instead: of ``applications`` (with their profiles) or ``labels``."""

    async def use(self, words: Mapping[str, str]) -> None:
        """Work on something else from now on: ``application``, ``profile`` and ``label``, as far as they are given."""
