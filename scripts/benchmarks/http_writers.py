"""Clients that save over HTTP, each to a file of its own, as often as they are answered."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from statistics import median

from benchmarks.figures import Figure, Spread, in_turn, percentile
from benchmarks.processes import Running, our_server
from benchmarks.repositories import Size, build, config_text, migrated
from benchmarks.scale import Scale
from benchmarks.stores import put

_CLIENTS = 16
_SIZE = Size(_CLIENTS, _CLIENTS)


def saves_together(scale: Scale, folder: Path, kind: str, url: str) -> Figure:
    """How many saves a second all clients get, against one of them alone; ``url``: a place in a database."""
    taken: list[list[list[float]]] = []
    source = build(folder / f"saves-{kind}.git", _SIZE)
    with our_server(source if kind == "disk" else migrated(source, url)) as server:

        def together() -> list[float]:
            taken.append(_saved(server, _CLIENTS, scale.seconds(10)))
            return [sum(map(len, taken[-1])) / scale.seconds(10)]

        def alone() -> list[float]:
            return [len(_saved(server, 1, scale.seconds(3))[0]) / scale.seconds(3)]

        alone()
        mine, other, ratio = in_turn(scale.rounds, together, alone)
    shares = [min(map(len, one)) / max(map(len, one)) for one in taken]
    return Figure(
        name=f"save over HTTP, {_CLIENTS} clients on {kind}",
        unit="saves/s; p99 in ms",
        ours=Spread(mine.median, mine.low, mine.high, percentile([each for one in taken for each in one])),
        baseline_name="one client alone",
        baseline=other,
        ratio=ratio,
        remark=f"the slowest client got {median(shares):.0%} of the saves of the quickest",
        unmeasured="a network; the clients are threads of one process on the server's cores",
    )


def _saved(server: Running, clients: int, seconds: float) -> list[list[float]]:
    """The milliseconds of each client's saves."""
    with ThreadPoolExecutor(clients) as pool:
        return list(pool.map(partial(_save_on, server, time.perf_counter() + seconds), range(clients)))


def _save_on(server: Running, until: float, client: int) -> list[float]:
    connection = HTTPConnection("127.0.0.1", server.port)
    taken: list[float] = []
    while not taken or time.perf_counter() < until:
        began = time.perf_counter()
        put(connection, _SIZE.path(client), config_text(_SIZE.keys, time.time_ns()))
        taken.append((time.perf_counter() - began) * 1000)
    connection.close()
    return taken
