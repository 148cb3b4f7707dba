"""A client that fetches steadily in a process of its own, and tells how long each answer took.

``python -m benchmarks.bystander PORT PATH`` asks until its standard input ends.
"""

from __future__ import annotations

import json
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from itertools import count

_PAUSE = 0.004
_PATIENCE = 300.0


@dataclass(slots=True)
class Bystander:
    """Milliseconds an answer: of what the server keeps, and of what it has to put together."""

    known: list[float] = field(default_factory=list)
    new: list[float] = field(default_factory=list)


@contextmanager
def bystander(port: int, path: str) -> Iterator[Bystander]:
    """A client of the server at ``port``; what it saw is there when the context ends."""
    seen = Bystander()
    command = [sys.executable, "-m", __name__, str(port), path]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        process.stdout.readline()
        yield seen
        process.stdin.close()
        seen.known, seen.new = json.loads(process.stdout.read())


def _main(port: str, path: str) -> None:
    known, new = HTTPConnection("127.0.0.1", int(port), timeout=_PATIENCE), HTTPConnection("127.0.0.1", int(port))
    new.timeout = _PATIENCE
    application, profile, label = path.strip("/").split("/")
    taken: tuple[list[float], list[float]] = [], []
    for number in count():
        taken[0].append(_ask(known, path))
        taken[1].append(_ask(new, f"/{application}/{profile},seen{number}/{label}"))
        if number == 0:  # these two opened connections, and what they asked for was read from the disk
            taken[0].clear()
            taken[1].clear()
            print(flush=True)
        if number and select.select([sys.stdin], [], [], _PAUSE)[0]:
            break
    print(json.dumps(taken), flush=True)


def _ask(connection: HTTPConnection, path: str) -> float:
    began = time.perf_counter()
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{path}: {answer.status} {body[:200]!r}")
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    _main(*sys.argv[1:])
