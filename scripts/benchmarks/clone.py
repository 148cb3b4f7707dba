"""A whole clone by the real git, over our HTTP against ``git upload-pack`` in the same folder."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from benchmarks.figures import Figure, in_turn, milliseconds
from benchmarks.processes import our_server
from benchmarks.repositories import Size, build
from benchmarks.scale import Scale


def run(scale: Scale, folder: Path) -> Iterator[Figure]:
    """1,000 sources, 1,000 commits, in one pack."""
    size = Size(scale.count(1000), scale.count(100), scale.count(1000))
    repository = build(folder / "clone.git", size)
    target = folder / "cloned.git"
    with our_server(repository) as server:
        ours, baseline, ratio = in_turn(
            scale.rounds,
            partial(_clones, server.url("/config.git"), target, scale.count(3)),
            partial(_clones, repository.as_uri(), target, scale.count(3)),
        )
    yield Figure(
        name="clone",
        unit="ms",
        ours=ours,
        baseline_name="git upload-pack through a pipe",
        baseline=baseline,
        ratio=ratio,
        remark=f"{size.sources:,} sources, {size.commits:,} commits; git's own work as a client is in both",
        unmeasured="a network, several clones at once, protocol version 0",
    )


def _clones(url: str, target: Path, count: int) -> Sequence[float]:
    taken = []
    for _ in range(count):
        command = ["git", "clone", "--quiet", "--bare", url, target]
        taken.append(milliseconds(partial(subprocess.run, command, check=True)))
        shutil.rmtree(target)
    return taken
