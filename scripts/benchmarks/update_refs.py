"""One move of refs on each storage: against SQL by hand, and as more and more processes do it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from itertools import count
from pathlib import Path

from benchmarks.by_hand import ByHand
from benchmarks.figures import Budget, Figure, Spread, in_turn, milliseconds, percentile
from benchmarks.http_writers import saves_together
from benchmarks.mover import move, start_movers
from benchmarks.places import KINDS, places
from benchmarks.scale import Scale
from gitconfig_server.storage.base import JournalRecord, RefUpdate
from gitconfig_server.storage.conformance.objects import MAIN, commit
from gitconfig_server.storage.objects import RawObject
from gitconfig_server.storage.urls import open_storage

_WRITERS = (4, 16)
_FAIR = ("postgresql", "sqlite")
_FAIR_SECONDS = 10.0
"""How long it takes to tell who is passed over: in a second chance decides. Shorter runs judge nobody."""

Work = Sequence[tuple[bytes | None, bytes, Sequence[RawObject]]]


def run(scale: Scale, folder: Path) -> Iterator[Figure]:
    """PostgreSQL against SQL by hand; then 1, 4 and 16 writers of one label on each storage, and saves beside it."""
    whole = scale.factor >= 0.05
    with places(folder, KINDS if whole else KINDS[:3]) as found:
        if "postgresql" in found:
            yield from _against_sql(scale, found["postgresql"])
        for kind, url in found.items():
            yield from _together(scale, kind, url)
            if whole or kind == "disk":
                yield saves_together(scale, folder, kind, f"{url}?repository=saves")


def _against_sql(scale: Scale, dsn: str) -> Iterator[Figure]:
    storage, _ = open_storage(dsn)
    numbers, tips = count(1), dict[str, bytes | None]()
    with closing(storage):
        repository = storage.create("ours")
        storage.create("hand")
        with closing(ByHand(dsn, "hand", MAIN)) as hand:

            def ours(old: bytes | None, new: bytes, objects: Sequence[RawObject]) -> None:
                updates = (RefUpdate(MAIN, old, new),)
                repository.update_refs(updates, objects=objects, record=JournalRecord(updates, "save", "ann"))

            def a_round(side: str, write: Callable[..., object], clock: Callable[[], float]) -> Sequence[float]:
                work = []
                for _ in range(scale.count(200)):
                    new, objects = commit(next(numbers), tips.get(side))
                    work.append((tips.get(side), new, objects))
                    tips[side] = new
                return [milliseconds(partial(write, *one), clock) for one in work]

            for clock, unit in (
                (time.perf_counter, "ms a move"),
                (time.process_time, "ms of CPU a move, the client's"),
            ):
                sides = [partial(a_round, "ours", ours, clock), partial(a_round, "hand", hand.move, clock)]
                for side in sides:
                    side()
                mine, other, ratio = in_turn(scale.turns, *sides)
                yield Figure(
                    name="update_refs on PostgreSQL",
                    unit=unit,
                    ours=mine,
                    baseline_name="the same transaction in SQL by hand, two trips, with the same driver",
                    baseline=other,
                    ratio=ratio,
                    budget=Budget(1.5),
                    unmeasured="a network, several writers, HTTP",
                )


def _together(scale: Scale, kind: str, url: str) -> Iterator[Figure]:
    """How many moves a second all writers make, against one of them alone."""
    storage, name = open_storage(url)
    with closing(storage):
        move(storage.create(name), 1)
    for writers in _WRITERS if scale.factor >= 0.05 else _WRITERS[:1]:
        judged = kind in _FAIR and writers == _WRITERS[-1] and scale.factor >= 0.3
        seconds = _FAIR_SECONDS if judged else scale.seconds(10)
        taken: list[list[list[float]]] = []

        def together(
            writers: int = writers, seconds: float = seconds, taken: list[list[list[float]]] = taken
        ) -> Sequence[float]:
            taken.append(start_movers(url, writers, seconds))
            return [sum(map(len, taken[-1])) / seconds]

        def alone() -> Sequence[float]:
            return [len(start_movers(url, 1, scale.seconds(3))[0]) / scale.seconds(3)]

        mine, other, ratio = in_turn(scale.rounds, together, alone)
        slowest = percentile([each for one in taken for each in one])
        yield Figure(
            name=f"update_refs, {writers} writers on {kind}",
            unit="moves/s; p99 in ms",
            ours=Spread(mine.median, mine.low, mine.high, slowest),
            baseline_name="one writer alone",
            baseline=other,
            ratio=ratio,
            budget=Budget(0.6, at_least=True) if kind in _FAIR and writers == _WRITERS[-1] else None,
            unmeasured="a network, work between reading and writing, HTTP",
        )
        yield _shares(kind, [[len(each) / seconds for each in one] for one in taken], seconds, judged=judged)


def _shares(kind: str, rates: Sequence[Sequence[float]], seconds: float, *, judged: bool) -> Figure:
    """How fair it was: ``rates`` are the moves a second of each writer, a list a round."""
    slowest, quickest = [min(one) for one in rates], [max(one) for one in rates]
    ratios = [one / other for one, other in zip(slowest, quickest, strict=True)]
    return Figure(
        name=f"update_refs, the slowest of {len(rates[0])} writers on {kind}",
        unit="moves/s",
        ours=Spread.of(slowest),
        baseline_name="the quickest of them",
        baseline=Spread.of(quickest),
        ratio=Spread.of(ratios),
        budget=Budget(0.5, at_least=True) if judged else None,
        remark=f"over {seconds:g} s",
        unmeasured="writers on other machines",
    )
