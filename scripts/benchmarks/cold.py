"""The first fetch of an application, of which nothing is in memory, against parsing its file with libyaml."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from http.client import HTTPConnection
from pathlib import Path

import yaml

from benchmarks.figures import Budget, Figure, in_turn, milliseconds
from benchmarks.processes import our_server
from benchmarks.repositories import Size, application, build, config_text
from benchmarks.scale import Scale

_KEYS = 200
_PARSE_FACTOR, _ALLOWANCE = 1.5, 1.0
_APPLICATIONS_A_ROUND = 60


def run(scale: Scale, folder: Path) -> Iterator[Figure]:
    """One file an application, each application asked for once, all over one connection."""
    a_round = scale.count(_APPLICATIONS_A_ROUND)
    count = max(a_round * scale.rounds, scale.count(1000))
    repository = build(folder / "cold.git", Size(count, count, keys=_KEYS))
    applications, parsed = iter(range(count)), iter(range(count))
    with our_server(repository) as server:
        connection = HTTPConnection("127.0.0.1", server.port)
        ours, parse, ratio = in_turn(
            scale.rounds,
            lambda: [milliseconds(partial(_fetch, connection, next(applications))) for _ in range(a_round)],
            lambda: [_allowed(next(parsed)) for _ in range(a_round)],
        )
        connection.close()
    yield Figure(
        name="cold",
        unit="ms a fetch",
        ours=ours,
        baseline_name=f"{_PARSE_FACTOR:g} x yaml.load(CSafeLoader) of the same file + {_ALLOWANCE:g} ms",
        baseline=parse,
        ratio=ratio,
        budget=Budget(1.0),
        remark=f"one file of {len(config_text(_KEYS, 0))} bytes beside {count - 1} applications",
        unmeasured="reading from a disk that has to be waited for, files shared with other applications",
    )


def _fetch(connection: HTTPConnection, number: int) -> None:
    connection.request("GET", f"/{application(number)}/p0/main")
    response = connection.getresponse()
    body = response.read()
    if response.status != 200 or b"host-0" not in body:
        raise RuntimeError(f"status {response.status}: {body!r}")


def _allowed(number: int) -> float:
    text = config_text(_KEYS, number)
    return _PARSE_FACTOR * milliseconds(partial(yaml.load, text, yaml.CSafeLoader)) + _ALLOWANCE
