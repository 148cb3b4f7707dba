"""How old is what is served: for a header of every answer, and for ``/health`` and ``/ready``."""

from __future__ import annotations

import time
from collections.abc import Callable

from gitconfig_server.model.reads import Readiness
from gitconfig_server.service.upstream.status import Status

_LOOK_AGAIN = 0.5
"""Seconds for which what was read holds: every request asks."""


class Freshness:
    """``tolerance``: seconds after which the remote should have been asked again (None: it need not be).

    ``max_age``: seconds after which nothing may be served that is not known to be current (0: no limit).
    """

    def __init__(
        self,
        status: Callable[[], Status],
        *,
        tolerance: float | None,
        max_age: float,
        now: Callable[[], float] = time.time,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._status = status
        self._tolerance = tolerance
        self._max_age = max_age
        self._now = now
        self._ticks = ticks
        self._looked = float("-inf")
        self._seen = Status("")

    def age(self) -> str | None:
        """Whole seconds since the remote told us all (``never``: it has not yet); None while that is current."""
        ticks, now = self._ticks(), self._now()
        if ticks - self._looked >= _LOOK_AGAIN:
            self._looked, self._seen = ticks, self._status()
        if not self._seen.stale(now, self._tolerance):
            return None
        age = self._seen.age(now)
        return "never" if age is None else str(int(age))

    def readiness(self) -> Readiness:
        """Not ready before the first fetch, without the default label, and past the age that is allowed."""
        status, now = self._status(), self._now()
        age = status.age(now)
        details = {"upstream": status.shown(now, self._tolerance)}
        if age is None:
            why = f": {status.error}" if status.error else ""
            return Readiness(False, f"nothing has been fetched from {status.remote} yet{why}", details)
        if lacking := status.lacking():
            why = "; ".join((lacking.reason, *lacking.files[:1]))
            reason = f"{lacking.label} of {status.remote} cannot be taken, and was never here before: {why}"
            return Readiness(False, reason, details)
        if self._max_age and age > self._max_age:
            why = f": {status.error}" if status.error else ""
            reason = f"what was fetched from {status.remote} is {age:.0f} s old (setting upstream.max_age){why}"
            return Readiness(False, reason, details)
        return Readiness(True, "", details)
