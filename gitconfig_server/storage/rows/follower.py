"""Keeps a view up to date: one thread a repository, woken by the database's notices and by its own pulse."""

from __future__ import annotations

import time
from threading import Event, Lock, Thread

from gitconfig_server.errors import GitConfigError
from gitconfig_server.storage.rows.database import Database
from gitconfig_server.storage.rows.view import RefsView

_PULSE = 0.25
"""Seconds between looks where the database sends notices: a lost notice costs no more."""

_QUICK = 0.025
"""Seconds between looks where it sends none; of one machine's processes, at the number that they share."""


class Follower:
    """Asks at once where somebody must know, and again and again in a thread of its own."""

    def __init__(self, database: Database, view: RefsView) -> None:
        self._database = database
        self._view = view
        self._stop = Event()
        self._lock = Lock()
        self._thread: Thread | None = None

    def look(self) -> None:
        """Ask the database what is new."""
        since, asked = self._view.point, time.monotonic()
        self._view.take(self._database.look(since), asked, since)

    def start(self) -> None:
        """Begin to follow, if nobody does yet."""
        if self._thread is None:
            with self._lock:
                if self._thread is None and not self._stop.is_set():
                    self._thread = Thread(target=self._follow, name="gitconfig-follower", daemon=True)
                    self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stop.set()
        if self._thread:
            self._thread.join(timeout=2 * _PULSE + 1)

    def _follow(self) -> None:
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                with self._view.asking():
                    self.look()
                told = self._wait()
            except GitConfigError:
                told = False  # the view ages: whoever reads is told, or asks the database
                self._view.fail()
            if not told:
                self._stop.wait(max(0.0, _QUICK - (time.monotonic() - began)))

    def _wait(self) -> bool:
        """Until something may have changed, or a pulse is over; False where nothing is told (then nobody waited)."""
        if not self._database.is_local:
            return self._database.wait_for_notice(_PULSE)
        deadline = time.monotonic() + _PULSE  # a neighbour that died before it told is heard of then
        while self._view.holds_own() and time.monotonic() < deadline and not self._stop.wait(_QUICK):
            pass
        return True
