"""A fetch that is answered from memory, against a bare ASGI application that answers the same bytes."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from benchmarks.bare import Answer
from benchmarks.figures import Budget, Figure, Spread, in_turn
from benchmarks.load import CONNECTIONS, Load, drive, loader
from benchmarks.processes import Running, bare_server, our_server
from benchmarks.repositories import Size, application, build
from benchmarks.saver import saving
from benchmarks.scale import Scale

SAVES_A_SECOND = 20
PATH = f"/{application(0)}/p0/main"

_SIZE = Size(sources=50, folders=50, commits=50, keys=200)

Ask = Callable[[Running], Mapping[str, str]]
"""The headers to ask with, found out by asking."""


def run(scale: Scale, folder: Path) -> Iterator[Figure]:
    """With one worker and with two; where an apply awaits its confirmation, and where readers are pinned."""
    for workers in (1, 2):
        yield against_bare("fetch", folder, scale, workers, lambda _: {})
    yield against_bare("fetch while an apply is pending", folder, scale, 1, _with_pending)
    yield against_bare("fetch of a pinned label", folder, scale, 1, _with_pin)


def _with_pending(server: Running) -> Mapping[str, str]:
    """What is read is pending, and every save of another application builds it anew."""
    staged = "/api/v1/labels/main/commits?staged=true"
    patch = {"op": "patch", "path": _SIZE.path(0), "patch": {"benchmark": "pending"}}
    _send(server, "POST", staged, {"changes": [patch]})
    _send(server, "POST", "/api/v1/labels/main/apply", {"confirm_within": 24 * 3600})
    return {}


def _with_pin(server: Running) -> Mapping[str, str]:
    _send(server, "PUT", "/api/v1/labels/main/pin", {"reason": "benchmark"})
    return {}


def _send(server: Running, method: str, path: str, body: object) -> None:
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(server.url(path), json.dumps(body).encode(), headers, method=method)
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 200


def against_bare(name: str, folder: Path, scale: Scale, workers: int, ask: Ask) -> Figure:
    """Requests a second for one environment while another process saves to another application."""
    seconds = scale.seconds(2)
    repository = build(folder / f"{name}-{workers}.git", _SIZE)
    with our_server(repository, workers) as ours, saving(repository, application(1), SAVES_A_SECOND) as saver:
        headers = ask(ours)
        answer = ours.ask(PATH, headers)
        with bare_server(answer.write(folder / f"{name}-{workers}.json"), workers) as bare:
            loads: dict[int, list[Load]] = {ours.port: [], bare.port: []}
            sides = [partial(_round, one, headers, seconds, loads[one.port]) for one in (ours, bare)]
            for side in sides:
                side()
            rates = in_turn(scale.rounds, *sides)
    return Figure(
        name=f"{name}, {workers} worker{'s' * (workers > 1)}",
        unit="requests/s; p99 in ms",
        ours=_with_p99(rates[0], loads[ours.port]),
        baseline_name="a bare ASGI application, same bytes, uvicorn with httptools and uvloop",
        baseline=_with_p99(rates[1], loads[bare.port]),
        ratio=rates[2],
        budget=Budget(0.8, at_least=True),
        remark=f"{_described(answer)}; {CONNECTIONS} connections; {loader(seconds)}; {_pace(saver.milliseconds)}",
        unmeasured="TLS, a network, many different environments, the access log",
    )


def _round(server: Running, headers: Mapping[str, str], seconds: float, loads: list[Load]) -> list[float]:
    loads.append(drive(server.url(PATH), headers, seconds))
    return [loads[-1].rate]


def _with_p99(spread: Spread, loads: list[Load]) -> Spread:
    return Spread(spread.median, spread.low, spread.high, Spread.of([one.p99 for one in loads]).median)


def _described(answer: Answer) -> str:
    return f"status {answer.status}, {len(answer.body)} bytes"


def _pace(milliseconds: list[float]) -> str:
    return f"{len(milliseconds)} saves beside it, {Spread.of(milliseconds).median:.1f} ms each"
