"""When garbage is collected, and how long a thread may keep the others waiting.

A collection of everything holds up all threads for as long as it takes, a tenth of a second for a large file that is
being worked on. Our values form no circles, so they are freed without one; what is left for it are connections and
what libraries leave behind, and that can wait for a quiet moment.
"""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Thread

_YOUNG, _MIDDLE = 5000, 10
"""As ``gc.set_threshold``: what these collect takes a few milliseconds at most."""

_NEVER = 1 << 30
_TURN = 0.001
"""Seconds after which a thread lets another one have the interpreter; each answer needs it several times."""

_EVERY = 0.5
_QUIET = 0.2
"""The share of a processor beneath which nobody is held up."""

_MUCH_GROWTH, _MOST_GROWTH = 256 << 20, 1 << 30
_PATIENCE = 20
"""Looks in a row at which memory has grown much before that counts: a merge of large files gives it all back sooner."""

_MOST_SURVIVED = 200
"""Middle collections after which nobody waits for quiet, where the system does not tell the memory."""


def pace_collections() -> None:
    """Let the event loop wait for nothing long: shorter turns, and full collections when little is to do.

    For a process that serves, once.
    """
    sys.setswitchinterval(_TURN)
    gc.set_threshold(_YOUNG, _MIDDLE, _NEVER)
    Thread(target=Collector(resident_bytes).run, name="collector", daemon=True).start()


class Collector:
    """Collects everything when it is due. ``resident`` tells the bytes of memory this process has, 0 if it cannot."""

    def __init__(self, resident: Callable[[], int]) -> None:
        self._resident = resident
        self._before = resident()
        self._grown = 0

    def run(self) -> None:
        """Look again and again, in a thread of its own."""
        while True:
            began, busy = time.monotonic(), time.process_time()
            time.sleep(_EVERY)
            self.look((time.process_time() - busy) / (time.monotonic() - began))

    def look(self, share: float) -> bool:
        """Collect if it is due, after a time in which this process had so much of a processor; whether it did."""
        survived = gc.get_count()[2]
        if not survived or (share > _QUIET and not self._presses(survived)):
            return False
        gc.collect()
        self._before, self._grown = self._resident(), 0
        return True

    def _presses(self, survived: int) -> bool:
        now = self._resident()
        if not now:
            return survived > _MOST_SURVIVED
        growth = now - self._before
        self._grown = self._grown + 1 if growth > _MUCH_GROWTH else 0
        return growth > _MOST_GROWTH or self._grown >= _PATIENCE


def resident_bytes() -> int:
    """Memory that this process has; 0 where the system does not tell."""
    with suppress(OSError, ValueError, IndexError):
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0
