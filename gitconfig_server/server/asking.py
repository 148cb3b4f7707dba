"""The short way of the pre-receive hook: a server that runs has all that is needed loaded, and is asked first.

Every direct push waits for the hook, and may lose a race against pushes over HTTP meanwhile. What is imported here is
therefore little: the rest is a quarter of a second.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, suppress

FOLDER, BEGINNING, ENDING = "gitconfig", "check-", ".sock"
"""Where servers listen: one socket for each process, in the repository's folder."""

MOST_ASKED = 8 << 20
"""Bytes of a question: about fifty thousand refs."""

_PATIENCE = 300.0


def ask_server(rules: str, environ: Mapping[str, str], lines: Sequence[str]) -> tuple[bool, list[str]] | None:
    """Whether a server that runs would let a push pass, and what it says; None where none could be asked.

    ``rules`` are those in the hook, ``environ`` and ``lines`` what Git gives it.
    """
    question = {"rules": rules, "quarantine": environ.get("GIT_QUARANTINE_PATH"), "lines": list(lines)}
    asked = json.dumps(question).encode()
    with suppress(OSError, KeyError):
        for connected in _connections(environ["GIT_DIR"]):
            with closing(connected), suppress(OSError, ValueError, KeyError):
                answer = json.loads(_exchange(connected, asked))
                return bool(answer["agrees"]), [str(line) for line in answer["said"]]
    return None


def _connections(root: str) -> Iterator[socket.socket]:
    """One to each process that listens; sockets of those that died refuse."""
    folder = os.open(os.path.join(root, FOLDER), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)  # noqa: PTH118
    try:
        for name in sorted(os.listdir(folder)):  # noqa: PTH208 - pathlib takes longer to load than all else here
            if name.startswith(BEGINNING) and name.endswith(ENDING):
                connected = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
                connected.settimeout(_PATIENCE)
                try:
                    connected.connect(reachable(folder, name))
                except OSError:
                    connected.close()
                else:
                    yield connected
    finally:
        os.close(folder)


def reachable(folder: int, name: str) -> str:
    """A path to a socket in an open folder that is short enough for the kernel, wherever the folder is."""
    return f"/proc/self/fd/{folder}/{name}"


def _exchange(connected: socket.socket, asked: bytes) -> bytes:
    connected.sendall(asked)
    connected.shutdown(socket.SHUT_WR)
    answer = b""
    while piece := connected.recv(1 << 16):
        answer += piece
    return answer
