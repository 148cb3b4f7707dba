"""A process that moves a ref as fast as it can, each time onto a commit of one file."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

from benchmarks.processes import PACKAGE
from gitconfig_server.errors import RefChanged
from gitconfig_server.storage.base import JournalRecord, RefUpdate, StoredRepository
from gitconfig_server.storage.conformance.objects import MAIN, commit
from gitconfig_server.storage.urls import open_storage


def start_movers(url: str, count: int, seconds: float) -> list[list[float]]:
    """So many processes at once: the milliseconds of each one's moves. They begin when all of them are ready."""
    environ = {"PYTHONPATH": f"{PACKAGE}:{PACKAGE.parent}:{PACKAGE.parent / 'tests'}", "HOME": str(Path.home())}
    command = [sys.executable, "-m", "benchmarks.mover", url, str(seconds)]
    pipe = subprocess.PIPE
    movers = [
        subprocess.Popen([*command, str(number)], stdin=pipe, stdout=pipe, text=True, env=environ)
        for number in range(count)
    ]
    for one in movers:
        assert one.stdout
        one.stdout.readline()
    for one in movers:
        assert one.stdin
        one.stdin.write("\n")
        one.stdin.flush()
    told = [one.communicate()[0] for one in movers]
    if any(one.returncode for one in movers):
        raise RuntimeError("a mover failed")
    return [json.loads(said.splitlines()[-1]) for said in told]


def move(repository: StoredRepository, number: int) -> None:
    """One move, made again where another process was quicker."""
    with repository.turn() as turn:
        while True:
            old = repository.snapshot().get(MAIN)
            new, objects = commit(number, old)
            updates = (RefUpdate(MAIN, old, new),)
            try:
                turn.update_refs(updates, objects=objects, record=JournalRecord(updates, "save", "bench"))
                return
            except RefChanged:
                continue


def _main(url: str, seconds: str, number: str) -> None:
    taken: list[float] = []
    storage, name = open_storage(url)
    with closing(storage):
        repository, count = storage.open(name), int(number) * 10_000_000 + time.time_ns() % 1_000_000
        print("ready", flush=True)
        sys.stdin.readline()
        until = time.perf_counter() + float(seconds)
        while time.perf_counter() < until or not taken:
            began, count = time.perf_counter(), count + 1
            move(repository, count)
            taken.append((time.perf_counter() - began) * 1000)
    print(json.dumps(taken))


if __name__ == "__main__":
    _main(*sys.argv[1:])
