"""Writers of one label at the same time: against a fair queue in which nothing is done twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks.figures import Budget, Figure, in_turn
from benchmarks.repositories import Size, application, build
from benchmarks.saver import Saver, start
from benchmarks.scale import Scale

_WRITERS = 4

Taken = Callable[[Saver], Sequence[float]]


def run(scale: Scale, folder: Path) -> Iterator[Figure]:
    """Each process saves a file of its own application, as often as it can."""
    size = Size(scale.count(1000), scale.count(1000))
    repository = build(folder / "crowd.git", size)
    yield _time(scale, repository)
    yield _cpu(scale, repository)


def _time(scale: Scale, repository: Path) -> Figure:
    shares: list[float] = []

    def together() -> Sequence[float]:
        taken = _saves_of(repository, _WRITERS, scale.seconds(2), _times)
        shares.append(min(map(len, taken)) / max(map(len, taken)))
        return [one for each in taken for one in each]

    def alone() -> Sequence[float]:
        return [one * _WRITERS for one in _saves_of(repository, 1, scale.seconds(2), _times)[0]]

    mine, other, ratio = in_turn(scale.rounds, together, alone)
    return Figure(
        name=f"save, {_WRITERS} processes to one label",
        unit="ms a save",
        ours=mine,
        baseline_name=f"{_WRITERS} x a writer that is alone: a fair queue in which nothing is done twice",
        baseline=other,
        ratio=ratio,
        budget=Budget(1.3),
        remark=f"the slowest writer made {median(shares):.0%} of the saves of the quickest",
        unmeasured="writers on other machines, HTTP",
    )


def _cpu(scale: Scale, repository: Path) -> Figure:
    def a_round(writers: int) -> Sequence[float]:
        return [one for each in _saves_of(repository, writers, scale.seconds(2), _cpu_times) for one in each]

    mine, other, ratio = in_turn(scale.rounds, partial(a_round, _WRITERS), partial(a_round, 1))
    return Figure(
        name=f"save, {_WRITERS} processes to one label",
        unit="ms of CPU a save",
        ours=mine,
        baseline_name="a writer that is alone, who need not look at what others did",
        baseline=other,
        ratio=ratio,
        unmeasured="the disk, waiting in line",
    )


def _saves_of(repository: Path, writers: int, seconds: float, taken: Taken) -> list[Sequence[float]]:
    savers = [start(repository, application(number), seconds=seconds) for number in range(writers)]
    for saver in savers:
        saver.end()
    return [taken(saver) for saver in savers]


def _times(saver: Saver) -> Sequence[float]:
    return _warm(saver.milliseconds)


def _cpu_times(saver: Saver) -> Sequence[float]:
    return _warm(saver.cpu_milliseconds)


def _warm(taken: Sequence[float]) -> Sequence[float]:
    """Without the first one, for which the process reads and loads what it has not yet."""
    return taken[1:] or taken
