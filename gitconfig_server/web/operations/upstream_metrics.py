"""How following the upstream repository goes, as metrics: the same numbers whichever worker is asked."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from gitconfig_server.service.upstream.status import Status


class UpstreamMetrics(Collector):
    """Reads ``status`` at each scrape."""

    def __init__(self, status: Callable[[], Status], now: Callable[[], float] = time.time) -> None:
        self._status = status
        self._now = now

    def collect(self) -> Iterator[Metric]:
        """Ages in seconds, absent before the first success; labels in trouble by their rule."""
        status = self._status()
        age = status.age(self._now())
        if age is not None:
            yield GaugeMetricFamily(
                "gitconfig_upstream_age_seconds", "Since the upstream repository last told all that it has", age
            )
        yield GaugeMetricFamily(
            "gitconfig_upstream_failures", "Rounds that went wrong since the last good one", status.failures
        )
        troubles = GaugeMetricFamily(
            "gitconfig_upstream_labels_in_trouble",
            "Labels that are not as upstream has them, or (held) that some applications cannot read there",
            labels=("rule",),
        )
        for rule, count in Counter(one.rule for one in status.troubles).items():
            troubles.add_metric((rule,), count)
        yield troubles
        yield GaugeMetricFamily(
            "gitconfig_upstream_unpushed_labels",
            "Labels with moves that upstream has not taken yet",
            len(status.unpushed),
        )
