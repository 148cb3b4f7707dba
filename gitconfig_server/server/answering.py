"""The other end of the hook's short way: a process that serves a folder judges direct pushes for it."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import BoundedSemaphore, Event, Thread

import structlog

from gitconfig_server.errors import GitConfigError
from gitconfig_server.git.repository import GitRepository
from gitconfig_server.server.asking import BEGINNING, ENDING, MOST_ASKED, reachable, read_question, write_answer
from gitconfig_server.server.holding import holding
from gitconfig_server.server.hooks import judge_updates, read_updates
from gitconfig_server.storage.base import RefUpdate

log = structlog.get_logger()

_AT_ONCE = 4
_GRACE = 2.0
"""Seconds that a stop waits for checks to notice it."""

_PATIENCE = 10.0
"""Seconds for a question to arrive whole."""


class HookServer:
    """Listens in the repository's folder from ``start`` to ``stop``; elsewhere, and where it cannot, it does nothing.

    Whoever may write there may ask: the socket is its owner's alone. ``rules`` are those that hooks are written with;
    others judge by themselves, as do all where nobody answers.
    """

    def __init__(self, git: GitRepository, rules: str) -> None:
        self._git = git
        self._rules = rules
        self._socket: socket.socket | None = None
        self._path: Path | None = None
        self._free = BoundedSemaphore(_AT_ONCE)
        self._stopped = Event()

    def start(self) -> None:
        """Listen."""
        stored = self._git.stored
        if stored.folder is None or stored.shared_folder is None or not stored.writable:
            return
        try:
            self._listen(stored.shared_folder)
        except OSError as error:
            log.info("direct pushes are judged by their hook", reason=error.strerror)

    def stop(self) -> None:
        """Answer no more; checks that are under way are ended, and those that are stuck left behind."""
        if self._socket and self._path:
            self._path.unlink(missing_ok=True)
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)  # wakes who waits for the next one
            self._socket.close()
            self._stopped.set()
            self._git.stop_checks()
            until = time.monotonic() + _GRACE
            for _ in range(_AT_ONCE):
                self._free.acquire(timeout=max(0.0, until - time.monotonic()))

    def _listen(self, folder: Path) -> None:
        for path in folder.glob(f"{BEGINNING}*{ENDING}"):
            with _opened(path.parent) as at, suppress(OSError):
                _remove_dead(path, at)
        name = f"{BEGINNING}{os.getpid()}{ENDING}"
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            with _opened(folder) as at:
                listening.bind(reachable(at, name))
            (folder / name).chmod(0o600)
            listening.listen()
        except OSError:
            listening.close()
            raise
        self._socket, self._path = listening, folder / name
        Thread(target=self._accept, args=(listening,), name="hook", daemon=True).start()

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                connected, _ = listening.accept()
            except OSError:  # it was stopped
                return
            self._free.acquire()
            Thread(target=self._answer_and_free, args=(connected,), name="hook", daemon=True).start()

    def _answer_and_free(self, connected: socket.socket) -> None:
        try:
            self._answer(connected)
        finally:
            self._free.release()

    def _answer(self, connected: socket.socket) -> None:
        with connected, suppress(OSError):
            connected.settimeout(_PATIENCE)
            asked = b""
            while len(asked) <= MOST_ASKED and (piece := connected.recv(1 << 16)):
                asked += piece
            # Nothing: another process looks whether somebody is here. Too much: a part says nothing of the rest.
            if 0 < len(asked) <= MOST_ASKED:
                self._judge(asked, connected)

    def _judge(self, asked: bytes, connected: socket.socket) -> None:
        """Answer, and keep others from moving the refs until Git has; nothing where the hook had better see itself."""
        try:
            rules, quarantine, lines = read_question(asked)
            if rules != self._rules or not self._is_of_ours(quarantine):
                return
            updates = read_updates(lines)
        except GitConfigError as error:
            connected.sendall(write_answer(False, [f"error: {error}"]))
            return
        except ValueError:
            return  # by a hook of another version
        with holding(self._git, connected, self._stopped) as hold:
            if self._answer_for(updates, quarantine, connected):
                hold.wait_for_git(updates)

    def _answer_for(self, updates: Sequence[RefUpdate], quarantine: str | None, connected: socket.socket) -> bool:
        try:
            agrees, said = judge_updates(self._git, quarantine, updates)
        except GitConfigError as error:
            agrees, said = False, [f"error: {error}"]
        except Exception:  # whatever it is, the hook is there
            log.exception("a direct push could not be judged")
            return False
        connected.sendall(write_answer(agrees, said))
        connected.shutdown(socket.SHUT_WR)
        return agrees

    def _is_of_ours(self, quarantine: str | None) -> bool:
        """Whether what came waits where Git lets it wait, in this repository; a push that only deletes brings none."""
        folder = self._git.stored.folder
        return quarantine is None or (
            folder is not None and Path(quarantine).resolve().parent == (folder.root / "objects").resolve()
        )


def _remove_dead(path: Path, folder: int) -> None:
    """Remove the socket of a process that did not live to do it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
        try:
            asking.connect(reachable(folder, path.name))
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
