"""Several processes that answer on one socket: started, watched, replaced and stopped together."""

from __future__ import annotations

import multiprocessing
import signal
import socket
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from types import FrameType
from typing import Any

import structlog
from msgspec import Struct, field

log = structlog.get_logger()

STARTUP_FAILURE = 3
"""The exit code of a worker that cannot serve, however often it is started."""

WorkerTarget = Callable[[Any, socket.socket, Connection, socket.socket | None], None]
"""What a worker runs: it sends anything once it listens, and stops when the other end is gone."""

_SHORTEST_DELAY, _LONGEST_DELAY = 1.0, 30.0
_LOOK_SECONDS = 0.2
_MORE_SECONDS = 5.0
"""What a worker gets to end beyond the time that its requests have."""


class _Worker(Struct, eq=False):
    process: SpawnProcess
    line: Connection
    is_first: bool
    replaces: _Worker | None = None
    listens: bool = False
    leaves: bool = False


class Workers(Struct):
    """``count`` processes running ``target``, each for as long as it takes to start.

    SIGTERM and SIGINT stop them, SIGHUP replaces one after the other by new ones, and no request is cut short by it.
    ``told`` is called once, when the first one listens, and ``ended`` with the number of each process that has.
    ``only``: a socket that one of them has to itself; whoever takes the place of that one gets it.
    """

    count: int
    target: WorkerTarget
    argument: Any
    sock: socket.socket
    stop_seconds: float
    told: Callable[[], None]
    ended: Callable[[int], None] = lambda _: None
    only: socket.socket | None = None
    _workers: list[_Worker] = field(default_factory=list)
    _signals: deque[int] = field(default_factory=deque)
    _old: deque[_Worker] = field(default_factory=deque)
    _missing: int = 0
    _delay: float = _SHORTEST_DELAY
    _not_before: float = 0.0
    _has_told: bool = False
    _failed: bool = False

    def set_signals(self) -> None:
        """Hear of signals; to be called in the main thread, before ``run``."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1):
            signal.signal(number, self.note)

    def run(self) -> bool:
        """Serve until ``note`` hears of a signal to stop; False where a worker said that it cannot."""
        self._missing = self.count
        while not self._is_over():
            self._start_missing()
            wait([line for one in self._workers for line in (one.process.sentinel, one.line)], _LOOK_SECONDS)
            for worker in list(self._workers):
                self._look_at(worker)
            self._replace_next()
        self._stop()
        return not self._failed

    def note(self, number: int, _: FrameType | None = None) -> None:
        """A signal came; it is heeded at the next look."""
        self._signals.append(number)

    def _is_over(self) -> bool:
        while self._signals:
            number = self._signals.popleft()
            if number in (signal.SIGTERM, signal.SIGINT):
                return True
            if number == signal.SIGHUP and not self._old:
                self._old.extend(self._workers)
        return self._failed

    def _start_missing(self) -> None:
        if self._missing and time.monotonic() >= self._not_before:
            for _ in range(self._missing):
                self._start(None)
            self._missing = 0

    def _start(self, replaced: _Worker | None) -> None:
        ours, theirs = multiprocessing.Pipe()
        context = multiprocessing.get_context("spawn")
        is_first = replaced.is_first if replaced else not any(one.is_first for one in self._workers)
        only = self.only if is_first else None
        process = context.Process(target=self.target, args=(self.argument, self.sock, theirs, only))
        process.start()
        theirs.close()
        self._workers.append(_Worker(process, ours, is_first, replaced))

    def _look_at(self, worker: _Worker) -> None:
        if not worker.listens and worker.line.poll():
            with suppress(EOFError, OSError):  # it died: its end is seen below
                worker.line.recv()
                self._welcome(worker)
        if not worker.process.is_alive():
            self._bury(worker)

    def _welcome(self, worker: _Worker) -> None:
        worker.listens, self._delay = True, _SHORTEST_DELAY
        log.debug("worker listens", pid=worker.process.pid)
        if not self._has_told:
            self._has_told = True
            self.told()
        if worker.replaces:
            self._dismiss(worker.replaces)

    def _dismiss(self, worker: _Worker) -> None:
        worker.leaves = True
        worker.process.terminate()

    def _bury(self, worker: _Worker) -> None:
        worker.process.join()
        worker.line.close()
        self._workers.remove(worker)
        self.ended(worker.process.pid or 0)
        if worker.leaves:
            return
        reason = _reason(worker.process.exitcode)
        log.error("worker died", pid=worker.process.pid, reason=reason, listened=worker.listens)
        if worker.process.exitcode == STARTUP_FAILURE and not worker.listens:
            self._failed = True
        elif worker.replaces and not worker.listens:
            self._old.clear()  # the old ones stay
        else:
            self._missing += 1
            self._put_off(worker)

    def _put_off(self, worker: _Worker) -> None:
        """A worker that never listened is started again later and later."""
        if not worker.listens:
            self._not_before = time.monotonic() + self._delay
            self._delay = min(2 * self._delay, _LONGEST_DELAY)

    def _replace_next(self) -> None:
        """One after the other, so that there are never more than one too many."""
        if all(one.listens and not one.leaves for one in self._workers):
            while self._old:
                old = self._old.popleft()
                if old in self._workers:
                    self._start(old)
                    return

    def _stop(self) -> None:
        self.sock.close()  # the last worker that closes it leaves nobody waiting whom none will answer
        for worker in self._workers:
            worker.process.terminate()
        until = time.monotonic() + self.stop_seconds + _MORE_SECONDS
        for worker in self._workers:
            worker.process.join(max(0.0, until - time.monotonic()))
            if worker.process.is_alive():
                log.error("worker killed", pid=worker.process.pid, reason="it did not stop in time")
                worker.process.kill()
                worker.process.join()


def _reason(code: int | None) -> str:
    if code is None or code >= 0:
        return f"exit code {code}"
    with suppress(ValueError):
        return signal.Signals(-code).name
    return f"signal {-code}"
