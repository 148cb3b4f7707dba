"""The line of those who save waits for a direct push, from when it is judged until Git has moved its refs.

Stock Git reads what a ref was before the hook runs, and gives up where it has moved since: beside who saves all the
time a push would lose again and again.
"""

from __future__ import annotations

import os
import select
import socket
import struct
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from threading import Event, Lock, Timer

from gitconfig_server.errors import StorageError
from gitconfig_server.git.repository import GitRepository
from gitconfig_server.storage.base import RefUpdate

HELD_SECONDS = 2.0
"""How long others wait for one push at most; most take some hundredths of a second."""

_PAUSE, _LONGEST_PAUSE = 1, 10
_CREDENTIALS = struct.Struct("3i")


@contextmanager
def holding(git: GitRepository, connected: socket.socket, ended: Event) -> Iterator[Hold]:
    """Nobody else moves a ref within the block who stands in line, but for ``HELD_SECONDS`` at most.

    ``connected``: to the hook of a push; where its Git cannot be watched, or the line is too long, nobody is held up.
    ``ended`` tells that nobody waits any more.
    """
    with _parent_of_peer(connected) as parent:
        hold = Hold(git, parent, ended)
        try:
            hold.begin()
            yield hold
        finally:
            hold.end()


class Hold:
    """A turn that ends by itself after a time, whatever its holder does."""

    def __init__(self, git: GitRepository, parent: int | None, ended: Event) -> None:
        self._git = git
        self._parent = parent
        self._ended = ended
        self._held = ExitStack()
        self._lock = Lock()
        self._timer = Timer(HELD_SECONDS, self.end)
        self._timer.daemon = True

    def begin(self) -> None:
        """Wait in line."""
        if self._parent is not None:
            with suppress(StorageError):
                self._held.enter_context(self._git.turn())
                self._timer.start()

    def end(self) -> None:
        """Let the next one have its turn."""
        self._timer.cancel()
        with self._lock:
            self._held.close()

    def wait_for_git(self, updates: Sequence[RefUpdate]) -> None:
        """Until the refs are where they are to go, or Git is gone, or it is over."""
        if self._parent is None:
            return
        until, pause = time.monotonic() + HELD_SECONDS, _PAUSE
        gone = select.poll()
        gone.register(self._parent, select.POLLIN)
        with suppress(StorageError):
            while not (gone.poll(pause) or self._ended.is_set() or time.monotonic() > until):
                refs = self._git.snapshot(fresh=True)
                if all(refs.get(one.ref) == one.new for one in updates):
                    return
                pause = min(2 * pause, _LONGEST_PAUSE)


@contextmanager
def _parent_of_peer(connected: socket.socket) -> Iterator[int | None]:
    """A descriptor that can be read once the process is gone that waits for the one at the other end: Git, of a hook.

    None where that cannot be known.
    """
    opened = _open_parent(connected)
    try:
        yield opened
    finally:
        if opened is not None:
            os.close(opened)


def _open_parent(connected: socket.socket) -> int | None:
    if sys.platform != "linux":
        return None
    with suppress(OSError, ValueError):
        told = connected.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
        peer, _user, _group = _CREDENTIALS.unpack(told)
        parent = _parent(peer)
        opened = os.pidfd_open(parent)
        # The number may have become another's between the two; not while the peer still names it.
        if parent == _parent(peer):
            return opened
        os.close(opened)
    return None


def _parent(process: int) -> int:
    """Raises OSError where there is no such process, or none that can be seen from here."""
    _name, _bracket, rest = Path(f"/proc/{process}/stat").read_text().rpartition(")")
    return int(rest.split()[1])
