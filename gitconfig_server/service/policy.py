"""Who may read what."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from gitconfig_server.model.principals import Principal


class Policy(Protocol):
    """Asked at every read, from the event loop: it answers from memory."""

    def view(self, who: Principal) -> str:
        """A name for all that ``who`` is shown and not shown.

        Callers of one view may be given the same bytes; a change of the rules changes the names of those it touches.
        """

    def allows(self, who: Principal, applications: Collection[str]) -> bool:
        """Whether ``who`` may read environments of all these applications."""


class OpenPolicy:
    """Everybody may read everything."""

    def view(self, who: Principal) -> str:
        """One view for all."""
        return ""

    def allows(self, who: Principal, applications: Collection[str]) -> bool:
        """Always."""
        return True
