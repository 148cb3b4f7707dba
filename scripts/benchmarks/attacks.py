"""What a second client notices of an attack: its slowest answers alone and beside it, and the memory it takes."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from benchmarks.bystander import Bystander, bystander
from benchmarks.fetch import PATH
from benchmarks.figures import Budget, Figure, Spread, percentile
from benchmarks.hostile.contents import CONTENTS
from benchmarks.hostile.conversations import CONVERSATIONS
from benchmarks.hostile.floods import FLOODS
from benchmarks.hostile.pushes import PUSHES
from benchmarks.hostile.requests import REQUESTS
from benchmarks.hostile.target import Strike, Target
from benchmarks.hostile.texts import TEXTS
from benchmarks.processes import Running, our_server
from benchmarks.repositories import Size, build
from benchmarks.scale import Scale

ATTACKS = {**PUSHES, **CONTENTS, **FLOODS, **CONVERSATIONS, **REQUESTS, **TEXTS}
_CHOSEN = "BENCHMARK_ATTACKS"
"""A part of the names of those that are wanted."""

_SIZE = Size(sources=50, folders=50, commits=2000, keys=20)
_LEAST_SECONDS = 1.0


def run(scale: Scale, folder: Path) -> Iterator[Figure]:
    """Each attack on a new server, in turn with the same time in peace."""
    chosen = os.environ.get(_CHOSEN, "")
    for number, (name, strike) in enumerate(ATTACKS.items()):
        if chosen in name:
            yield _against(name, strike, scale, folder / str(number))


def _against(name: str, strike: Strike, scale: Scale, folder: Path) -> Figure:
    folder.mkdir()
    repository = build(folder / "attacked.git", Size(_SIZE.sources, _SIZE.folders, scale.count(_SIZE.commits, 50), 20))
    size, crowd = scale.count((2 << 20) - 4096, 20_000), scale.count(200, 8)  # what one file may hold
    seconds = scale.seconds(_LEAST_SECONDS)
    settings = folder / "settings.yml"
    settings.write_text("encrypt:\n  key: of the bench\n")
    with our_server(repository, settings=settings) as server:
        target = Target(server.port, repository, folder, size, crowd)
        alone = _beside(server, lambda: time.sleep(seconds), seconds)
        idle = server.resident_bytes()
        server.forget_peak()
        began = time.perf_counter()
        beside = _beside(server, lambda: strike(target), seconds)
        took = time.perf_counter() - began
        peak = server.peak_bytes()
    return Figure(
        name=f"beside an attack: {name}",
        unit="ms, the slowest answer",
        ours=_slowest(beside),
        baseline_name="the same client alone",
        baseline=_slowest(alone),
        ratio=Spread.of([max(beside.known + beside.new) / max(alone.known + alone.new)]),
        budget=Budget(100, absolute=True),
        remark=f"cached at most {max(beside.known):.3g}, new at most {max(beside.new):.3g};"
        f" {peak / 1e6:.0f} MB at most, {idle / 1e6:.0f} before; {took:.1f} s"
        f"{_told(target.failures)}",
        unmeasured="many such attackers at once, other processes of the server",
    )


def _told(failures: Sequence[str]) -> str:
    """A broken stored file is answered with 500, for its own application alone."""
    return f"; {len(failures)} answers of 500, e.g. {failures[-1]}" if failures else ""


def _beside(server: Running, do: Callable[[], object], seconds: float) -> Bystander:
    """What a client sees while ``do`` is done, and for at least so long."""
    began = time.monotonic()
    with bystander(server.port, PATH) as seen:
        do()
        time.sleep(max(0.0, seconds - (time.monotonic() - began)))
    return seen


def _slowest(seen: Bystander) -> Spread:
    taken = [seen.known, seen.new]
    return Spread.of([max(map(max, taken))], percentile(taken))
