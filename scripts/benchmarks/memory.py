"""What an idle server holds in memory, against uvicorn with a bare ASGI application."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.fetch import PATH
from benchmarks.figures import Budget, Figure, in_turn
from benchmarks.processes import bare_server, our_server
from benchmarks.repositories import Size, build
from benchmarks.scale import Scale

_SIZE = Size(sources=100, folders=10, commits=100, keys=120)
_SETTLE_SECONDS = 0.3


def run(scale: Scale, folder: Path) -> Iterator[Figure]:
    """One worker, started and asked once."""
    repository = build(folder / "memory.git", _SIZE)
    answer_file = folder / "memory.json"

    def ours() -> Sequence[float]:
        with our_server(repository) as server:
            server.ask(PATH).write(answer_file)
            time.sleep(_SETTLE_SECONDS)
            return [server.resident_bytes() / 1e6]

    def bare() -> Sequence[float]:
        with bare_server(answer_file) as server:
            server.ask(PATH)
            time.sleep(_SETTLE_SECONDS)
            return [server.resident_bytes() / 1e6]

    ours()
    mine, other, ratio = in_turn(min(scale.rounds, 3), ours, bare)
    yield Figure(
        name="memory",
        unit="MB resident",
        ours=mine,
        baseline_name="uvicorn with a bare ASGI application",
        baseline=other,
        ratio=ratio,
        budget=Budget(100, absolute=True),
        unmeasured="full caches (setting cache_bytes), clones and pushes under way, further workers",
    )
