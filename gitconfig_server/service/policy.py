"""Who may do what."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from gitconfig_server.model.principals import Principal

ENVIRONMENT = "environment"
"""The verb of whoever is shown an answer that was made for somebody of the same view."""
MOVE = "move"
"""The verb of the door: a branch or tag is about to move."""
FETCH, PUSH = "fetch", "push"
"""The verbs of Git."""


class Policy(Protocol):
    """Asked before everything that is done for a caller, also from the event loop: it answers from memory."""

    @property
    def version(self) -> int:
        """Differs whenever any other answer may differ, so that a verdict can be remembered with it."""

    def view(self, who: Principal) -> str:
        """A name for all that ``who`` is shown and not shown.

        Callers of one view may be given the same bytes; a change of the rules changes the names of those it touches.
        """

    def allows(
        self, who: Principal, verb: str, *, applications: Collection[str] = (), label: str | None = None
    ) -> bool:
        """Whether ``who`` may do it. ``verb``: a method of ConfigService, or one of those named in this file.

        ``applications``: all that are read or written, where they are known; ``label`` None: the default one.
        """


class OpenPolicy:
    """Everybody may do everything."""

    def __init__(self) -> None:
        self.version = 0

    def view(self, who: Principal) -> str:
        """One view for all."""
        return ""

    def allows(
        self, who: Principal, verb: str, *, applications: Collection[str] = (), label: str | None = None
    ) -> bool:
        """Always."""
        return True
