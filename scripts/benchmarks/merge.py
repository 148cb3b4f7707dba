"""Merging one large file by key, against reading it once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from benchmarks.figures import Budget, Figure, in_turn, milliseconds
from benchmarks.scale import Scale
from gitconfig_server.formats.merging.texts import merge_texts
from gitconfig_server.formats.reading.formats import parse

_KEYS_A_GROUP = 20


def run(scale: Scale, folder: Path) -> Iterator[Figure]:
    """Two sides that changed keys apart from each other, and two that changed neighbours."""
    groups = scale.count(500)
    base = _text(groups, {})
    ours = _text(groups, {(0, 3): "ours", (groups - 1, 7): "ours"})
    for what, place in (("apart", (1, 3)), ("beside each other", (0, 4))):
        theirs = _text(groups, {place: "theirs"})
        merge = partial(merge_texts, "large.yml", base, ours, theirs)
        read = partial(parse, "large.yml", base)
        mine, other, ratio = in_turn(scale.rounds, partial(_timed, merge), partial(_timed, read))
        yield Figure(
            name=f"merge of keys {what}",
            unit="ms a merge",
            ours=mine,
            baseline_name="reading the file once, flat",
            baseline=other,
            ratio=ratio,
            budget=Budget(6),
            remark=f"{groups * _KEYS_A_GROUP:,} keys; of three texts what differs is read, of the outcome all",
            unmeasured="finding out who changed what, where it conflicts",
        )


def _timed(do: Callable[[], object]) -> list[float]:
    return [milliseconds(do)]


def _text(groups: int, changed: dict[tuple[int, int], str]) -> bytes:
    lines = (
        f"  key{number}: {changed.get((group, number), f'value {group} {number}')}\n"
        if number >= 0
        else f"group{group}:\n"
        for group in range(groups)
        for number in range(-1, _KEYS_A_GROUP)
    )
    return "".join(lines).encode()
