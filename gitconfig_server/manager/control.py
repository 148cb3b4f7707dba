"""What a face (REST, telnet, a third party's) may ask of a Manager."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from gitconfig_server.manager.applying.running import Applied
from gitconfig_server.manager.errors import Problem
from gitconfig_server.manager.nodes.values import Data


class Control(Protocol):
    """Paths are inside running, or from the root with a leading slash. Errors are GitConfigErrors."""

    async def get(self, path: str = "", problems: list[Problem] | None = None) -> Data:
        """The values at and beneath a path; secrets are ``Secret`` objects, to be masked before they are shown."""

    def set(
        self, path: str, value: Any, *, text: bool = False, author: str = "", message: str = ""
    ) -> Awaitable[Applied]:
        """Let a value stand at a path."""

    def create(self, path: str, name: str, value: Any = ..., *, author: str = "") -> Awaitable[Applied]:
        """A new child of what stands at a path."""

    def delete(self, path: str, *, author: str = "") -> Awaitable[Applied]:
        """Let what stands at a path go."""

    def edit(self, path: str, compute: Callable[[Data], Data], *, author: str = "") -> Awaitable[Applied]:
        """Let ``compute`` say from what stands at a path what is to stand there."""

    def catch_up(self) -> Awaitable[None]:
        """Take over what others have saved by now."""

    async def verb(self, name: str, arguments: Mapping[str, Any], *, author: str = "") -> Data:
        """Carry out one of the verbs, ``save`` for example, and tell what became of it in plain data."""

    def status(self) -> dict[str, Any]:
        """How the Manager is doing."""
