"""The real server in a process of its own, on a free port."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path

from support.git import git

DATA = Path(__file__).parent.parent / "data"
START_SECONDS = 30


@dataclass(frozen=True)
class Server:
    """A running server. ``log`` holds what it has printed so far."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def remote(self) -> str:
        """Where stock git clones from."""
        return self.url + "/config.git"


def clone_bundle(name: str, target: Path) -> Path:
    """A bare repository restored from one of the bundles in ``tests/data``."""
    git(target.parent, "clone", "--quiet", "--bare", str(DATA / name), target.name)
    return target


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running_server(
    repository: Path | str, *arguments: str, settings: Mapping[str, str] | None = None, port: int = 0
) -> Iterator[Server]:
    """``gitconfig-server serve`` on ``repository``; ``settings`` are GITCONFIG_* variables. Stopped on leaving."""
    port = port or free_port()
    beside = tempfile.TemporaryDirectory() if "://" in str(repository) else nullcontext(Path(repository).parent)
    command = [sys.executable, "-m", "gitconfig_server", "serve", "--repository", str(repository), "--port", str(port)]
    with beside as folder:
        log = Path(folder, f"server-{port}.log")
        with log.open("wb") as output:
            process = subprocess.Popen(
                [*command, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(settings or {})},
                start_new_session=True,
            )
        server = Server(f"http://127.0.0.1:{port}", process, log)
        try:
            _await_answer(server)
            yield server
        finally:
            _stop(process)


def _await_answer(server: Server) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(server.url + "/health", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.02)
    raise AssertionError(f"the server did not answer:\n{server.log.read_text()}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ask it to stop; what is left of its process group after that is killed."""
    process.terminate()
    try:
        process.wait(15)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
