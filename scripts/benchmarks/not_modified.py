"""A fetch by a client that has the answer already, against baselines that say 304 too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from benchmarks.fetch import PATH, against_both
from benchmarks.figures import Budget, Figure
from benchmarks.processes import Running
from benchmarks.scale import Scale


def run(scale: Scale, folder: Path) -> Iterator[Figure]:
    """With one worker and with two."""
    yield from against_both("not-modified", folder, scale, 1, _with_etag, Budget(2.5, at_least=True))
    yield from against_both("not-modified", folder, scale, 2, _with_etag, Budget(1.5, at_least=True))


def _with_etag(server: Running) -> Mapping[str, str]:
    headers = dict(server.ask(PATH).headers)
    return {"If-None-Match": headers["etag"]}
