"""A save as the repository grows: in a large one against a small one, durable in both."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import count
from pathlib import Path
from urllib.parse import quote

from benchmarks.figures import Budget, Figure, Spread, in_turn, milliseconds
from benchmarks.repositories import Size, build, config_text, make_labels, migrated, opened, save
from benchmarks.scale import Scale
from gitconfig_server.git.upkeep.maintaining import maintain
from gitconfig_server.storage.upkeep import MOST_SINGLES

_KEYS = 12
_SAVES_A_ROUND = 15
_SAVES_A_LOOK = 500
"""How many come between two looks of a server that is saved to eight times a second."""


def run(scale: Scale, folder: Path) -> Iterator[Figure]:
    """A thousand times the sources, a thousand times the history, fifty thousand labels; what saves leave behind."""
    small = Size(sources=100, folders=10, commits=100, keys=_KEYS)
    sources = Size(scale.count(100_000), scale.count(1000), commits=100, keys=_KEYS)
    history = Size(sources=100, folders=10, commits=scale.count(100_000), keys=_KEYS)
    yield _grown("growth, sources", scale, folder, small, sources)
    yield _grown("growth, history", scale, folder, small, history)
    yield _grown("growth, labels", scale, folder, small, small, scale.count(50_000))
    yield _grown("growth, history on SQLite", scale, folder, small, history, in_file=True)
    yield _left_loose(scale, folder, small)


def _grown(
    name: str, scale: Scale, folder: Path, small: Size, large: Size, labels: int = 1, *, in_file: bool = False
) -> Figure:
    versions = count(time.time_ns())
    grown, fresh = (build(folder / f"{name}-{which}.git", size) for which, size in (("large", large), ("small", small)))
    if labels > 1:
        make_labels(grown, labels)
    grown_place, fresh_place = (
        migrated(path, f"sqlite://{folder}/{quote(path.stem)}.db") if in_file else path for path in (grown, fresh)
    )
    with opened(grown_place) as one, opened(fresh_place) as other:

        def in_large() -> Sequence[float]:
            return [milliseconds(partial(save, one, *_change(large, next(versions)))) for _ in range(saves)]

        def in_small() -> Sequence[float]:
            return [milliseconds(partial(save, other, *_change(small, next(versions)))) for _ in range(saves)]

        saves = scale.count(_SAVES_A_ROUND)
        in_large(), in_small()
        ours, baseline, ratio = in_turn(scale.turns, in_large, in_small)
    return Figure(
        name=name,
        unit="ms a save",
        ours=ours,
        baseline_name=_described(small),
        baseline=baseline,
        ratio=ratio,
        budget=Budget(1.3),
        remark=f"here {_described(large)}, {labels:,} labels",
        unmeasured="a folder of thousands of files, HTTP",
    )


def _left_loose(scale: Scale, folder: Path, size: Size) -> Figure:
    """Files in the folder while it is saved to, with the maintenance that servers do by themselves."""
    path = build(folder / "loose.git", size)
    most, stored = 0, 0
    with opened(path) as engine:
        for version in range(scale.count(10_000)):
            save(engine, *_change(size, time.time_ns()))
            if version % _SAVES_A_LOOK == _SAVES_A_LOOK - 1:
                most = max(most, _loose(path))
                maintain(engine.git.stored, whole=False)
        most, stored = max(most, _loose(path)), len(set(engine.git.stored.objects))
    mine, all_of_them = Spread.of([float(most)]), Spread.of([float(stored)])
    return Figure(
        name=f"growth, loose objects during {scale.count(10_000):,} saves",
        unit="files at most",
        ours=mine,
        baseline_name="all objects that are stored in the end",
        baseline=all_of_them,
        ratio=Spread.of([most / stored]),
        budget=Budget(2 * MOST_SINGLES, absolute=True),  # they are counted by a sample, and grow until the next look
        unmeasured="time: maintenance is a process of its own beside a server",
    )


def _loose(repository: Path) -> int:
    return sum(1 for _ in repository.glob("objects/[0-9a-f][0-9a-f]/*"))


def _change(size: Size, version: int) -> tuple[str, bytes]:
    return size.path(version * 37 % size.sources), config_text(_KEYS, version)


def _described(size: Size) -> str:
    return f"{size.sources:,} sources in {size.folders:,} folders, {size.commits:,} commits"
