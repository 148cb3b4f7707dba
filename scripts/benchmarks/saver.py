"""A process that saves: at a rate until its input ends, or as fast as it can for a time."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from select import select

from benchmarks.processes import PACKAGE
from benchmarks.repositories import opened, save


@dataclass(slots=True)
class Saver:
    """A saver beside what is measured; what each save took is known when it has ended."""

    process: subprocess.Popen[str]
    milliseconds: list[float] = field(default_factory=list)
    cpu_milliseconds: list[float] = field(default_factory=list)

    def end(self) -> None:
        """Let it finish, and hear how it went."""
        said, _ = self.process.communicate()
        if self.process.returncode:
            raise RuntimeError("a saver failed")
        self.milliseconds, self.cpu_milliseconds = json.loads(said.splitlines()[-1])


def start(repository: Path, application: str, *, rate: float = 0, seconds: float = 3600) -> Saver:
    """Save to ``application`` ``rate`` times a second (0: as often as possible), for ``seconds`` or until ``end``."""
    command = [sys.executable, "-m", "benchmarks.saver", str(repository), application, str(rate), str(seconds)]
    environ = {"PYTHONPATH": f"{PACKAGE}:{PACKAGE.parent}"}
    pipe = subprocess.PIPE
    return Saver(subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environ))


@contextmanager
def saving(repository: Path, application: str, rate: float) -> Iterator[Saver]:
    """A saver that works while the context lasts, and has begun when it is entered."""
    saver = start(repository, application, rate=rate)
    assert saver.process.stdout
    saver.process.stdout.readline()
    try:
        yield saver
    finally:
        saver.end()


def _main(repository: str, application: str, rate: str, seconds: str) -> None:
    taken: list[float] = []
    used: list[float] = []
    began = time.perf_counter()
    with opened(Path(repository)) as writer:
        while not taken or time.perf_counter() - began < float(seconds):
            due = began + len(taken) / float(rate) if float(rate) else 0.0
            if float(rate) and select([sys.stdin], [], [], max(0.0, due - time.perf_counter()))[0]:
                break
            start_of_save, used_before = time.perf_counter(), time.process_time()
            save(writer, f"{application}/{application}-saved.yml", b"at: %d\n" % time.time_ns())
            taken.append((time.perf_counter() - start_of_save) * 1000)
            used.append((time.process_time() - used_before) * 1000)
            if len(taken) == 1:
                print("saving", flush=True)
    print(json.dumps([taken, used]))


if __name__ == "__main__":
    _main(*sys.argv[1:])
