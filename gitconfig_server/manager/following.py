"""How the store is doing, and what it holds that the service does not take."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from time import monotonic

from gitconfig_server.manager.errors import Problem

log = logging.getLogger(__name__)


class Following:
    """``state``: ``new``, ``current`` or ``stale``; ``source``: what running came from, ``store``, ``cache`` or
    ``defaults``; ``contact``: when the store was last asked with success, or what was read from the cache was new.
    """

    def __init__(self, name: str) -> None:
        self.state = "new"
        self.source = "defaults"
        self.error = ""
        self.contact = monotonic()
        self.refused: list[Problem] = []
        self._name = name

    def in_touch(self, source: str = "") -> None:
        """The store has answered; ``source``: running comes from there now."""
        if self.state not in ("new", "current"):
            log.info("%s: in touch again", self._name)
        self.state, self.source, self.error = "current", source or self.source, ""
        self.contact = monotonic()

    def out_of_touch(self, error: Exception, source: str = "") -> None:
        """The store cannot be reached; told in the log once."""
        if self.state != "stale":
            log.warning("%s: out of touch: %s", self._name, error)
        self.state, self.source, self.error = "stale", source or self.source, str(error)

    def refuse(self, problems: Sequence[Problem]) -> None:
        """This is what does not fit of what is saved now; told in the log where it was another before."""
        if problems and list(problems) != self.refused:
            for one in problems:
                log.warning("%s: what is saved does not fit: %s", self._name, one)
        self.refused = list(problems)
