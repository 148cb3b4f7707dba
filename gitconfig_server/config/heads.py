"""Where readings lead, found out once for each state of the refs."""

from __future__ import annotations

from gitconfig_server.catalogue import Reading
from gitconfig_server.config.labels import Located, locate
from gitconfig_server.git.repository import GitRepository

READINGS = 1000
"""How many are kept; callers choose them."""


class Heads:
    """A ``locate`` that remembers. Safe to use from any thread.

    The generation is asked before the refs are read: what is remembered under it may be newer, never older.
    """

    def __init__(self, git: GitRepository, *, master_fallback: bool) -> None:
        self._git = git
        self._master_fallback = master_fallback
        self._known: tuple[int, dict[Reading, Located]] = (-1, {})

    def locate(self, reading: Reading) -> Located:
        """The commit to read; raises as ``locate`` does."""
        generation = self._git.generation()
        known = self._known
        if known[0] != generation or len(known[1]) >= READINGS:
            known = self._known = (generation, {})
        found = known[1].get(reading)
        if found is None:
            found = known[1][reading] = locate(self._git, reading, master_fallback=self._master_fallback)
        return found
