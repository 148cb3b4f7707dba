"""Merging one large file by key, against reading it once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.figures import Budget, Figure, in_turn, milliseconds
from benchmarks.scale import Scale
from gitconfig_server.formats.merging.texts import merge_texts
from gitconfig_server.formats.reading.formats import parse, parsing_once

_KEYS_A_GROUP = 20
_Changed = dict[tuple[int, int], str]


def run(scale: Scale, folder: Path) -> Iterator[Figure]:
    """Two sides that changed keys apart from each other, and two that changed neighbours, in each format."""
    groups = scale.count(500)
    for path, text in _TEXTS.items():
        base = text(groups, {})
        ours = text(groups, {(0, 3): "ours", (groups - 1, 7): "ours"})
        read = partial(parse, path, base)
        for what, place in (("apart", (1, 3)), ("beside each other", (0, 4))):
            merge = partial(merge_texts, path, base, ours, text(groups, {place: "theirs"}))
            name = f"merge of keys {what}, {path}"
            yield _figure(scale, name, _timed(merge), _timed(read), Budget(6), groups)
            yield _figure(scale, f"{name}, texts read before", _warm(merge), _timed(read), Budget(3), groups)


def _figure(
    scale: Scale,
    name: str,
    merge: Callable[[], list[float]],
    read: Callable[[], list[float]],
    budget: Budget,
    groups: int,
) -> Figure:
    mine, other, ratio = in_turn(scale.rounds, merge, read)
    return Figure(
        name=name,
        unit="ms a merge",
        ours=mine,
        baseline_name="reading the file once, flat",
        baseline=other,
        ratio=ratio,
        budget=budget,
        remark=f"{groups * _KEYS_A_GROUP:,} keys; of three texts what differs is read, of the outcome all",
        unmeasured="finding out who changed what, where it conflicts",
    )


def _timed(do: Callable[[], object]) -> Callable[[], list[float]]:
    return lambda: [milliseconds(do)]


def _warm(merge: Callable[[], object]) -> Callable[[], list[float]]:
    """As within one write, whose check reads what the merge reads back."""

    def timed() -> list[float]:
        with parsing_once():
            merge()
            return [milliseconds(merge)]

    return timed


def _values(groups: int, changed: _Changed) -> Iterator[tuple[int, int, str]]:
    for group in range(groups):
        for number in range(_KEYS_A_GROUP):
            yield group, number, changed.get((group, number), f"value {group} {number}")


def _yaml(groups: int, changed: _Changed) -> bytes:
    lines = (
        ("" if number else f"group{group}:\n") + f"  key{number}: {value}\n"
        for group, number, value in _values(groups, changed)
    )
    return "".join(lines).encode()


def _json(groups: int, changed: _Changed) -> bytes:
    made: dict[str, Any] = {}
    for group, number, value in _values(groups, changed):
        made.setdefault(f"group{group}", {})[f"key{number}"] = value
    return json.dumps(made, indent=2).encode()


def _properties(groups: int, changed: _Changed) -> bytes:
    lines = (f"group{group}.key{number}={value}\n" for group, number, value in _values(groups, changed))
    return "".join(lines).encode()


def _anchored(groups: int, changed: _Changed) -> bytes:
    """With one map that others name and take over."""
    return b"shared: &shared\n  a: 1\n  b: 2\nnamed: *shared\nmerged:\n  <<: *shared\n  c: 3\n" + _yaml(groups, changed)


def _json_on_one_line(groups: int, changed: _Changed) -> bytes:
    return json.dumps(json.loads(_json(groups, changed))).encode()


_TEXTS: dict[str, Callable[[int, _Changed], bytes]] = {
    "large.yml": _yaml,
    "anchors.yml": _anchored,
    "large.json": _json,
    "line.json": _json_on_one_line,
    "large.properties": _properties,
}
