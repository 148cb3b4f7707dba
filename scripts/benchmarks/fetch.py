"""A fetch that is answered from memory, against a bare ASGI application and nginx that answer the same bytes."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.bare import Answer
from benchmarks.figures import Budget, Figure, Spread, against_each
from benchmarks.load import CONNECTIONS, Load, drive, loader
from benchmarks.processes import NGINX, Running, bare_protocol, bare_server, nginx_server, our_server
from benchmarks.repositories import Size, application, build
from benchmarks.saver import saving
from benchmarks.scale import Scale

SAVES_A_SECOND = 20
PATH = f"/{application(0)}/p0/main"

SIZE = Size(sources=50, folders=50, commits=50, keys=200)

_BARE = "a bare ASGI application, same bytes, uvicorn with httptools and uvloop"
_NGINX = "nginx with a static file of the same bytes"

_WHOLE = "nginx with a static file that it sends whole: what is not asked of us here"
_PROTOCOL = "a protocol of the same loop that says these bytes to whatever comes: the least that Python can do"

Ask = Callable[[Running], Mapping[str, str]]
"""The headers to ask with, found out by asking."""


@dataclass(frozen=True, slots=True)
class _Baseline:
    beside: str
    name: str
    server: Running
    headers: Mapping[str, str]
    budget: Budget | None = None


def run(scale: Scale, folder: Path) -> Iterator[Figure]:
    """With one worker and with two; where an apply awaits its confirmation, and where readers are pinned."""
    yield from against_both("fetch", folder, scale, 1, lambda _: {}, Budget(2.5, at_least=True))
    yield from against_both("fetch", folder, scale, 2, lambda _: {}, Budget(1.5, at_least=True))
    special = Budget(0.8, at_least=True)
    yield from against_both("fetch while an apply is pending", folder, scale, 1, _with_pending, special)
    yield from against_both("fetch of a pinned label", folder, scale, 1, _with_pin, special)


def _with_pending(server: Running) -> Mapping[str, str]:
    """What is read is pending, and every save of another application builds it anew."""
    staged = "/api/v1/labels/main/commits?staged=true"
    patch = {"op": "patch", "path": SIZE.path(0), "patch": {"benchmark": "pending"}}
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


def against_both(
    name: str,
    folder: Path,
    scale: Scale,
    workers: int,
    ask: Ask,
    budget: Budget,
    *,
    path: str = PATH,
    settings: Path | None = None,
) -> Iterator[Figure]:
    """Requests a second for one environment while another process saves to another application.

    With one worker a bare protocol comes in, and nginx where it is installed.
    """
    seconds = scale.seconds(2)
    repository = build(folder / f"{name}-{workers}.git", SIZE)
    with ExitStack() as stack:
        ours = stack.enter_context(our_server(repository, workers, settings))
        saver = stack.enter_context(saving(repository, application(1), SAVES_A_SECOND))
        headers = ask(ours)
        answer = ours.ask(path, headers)
        body = ours.ask(path).body.encode("latin-1")
        file = answer.write(folder / f"{name}-{workers}.json")
        bare = stack.enter_context(bare_server(file, workers))
        baselines = [_Baseline("", _BARE, bare, headers, budget)]
        if workers == 1:
            place = folder / name.replace(" ", "-")
            place.mkdir()
            protocol = stack.enter_context(bare_protocol(answer, place))
            baselines.append(_Baseline(", beside a bare protocol", _PROTOCOL, protocol, headers))
            if NGINX:
                nginx = stack.enter_context(nginx_server(place, path, body))
                strict = Budget(1.0, at_least=True) if name in ("fetch", "not-modified") else None
                baselines.append(_Baseline(", beside nginx", _NGINX, nginx, headers, strict))
                if "If-None-Match" in headers:
                    baselines.append(_Baseline(", beside nginx's whole file", _WHOLE, nginx, {}, strict))
        mine = _Baseline("", "", ours, headers)
        loads: list[list[Load]] = [[] for _ in (mine, *baselines)]
        sides = [
            partial(_round, one.server, path, _own(one.server, path, one.headers), seconds, load)
            for one, load in zip((mine, *baselines), loads, strict=True)
        ]
        for side in sides:
            side()
        rates = against_each(scale.rounds, sides[0], sides[1:])
    for baseline, (ours_rate, other, ratio), load in zip(baselines, rates, loads[1:], strict=True):
        yield Figure(
            name=f"{name}, {workers} worker{'s' * (workers > 1)}{baseline.beside}",
            unit="requests/s; p99 in ms",
            ours=_with_p99(ours_rate, loads[0]),
            baseline_name=baseline.name,
            baseline=_with_p99(other, load),
            ratio=ratio,
            budget=baseline.budget,
            remark=f"{_described(answer)}; {CONNECTIONS} connections; {loader(seconds)}; {_pace(saver.milliseconds)}",
            unmeasured="TLS, a network, many different environments, the access log",
        )


def _own(server: Running, path: str, headers: Mapping[str, str]) -> Mapping[str, str]:
    """The headers with the ETag that this server gives, where they name one."""
    if "If-None-Match" not in headers:
        return headers
    own = {name.lower(): value for name, value in server.ask(path).headers}
    return {**headers, "If-None-Match": own.get("etag", headers["If-None-Match"])}


def _round(server: Running, path: str, headers: Mapping[str, str], seconds: float, loads: list[Load]) -> list[float]:
    loads.append(drive(server.url(path), headers, seconds))
    return [loads[-1].rate]


def _with_p99(spread: Spread, loads: list[Load]) -> Spread:
    return Spread(spread.median, spread.low, spread.high, Spread.of([one.p99 for one in loads]).median)


def _described(answer: Answer) -> str:
    return f"status {answer.status}, {len(answer.body)} bytes"


def _pace(milliseconds: list[float]) -> str:
    return f"{len(milliseconds)} saves beside it, {Spread.of(milliseconds).median:.1f} ms each"
