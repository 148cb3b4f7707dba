"""What a benchmark finds: two series taken in turn, their ratio, and whether it keeps its budget."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of a value a round, and between what the middle half of the rounds lies.

    ``p99`` is that of single operations, where those were timed.
    """

    median: float
    low: float
    high: float
    p99: float | None = None

    @classmethod
    def of(cls, values: Sequence[float], p99: float | None = None) -> Spread:
        """The spread of these values, one a round."""
        ordered, quarter = sorted(values), len(values) // 4
        return cls(median(values), ordered[quarter], ordered[-1 - quarter], p99)

    def __str__(self) -> str:
        tail = "" if self.p99 is None else f", p99 {_short(self.p99)}"
        return f"{_short(self.median)} ({_short(self.low)} to {_short(self.high)}){tail}"


@dataclass(frozen=True, slots=True)
class Budget:
    """A bound on the ratio, or (``absolute``) on our own value."""

    limit: float
    at_least: bool = False
    absolute: bool = False

    def is_met(self, value: float) -> bool:
        """Whether ``value`` keeps it."""
        return value >= self.limit if self.at_least else value <= self.limit

    def __str__(self) -> str:
        return f"{'>=' if self.at_least else '<='} {self.limit:g}"


@dataclass(frozen=True, slots=True)
class Figure:
    """One result. ``unmeasured`` says what it does not tell."""

    name: str
    unit: str
    ours: Spread
    baseline_name: str
    baseline: Spread
    ratio: Spread
    unmeasured: str
    budget: Budget | None = None
    remark: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the budget is kept; None where there is none."""
        if self.budget is None:
            return None
        return self.budget.is_met(self.ours.median if self.budget.absolute else self.ratio.median)

    def __str__(self) -> str:
        verdict = f"budget {self.budget}{f' {self.unit}' if self.budget.absolute else ''}" if self.budget else ""
        verdict += {True: ": met", False: ": missed", None: "no budget"}[self.met]
        lines = [
            f"{self.name} [{self.unit}]",
            f"  ours      {self.ours}",
            f"  baseline  {self.baseline}: {self.baseline_name}",
            f"  ratio     {self.ratio}; {verdict}",
            *([f"  remark    {self.remark}"] if self.remark else []),
            f"  leaves out {self.unmeasured}",
        ]
        return "\n".join(lines)


Round = Callable[[], Sequence[float]]
"""Measures one round: a value for each operation in it."""


def in_turn(rounds: int, ours: Round, baseline: Round) -> tuple[Spread, Spread, Spread]:
    """Ours, baseline and their ratio, round by round; who comes first changes from round to round."""
    return against_each(rounds, ours, [baseline])[0]


def against_each(rounds: int, ours: Round, baselines: Sequence[Round]) -> list[tuple[Spread, Spread, Spread]]:
    """As ``in_turn``, of ours and each of the baselines, all of them in every round."""
    sides = [ours, *baselines]
    taken: list[list[Sequence[float]]] = [[] for _ in sides]
    for number in range(rounds):
        for step in range(len(sides)):
            side = (number + step) % len(sides)
            taken[side].append(sides[side]())
    medians = [[median(one) for one in side] for side in taken]
    spreads = [Spread.of(values, percentile(side)) for values, side in zip(medians, taken, strict=True)]
    ratios = [Spread.of([one / two for one, two in zip(medians[0], other, strict=True)]) for other in medians[1:]]
    return [(spreads[0], spread, ratio) for spread, ratio in zip(spreads[1:], ratios, strict=True)]


def percentile(rounds: Sequence[Sequence[float]], share: float = 0.99) -> float | None:
    """The value that ``share`` of all operations stay beneath; None where each round was one operation."""
    operations = sorted(value for one in rounds for value in one)
    return operations[int(share * len(operations))] if len(operations) > len(rounds) else None


def milliseconds(do: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    """How long ``do`` takes by ``clock``."""
    began = clock()
    do()
    return (clock() - began) * 1000


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"
