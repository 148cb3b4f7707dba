"""A push of one commit: what the server takes for it, against ``git receive-pack`` with the same settings."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from http.client import HTTPConnection
from io import BytesIO
from itertools import pairwise
from pathlib import Path

from benchmarks.figures import Budget, Figure, in_turn, milliseconds
from benchmarks.processes import our_server
from benchmarks.repositories import MAIN, Size, build, opened
from benchmarks.scale import Scale
from gitconfig_server.git.receiving.pack_scan import PackLimits
from gitconfig_server.git.receiving.receive_pack import receive_pack
from gitconfig_server.model.principals import ANONYMOUS
from gitconfig_server.storage.disk.config import complete

_SERVICE = "git-receive-pack"

Push = Callable[[bytes], bytes]


def run(scale: Scale, folder: Path) -> Iterator[Figure]:
    """Advertisement and push, each commit on top of the one before."""
    a_round = scale.count(20)
    total = a_round * (scale.rounds + 1)
    size = Size(scale.count(1000), scale.count(100), total + scale.count(500))
    source = build(folder / "source.git", size)
    bodies = _pushes(source, total)
    ours, theirs = (_without_last(source, folder / name, total) for name in ("ours.git", "theirs.git"))
    with our_server(ours) as server:
        connection = HTTPConnection("127.0.0.1", server.port)
        sides = [
            partial(_round, push, iter(bodies), a_round)
            for push in (partial(_over_http, connection), partial(_receive_pack, theirs))
        ]
        for side in sides:
            side()
        mine, other, ratio = in_turn(scale.rounds, *sides)
        connection.close()
    yield Figure(
        name="push",
        unit="ms a push",
        ours=mine,
        baseline_name="git receive-pack --stateless-rpc, which checks and syncs as much, but reads no YAML",
        baseline=other,
        ratio=ratio,
        budget=Budget(1.5),
        remark=f"one changed file among {size.sources:,}; the client's work is in neither",
        unmeasured="the client, a network, our pre-receive hook for pushes into the folder",
    )
    yield _of_history(scale, folder)


def _of_history(scale: Scale, folder: Path) -> Figure:
    """Many commits in one push, each time onto a new copy of what was there."""
    commits = scale.count(1000)
    size = Size(scale.count(200), scale.count(20), commits + scale.count(100))
    source = build(folder / "history.git", size)
    ids = _git(source, "rev-list", f"--max-count={commits + 1}", "main").split()
    body = request(source, ids[-1], ids[0])
    base = _without_last(source, folder / "base.git", commits)
    sides = [partial(_history_round, folder, base, body, push) for push in (_served, _receive_pack)]
    for side in sides:
        side()
    ours, baseline, ratio = in_turn(scale.rounds, *sides)
    return Figure(
        name=f"push of {commits:,} commits",
        unit="ms",
        ours=ours,
        baseline_name="git receive-pack --stateless-rpc with fsckObjects, which reads no YAML",
        baseline=baseline,
        ratio=ratio,
        budget=Budget(2),
        remark=f"{size.sources:,} files, one of them changed a commit",
        unmeasured="the client, a network, HTTP",
    )


def _history_round(folder: Path, base: Path, body: bytes, push: Callable[[Path, bytes], bytes]) -> Sequence[float]:
    target = folder / "target.git"
    shutil.copytree(base, target)
    try:
        return [milliseconds(partial(_accepted, partial(push, target), body))]
    finally:
        shutil.rmtree(target)


def _served(repository: Path, body: bytes) -> bytes:
    """What the server does with a push that has arrived whole."""
    with opened(repository) as engine:
        return b"".join(receive_pack(engine.git, BytesIO(body), PackLimits(), ANONYMOUS))


def _pushes(source: Path, count: int) -> list[bytes]:
    """What a client sends for each of the last commits."""
    ids = _git(source, "rev-list", "--reverse", f"--max-count={count + 1}", "main").split()
    return [request(source, old, new) for old, new in pairwise(ids)]


def request(source: Path, old: bytes, new: bytes) -> bytes:
    """What a client sends that moves ``main`` from ``old``, which is all zeros where there is none, to ``new``."""
    command = b"%s %s %s\0 report-status side-band-64k object-format=sha1" % (old, new, MAIN)
    wanted = b"%s\n" % new + (b"^%s\n" % old if old.strip(b"0") else b"")
    pack = _git(source, "pack-objects", "--stdout", "--revs", "--thin", "--delta-base-offset", "-q", input=wanted)
    return b"%04x%s0000%s" % (len(command) + 4, command, pack)


def _without_last(source: Path, target: Path, count: int) -> Path:
    """A copy whose history lacks the last commits, set up as the server sets its repositories up."""
    _git(source, "update-ref", "refs/heads/base", f"main~{count}")
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", target], check=True)
    _git(target, "fetch", "--quiet", "--no-tags", source.as_uri(), "base:main")
    config = target / "config"
    config.write_bytes(complete(config.read_bytes()))
    return target


def _round(push: Push, bodies: Iterator[bytes], count: int) -> Sequence[float]:
    return [milliseconds(partial(_accepted, push, next(bodies))) for _ in range(count)]


def _accepted(push: Push, body: bytes) -> None:
    answer = push(body)
    if b"ok refs/heads/main" not in answer:
        raise RuntimeError(f"a push was refused: {answer!r}")


def _over_http(connection: HTTPConnection, body: bytes) -> bytes:
    connection.request("GET", f"/config.git/info/refs?service={_SERVICE}")
    connection.getresponse().read()
    headers = {"Content-Type": f"application/x-{_SERVICE}-request"}
    connection.request("POST", f"/config.git/{_SERVICE}", body, headers)
    return connection.getresponse().read()


def _receive_pack(repository: Path, body: bytes) -> bytes:
    _git(repository, "receive-pack", "--stateless-rpc", "--http-backend-info-refs", ".")
    return _git(repository, "receive-pack", "--stateless-rpc", ".", input=body)


def _git(repository: Path, *arguments: str, input: bytes = b"") -> bytes:
    return subprocess.run(["git", *arguments], cwd=repository, input=input, check=True, stdout=subprocess.PIPE).stdout
