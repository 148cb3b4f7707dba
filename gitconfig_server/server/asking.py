"""The short way of the pre-receive hook: a server that runs has all that is needed loaded, and is asked first.

Every direct push waits for the hook, and may lose a race against pushes over HTTP meanwhile. Git therefore runs this
file by its path, in a Python without site packages; what is imported here is what such a Python has, or nearly.
"""

from __future__ import annotations

import _socket  # what `socket` adds to it takes as long to load as all else here
import os
import sys

TYPE_CHECKING = False  # as in `typing`, which takes long too
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FOLDER, BEGINNING, ENDING = "gitconfig", "check-", ".sock"
"""Where servers listen: one socket for each process, in the repository's folder."""

MOST_ASKED = 8 << 20
"""Bytes of a question: about fifty thousand refs."""

_PATIENCE = 300.0
_SEPARATOR = b"\0"


def ask_server(rules: str, environ: Mapping[str, str], lines: bytes) -> tuple[bool, bytes] | None:
    """Whether a server that runs would let a push pass, and the lines it says; None where none could be asked.

    ``rules`` are those in the hook, ``environ`` and ``lines`` what Git gives it.
    """
    if "GIT_DIR" not in environ:
        return None
    quarantine = os.fsencode(environ.get("GIT_QUARANTINE_PATH", ""))
    asked = _SEPARATOR.join((rules.encode(), quarantine, lines))
    try:
        for connected in _connections(environ["GIT_DIR"]):
            try:
                answer = _exchange(connected, asked)
            except OSError:
                continue
            finally:
                connected.close()
            if answer:
                return answer.startswith(b"1"), answer[1:]
    except OSError:
        pass  # there is no such folder: nobody serves this
    return None


def read_question(asked: bytes) -> tuple[str, str | None, list[str]]:
    """The rules, the folder of what came (None: nothing did) and the lines that a hook sends; ValueError for others."""
    rules, quarantine, lines = asked.split(_SEPARATOR)
    told = lines.decode(errors="surrogateescape").split("\n")
    return rules.decode(), os.fsdecode(quarantine) or None, [line for line in told if line]


def write_answer(agrees: bool, said: list[str]) -> bytes:
    """What a hook gets."""
    lines = "".join(f"{line}\n" for line in said).encode(errors="surrogateescape")
    return b"%d%s" % (agrees, lines)


def reachable(folder: int, name: str) -> str:
    """A path to a socket in an open folder that is short enough for the kernel, wherever the folder is."""
    return f"/proc/self/fd/{folder}/{name}"


def _connections(root: str) -> Iterator[_socket.socket]:
    """One to each process that listens; sockets of those that died refuse."""
    folder = os.open(os.path.join(root, FOLDER), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)  # noqa: PTH118
    try:
        for name in sorted(os.listdir(folder)):  # noqa: PTH208 - pathlib takes longer to load than all else here
            if name.startswith(BEGINNING) and name.endswith(ENDING):
                connected = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
                connected.settimeout(_PATIENCE)
                try:
                    connected.connect(reachable(folder, name))
                except OSError:
                    connected.close()
                else:
                    yield connected
    finally:
        os.close(folder)


def _exchange(connected: _socket.socket, asked: bytes) -> bytes:
    connected.sendall(asked)
    connected.shutdown(_socket.SHUT_WR)
    answer = b""
    while piece := connected.recv(1 << 16):
        answer += piece
    return answer


def run_short(arguments: list[str]) -> int:
    """What Git calls: ask a server that runs, or start all that sees for itself; the exit code."""
    lines = sys.stdin.buffer.read()
    answer = ask_server(arguments[-1], os.environ, lines)
    if answer is None:
        import subprocess

        command = [sys.executable, "-P", "-m", "gitconfig_server", "hook", *arguments]
        return subprocess.run(command, input=lines, check=False).returncode
    agrees, said = answer
    sys.stderr.buffer.write(said)
    return 0 if agrees else 1


if __name__ == "__main__":
    sys.exit(run_short(sys.argv[1:]))
