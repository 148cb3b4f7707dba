"""The same server on a database, against itself on a folder: saves, fetches, clones, pushes."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from http.client import HTTPConnection
from io import BytesIO
from itertools import count
from pathlib import Path

from benchmarks.clone import cloned
from benchmarks.figures import Budget, Figure, Spread, in_turn, milliseconds
from benchmarks.load import drive
from benchmarks.places import places
from benchmarks.processes import Running, our_server
from benchmarks.push import request
from benchmarks.repositories import Size, application, build, config_text, migrated
from benchmarks.scale import Scale
from gitconfig_server.config.engine import ConfigEngine
from gitconfig_server.git.receiving.pack_scan import PackLimits
from gitconfig_server.git.receiving.receive_pack import receive_pack
from gitconfig_server.model.principals import ANONYMOUS
from gitconfig_server.service.opening import make_engine
from gitconfig_server.storage.urls import open_storage

_KINDS = ("sqlite", "postgresql", "mongodb")
_PROVEN = ("sqlite", "postgresql")
_UNMEASURED = "a network between server and database, several servers"


def run(scale: Scale, folder: Path) -> Iterator[Figure]:
    """Each kind against disk, on copies of one repository as ``migrate`` leaves them."""
    size = Size(scale.count(200), scale.count(20), scale.count(10_000))
    source = build(folder / "source.git", size)
    subprocess.run(["git", "-C", source, "gc", "--quiet"], check=True)
    with places(folder, _KINDS if scale.factor >= 0.05 else _PROVEN) as found, our_server(source) as disk:
        for kind, url in found.items():
            with our_server(migrated(source, url)) as server:
                proven = kind in _PROVEN
                yield _fetches(scale, kind, server, disk)
                yield from _clones(scale, folder, kind, server, disk, proven)
                yield _first_clones(scale, folder, kind, (server, url), (disk, str(source)), proven)
                yield _saves(scale, kind, server, disk, size)
    yield from _pushes(scale, folder)


def _figure(
    name: str, unit: str, found: tuple[Spread, Spread, Spread], budget: Budget | None, remark: str = ""
) -> Figure:
    ours, baseline, ratio = found
    return Figure(name, unit, ours, "the same server on a folder", baseline, ratio, _UNMEASURED, budget, remark)


def _fetches(scale: Scale, kind: str, server: Running, disk: Running) -> Figure:
    seconds, path = scale.seconds(1), f"/{application(0)}/p0/main"
    sides = [lambda one=one: [drive(one.url(path), {}, seconds).rate] for one in (server, disk)]
    for side in sides:
        side()
    found = in_turn(scale.turns, *sides)  # a tenth is less than a second's chance on shared cores
    return _figure(f"cached fetch on {kind}", "requests/s", found, Budget(0.9, at_least=True))


def _clones(scale: Scale, folder: Path, kind: str, server: Running, disk: Running, proven: bool) -> Iterator[Figure]:
    target = folder / "cloned.git"

    def size(clone: Callable[[], object]) -> float:
        clone()
        return float(sum(pack.stat().st_size for pack in (target / "objects" / "pack").glob("*.pack")))

    for measure, unit, budget in ((milliseconds, "ms", Budget(2.5)), (size, "bytes", Budget(1.05))):
        sides = [lambda one=one: [cloned(one.url("/config.git"), target, measure)] for one in (server, disk)]  # noqa: B023
        for side in sides:
            side()
        yield _figure(f"clone from {kind}", unit, in_turn(scale.rounds, *sides), budget if proven else None)


def _first_clones(
    scale: Scale, folder: Path, kind: str, ours: tuple[Running, str], other: tuple[Running, str], proven: bool
) -> Figure:
    """Of servers that have kept nothing of an earlier one."""

    def first(server: Running, kept: Path) -> Sequence[float]:
        for pack in kept.glob("kept-*"):
            pack.unlink()
        return [cloned(server.url("/config.git"), folder / "cloned.git", milliseconds)]

    sides = [partial(first, server, _shared_folder(url)) for server, url in (ours, other)]
    return _figure(f"first clone from {kind}", "ms", in_turn(scale.rounds, *sides), Budget(2.5) if proven else None)


def _shared_folder(url: str) -> Path:
    storage, name = open_storage(url)
    with closing(storage):
        found = storage.open(name).shared_folder
    assert found
    return found


def _saves(scale: Scale, kind: str, server: Running, disk: Running, size: Size) -> Figure:
    versions = count()

    def saved(one: Running) -> Sequence[float]:
        connection = HTTPConnection("127.0.0.1", one.port)
        numbers = [next(versions) for _ in range(scale.count(20))]
        saves = ((size.path(one % size.sources), config_text(12, one)) for one in numbers)
        times = [milliseconds(partial(put, connection, *save)) for save in saves]
        connection.close()
        return times

    sides = [partial(saved, one) for one in (server, disk)]
    for side in sides:
        side()
    return _figure(f"save over HTTP on {kind}", "ms", in_turn(scale.turns, *sides), None)


def put(connection: HTTPConnection, path: str, body: bytes) -> None:
    """Save a file."""
    headers = {"Content-Type": "application/octet-stream"}
    connection.request("PUT", f"/api/v1/files/{path}", body, headers)
    answer = connection.getresponse()
    if answer.status != 200:
        raise RuntimeError(answer.read().decode())
    assert json.loads(answer.read())["commit"]


def _pushes(scale: Scale, folder: Path) -> Iterator[Figure]:
    """All commits at once, each time into a new repository that holds the one before them."""
    commits = scale.count(1000)
    source = build(folder / "history.git", Size(scale.count(200), scale.count(20), commits + 1))
    listed = subprocess.run(["git", "-C", source, "rev-list", "main"], check=True, capture_output=True)
    ids = listed.stdout.split()
    bodies = request(source, b"0" * 40, ids[-1]), request(source, ids[-1], ids[0])
    numbers = count()

    def pushed(url: str) -> Sequence[float]:
        storage, _ = open_storage(url)
        with closing(storage), closing(storage.create(f"pushed-{next(numbers)}")) as stored:
            engine = make_engine(stored)
            _push(engine, bodies[0])
            return [milliseconds(partial(_push, engine, bodies[1]))]

    with places(folder / "pushed", ("disk", *_PROVEN)) as found:
        for kind in [one for one in _PROVEN if one in found]:
            sides = [partial(pushed, found[kind]), partial(pushed, found["disk"])]
            yield _figure(f"push of {commits:,} commits to {kind}", "ms", in_turn(scale.rounds, *sides), Budget(2))


def _push(engine: ConfigEngine, body: bytes) -> None:
    answer = b"".join(receive_pack(engine.git, BytesIO(body), PackLimits(), ANONYMOUS))
    if b"ok refs/heads/main" not in answer:
        raise RuntimeError(f"a push was refused: {answer!r}")
