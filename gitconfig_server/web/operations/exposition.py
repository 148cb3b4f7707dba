"""Everything that is counted, as Prometheus reads it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import accumulate
from math import inf

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from gitconfig_server.errors import GitConfigError
from gitconfig_server.version import __version__
from gitconfig_server.web.answers.counts import read_counts
from gitconfig_server.web.operations.counted import BOUNDS, MOVES, REFUSED, SECONDS, Metrics
from gitconfig_server.web.tallies import LATEST

MEDIA_TYPE = CONTENT_TYPE_LATEST

_EXACT = 2**53
"""Prometheus has only floats; integers below this keep all their digits."""

Totals = Mapping[bytes, Sequence[int]]


def write_metrics(metrics: Metrics) -> bytes:
    """The answer to a scrape. May block."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Families(metrics))
    return generate_latest(registry)


class _Families(Collector):
    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def collect(self) -> Iterator[Metric]:
        metrics = self._metrics
        metrics.note_refused()
        totals = metrics.tallies.totals()
        yield from _answers(totals)
        yield _seconds(totals)
        yield _counter("gitconfig_moves", "Moves of refs, whoever made them", ("reason",), _named(totals, MOVES))
        refused = [((), totals.get(REFUSED, [0]))]
        yield _counter("gitconfig_refused_refs", "Refs that pushes did not get", (), refused)
        yield from _states(metrics)
        for further in metrics.further:
            yield from further()  # type: ignore[misc]  # as ``Metrics.further`` says
        yield from _processes(metrics.tallies.workers())
        yield InfoMetricFamily("gitconfig_build", "What runs here", value={"version": __version__})


def _answers(totals: Totals) -> Iterator[Metric]:
    misses, applications = read_counts(totals)
    asked = CounterMetricFamily(
        "gitconfig_application_requests",
        'Answers given again, by application; those of "" have no name of their own',
        labels=("application", "result"),
    )
    changed = GaugeMetricFamily(
        "gitconfig_application_changed_timestamp_seconds",
        "When a request last got something else than the one before",
        labels=("application",),
    )
    hits = unmodified = 0
    for name, words in sorted(applications):
        full = words[0] + words[1]
        hits, unmodified = hits + full, unmodified + words[2]
        asked.add_metric((name, "hits"), full)
        asked.add_metric((name, "not_modified"), words[2])
        if words[LATEST]:
            changed.add_metric((name,), words[LATEST] / 1000)
    results = [(("hits",), [hits]), (("not_modified",), [unmodified]), (("misses",), [misses])]
    yield _counter("gitconfig_fast_path", "Requests for answers that may be given again", ("result",), results)
    yield from (asked, changed)


def _seconds(totals: Totals) -> Metric:
    told = "How long requests took that the fast path did not answer"
    found = HistogramMetricFamily("gitconfig_request_seconds", told, labels=("group", "status"))
    for (name,), words in _named(totals, SECONDS):
        counts = accumulate(words[: len(BOUNDS)])
        buckets = [
            ("+Inf" if bound == inf else str(bound), float(count)) for bound, count in zip(BOUNDS, counts, strict=True)
        ]
        found.add_metric(name.split(" "), buckets, words[len(BOUNDS)] / 1e6)
    return found


def _states(metrics: Metrics) -> Iterator[Metric]:
    """What the worker that was asked knows of the repository."""
    asked: tuple[tuple[str, str, Callable[[], float]], ...] = (
        ("gitconfig_generation", "Differs whenever any ref moved", lambda: metrics.generation() % _EXACT),
        ("gitconfig_storage_age_seconds", "Since all that is stored was last known", metrics.storage_age),
        ("gitconfig_journal_clock_ahead_seconds", "How far the journal's time is in the future", metrics.clock_ahead),
    )
    for name, told, ask in asked:
        gauge = GaugeMetricFamily(name, told, labels=("worker",))
        with suppress(GitConfigError):  # where the repository cannot be read, the other numbers matter all the more
            gauge.add_metric((str(os.getpid()),), ask())
        yield gauge


def _processes(workers: Iterable[int]) -> Iterator[Metric]:
    """What the system knows of each worker; nothing of those that have ended."""
    found: dict[str, Metric] = {}
    for worker in workers:
        for family in ProcessCollector(pid=partial(int, worker), registry=None).collect():
            kept = found.setdefault(family.name, Metric(family.name, family.documentation, family.type))
            kept.samples += [sample._replace(labels={"worker": str(worker)}) for sample in family.samples]
    yield from found.values()


def _named(totals: Totals, kind: bytes) -> list[tuple[tuple[str, ...], Sequence[int]]]:
    return [((name[len(kind) :].decode(),), words) for name, words in sorted(totals.items()) if name.startswith(kind)]


def _counter(
    name: str, told: str, labels: tuple[str, ...], values: Iterable[tuple[tuple[str, ...], Sequence[int]]]
) -> Metric:
    counter = CounterMetricFamily(name, told, labels=labels)
    for given, words in values:
        counter.add_metric(given, words[0])
    return counter
