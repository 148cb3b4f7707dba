"""What is counted for ``/metrics``."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from math import inf

from starlette.types import Scope

from gitconfig_server.storage.base import JournalRecord
from gitconfig_server.web.answers.counts import Counts
from gitconfig_server.web.git.smart_http import GIT
from gitconfig_server.web.operations.health import ALIVE, READY
from gitconfig_server.web.operations.health import BASE as ACTUATOR
from gitconfig_server.web.tallies import Tallies
from gitconfig_server.wire.problems import API

SECONDS, MOVES, REFUSED = b"seconds ", b"moves ", b"refused"
"""What the names of rows begin with: of group and status; of a reason; all of a name."""

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, inf)
"""Of the buckets, in seconds; each has a word of a row, and behind them stands the sum in microseconds."""


class Metrics:
    """The numbers of one process. The fast path counts in ``fast_path``. Given functions are asked at each scrape.

    ``further`` yields what else there is to tell, as metric families of Prometheus's client.
    """

    def __init__(
        self,
        generation: Callable[[], int],
        storage_age: Callable[[], float] = float,
        clock_ahead: Callable[[], float] = float,
        refused_pushes: Callable[[], int] = int,
        tallies: Tallies | None = None,
    ) -> None:
        self.tallies = tallies or Tallies()
        self.fast_path = Counts(self.tallies)
        self.generation = generation
        self.storage_age = storage_age
        self.clock_ahead = clock_ahead
        self.further: list[Callable[[], object]] = []
        self._refused_pushes = refused_pushes

    def observe(self, scope: Scope, status: int, seconds: float) -> None:
        """Count one request that the fast path did not answer."""
        group = group_of(scope["path"])
        row = self.tallies.row(SECONDS + f"{group} {status}".encode())
        row[bisect_left(BOUNDS, seconds)] += 1
        row[len(BOUNDS)] += int(seconds * 1e6)
        if group == "git":
            self.note_refused()

    def note_refused(self) -> None:
        """Put down how many refs pushes to this process did not get."""
        self.tallies.row(REFUSED)[0] = self._refused_pushes()

    def count_move(self, record: JournalRecord) -> None:
        """Count one transaction of refs; a listener of the repository, whoever moved them, in every worker."""
        self.tallies.count_once(record.seq, MOVES + record.reason.encode())


def group_of(path: str) -> str:
    """Which face a path belongs to: ``api``, ``git``, ``health`` or ``spring``."""
    if path == API or path.startswith(f"{API}/"):
        return "api"
    if path.startswith(GIT):
        return "git"
    if path in (*ALIVE, *READY, "/metrics") or path == ACTUATOR or path.startswith(f"{ACTUATOR}/"):
        return "health"
    return "spring"
