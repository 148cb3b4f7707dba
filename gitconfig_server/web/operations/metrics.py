"""``/metrics``, for Prometheus.

Each worker counts for itself and a scrape reaches one of them, so every series is labelled with its worker: rates of
all workers together are ``sum without (worker) (rate(...))`` over a few scrapes. Moves of refs are the exception: each
worker hears of all of them, so that any one tells all.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    Info,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Scope

from gitconfig_server.errors import GitConfigError
from gitconfig_server.storage.base import JournalRecord
from gitconfig_server.version import __version__
from gitconfig_server.web.answers.fast_path import Counts
from gitconfig_server.web.git.smart_http import GIT
from gitconfig_server.web.operations.health import ALIVE, READY
from gitconfig_server.web.operations.health import BASE as ACTUATOR
from gitconfig_server.wire.problems import API

_EXACT = 2**53
"""Prometheus has only floats; integers below this keep all their digits."""


class Metrics(Collector):
    """The numbers of one application. The fast path counts in ``fast_path``, which is read when somebody scrapes."""

    def __init__(
        self,
        generation: Callable[[], int],
        storage_age: Callable[[], float] = float,
        clock_ahead: Callable[[], float] = float,
        refused_pushes: Callable[[], int] = int,
    ) -> None:
        self.fast_path = Counts()
        self._generation = generation
        self._storage_age = storage_age
        self._clock_ahead = clock_ahead
        self._refused_pushes = refused_pushes
        self._worker = str(os.getpid())
        self.registry = CollectorRegistry(auto_describe=False)
        self._seconds = Histogram(
            "gitconfig_request_seconds",
            "How long requests took that the fast path did not answer",
            ("worker", "group", "status"),
            registry=self.registry,
        )
        self._moves = Counter(
            "gitconfig_moves", "Moves of refs, whoever made them", ("worker", "reason"), registry=self.registry
        )
        self.registry.register(self)
        ProcessCollector(registry=self.registry)
        Info("gitconfig_build", "What runs here", registry=self.registry).info({"version": __version__})

    def collect(self) -> Iterator[Metric]:
        """What is counted as plain numbers."""
        kept = CounterMetricFamily(
            "gitconfig_fast_path", "Requests for answers that may be given again", labels=("worker", "result")
        )
        for result in ("hits", "not_modified", "misses"):
            kept.add_metric((self._worker, result), getattr(self.fast_path, result))
        yield kept
        refused = CounterMetricFamily("gitconfig_refused_refs", "Refs that pushes did not get", labels=("worker",))
        refused.add_metric((self._worker,), self._refused_pushes())
        yield refused
        generation = GaugeMetricFamily("gitconfig_generation", "Differs whenever any ref moved", labels=("worker",))
        with suppress(GitConfigError):  # where the repository cannot be read, the other numbers matter all the more
            generation.add_metric((self._worker,), self._generation() % _EXACT)
        yield generation
        for name, told, ask in (
            ("gitconfig_storage_age_seconds", "Since all that is stored was last known", self._storage_age),
            ("gitconfig_journal_clock_ahead_seconds", "How far the journal's time is in the future", self._clock_ahead),
        ):
            gauge = GaugeMetricFamily(name, told, labels=("worker",))
            with suppress(GitConfigError):
                gauge.add_metric((self._worker,), ask())
            yield gauge

    def observe(self, scope: Scope, status: int, seconds: float) -> None:
        """Count one request."""
        self._seconds.labels(self._worker, group_of(scope["path"]), str(status)).observe(seconds)

    def count_move(self, record: JournalRecord) -> None:
        """Count one transaction of refs; a listener of the repository, whoever moved them."""
        self._moves.labels(self._worker, record.reason).inc()

    def route(self) -> Route:
        """``GET /metrics``."""

        async def metrics(_: Request) -> Response:
            headers = {"Content-Type": CONTENT_TYPE_LATEST, "Cache-Control": "no-store"}
            return Response(generate_latest(self.registry), headers=headers)

        return Route("/metrics", metrics)


def group_of(path: str) -> str:
    """Which face a path belongs to: ``api``, ``git``, ``health`` or ``spring``."""
    if path == API or path.startswith(f"{API}/"):
        return "api"
    if path.startswith(GIT):
        return "git"
    if path in (*ALIVE, *READY, "/metrics") or path == ACTUATOR or path.startswith(f"{ACTUATOR}/"):
        return "health"
    return "spring"
