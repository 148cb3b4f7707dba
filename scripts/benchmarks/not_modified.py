"""A fetch by a client that has the answer already, against a bare ASGI application that says 304 too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from benchmarks.fetch import PATH, against_bare
from benchmarks.figures import Figure
from benchmarks.processes import Running
from benchmarks.scale import Scale


def run(scale: Scale, folder: Path) -> Iterator[Figure]:
    """With one worker and with two."""
    for workers in (1, 2):
        yield against_bare("not-modified", folder, scale, workers, _with_etag)


def _with_etag(server: Running) -> Mapping[str, str]:
    headers = dict(server.ask(PATH).headers)
    return {"If-None-Match": headers["etag"]}
