"""From starting the process to its first answer, against uvicorn with a bare ASGI application."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.fetch import PATH
from benchmarks.figures import Budget, Figure, in_turn
from benchmarks.processes import bare_server, our_server
from benchmarks.repositories import Size, build
from benchmarks.scale import Scale

_SIZE = Size(sources=1000, folders=100, commits=1000)


def run(scale: Scale, folder: Path) -> Iterator[Figure]:
    """One worker; byte code and file cache are warm."""
    repository = build(folder / "start.git", _SIZE)
    answer_file = folder / "start.json"
    with our_server(repository) as server:
        server.ask(PATH).write(answer_file)

    def ours() -> Sequence[float]:
        with our_server(repository) as server:
            return [server.start_seconds]

    def bare() -> Sequence[float]:
        with bare_server(answer_file) as server:
            return [server.start_seconds]

    mine, other, ratio = in_turn(scale.rounds, ours, bare)
    yield Figure(
        name="start",
        unit="s to the first answer",
        ours=mine,
        baseline_name="uvicorn with a bare ASGI application",
        baseline=other,
        ratio=ratio,
        budget=Budget(0.5, absolute=True),
        unmeasured="the first run after installing, which compiles byte code, and a cold disk",
    )
