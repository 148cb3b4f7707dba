"""Our server and the bare application, each in processes of its own."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path

from benchmarks.bare import VARIABLE, Answer

_ADDED_BY_UVICORN = ("date", "server")
_SECONDS = 30.0
_PAUSE = 0.002

PACKAGE = Path(__file__).parent.parent
"""The folder that this package is imported from."""


@dataclass(frozen=True, slots=True)
class Running:
    """A server that has answered; ``start_seconds`` after its process was started."""

    port: int
    process: subprocess.Popen[bytes]
    start_seconds: float

    def url(self, path: str) -> str:
        """The address of ``path``."""
        return f"http://127.0.0.1:{self.port}{path}"

    def ask(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        """One request on a connection of its own."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=_SECONDS)
        try:
            connection.request("GET", path, headers=dict(headers or {}))
            response = connection.getresponse()
            kept = [(name.lower(), value) for name, value in response.getheaders()]
            answer = [(name, value) for name, value in kept if name not in _ADDED_BY_UVICORN]
            return Answer(response.status, answer, response.read().decode("latin-1"))
        finally:
            connection.close()

    def resident_bytes(self) -> int:
        """Memory of the process that was started."""
        return self._status("VmRSS")

    def peak_bytes(self) -> int:
        """The most memory it had since ``forget_peak``."""
        return self._status("VmHWM")

    def forget_peak(self) -> None:
        """Let the peak begin with what it has now."""
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

    def _status(self, name: str) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith(f"{name}:"))
        return int(line.split()[1]) * 1024


@contextmanager
def our_server(repository: Path | str, workers: int = 1, settings: Path | None = None) -> Iterator[Running]:
    """``gitconfig-server serve`` on ``repository``, with a file of settings where one is given."""
    port = free_port()
    command = ["-m", "gitconfig_server", "serve", "--repository", str(repository)]
    command += ["--port", str(port), "--workers", str(workers)]
    command += ["--settings", str(settings)] if settings else []
    with running(command, port, {"GITCONFIG_LOG__LEVEL": "warning"}) as server:
        yield server


@contextmanager
def bare_server(answer: Path, workers: int = 1) -> Iterator[Running]:
    """The bare application under uvicorn with the same loop and parser."""
    port = free_port()
    command = ["-m", "uvicorn", "--factory", "benchmarks.bare:make_app", "--port", str(port), "--workers", str(workers)]
    command += ["--http", "httptools", "--loop", "uvloop", "--lifespan", "off", "--ws", "none"]
    command += ["--no-access-log", "--no-server-header", "--no-proxy-headers", "--log-level", "warning"]
    with running(command, port, {VARIABLE: str(answer), "PYTHONPATH": str(PACKAGE)}) as server:
        yield server


@contextmanager
def bare_protocol(answer: Answer, folder: Path) -> Iterator[Running]:
    """A protocol of the same loop that says ``answer`` to whatever comes; its file is kept in ``folder``."""
    lines = [f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}", f"date: {formatdate(usegmt=True)}"]
    lines += [f"{name}: {value}" for name, value in answer.headers]
    file = folder / f"bare-{answer.status}"
    file.write_bytes("\r\n".join([*lines, "", answer.body]).encode("latin-1"))
    port = free_port()
    command = ["-m", "benchmarks.bare_protocol", str(port), str(file)]
    with running(command, port, {"PYTHONPATH": str(PACKAGE)}) as server:
        yield server


NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
"""Where it is installed, if it is."""

_NGINX = """daemon off; worker_processes {workers}; pid {folder}/pid; error_log {folder}/errors;
events {{ }}
http {{
  access_log off; sendfile on; open_file_cache max=100; keepalive_requests 1000000000; etag on;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{ listen 127.0.0.1:{port}; root {folder}/root; location / {{ default_type application/json; }} }}
}}
"""


@contextmanager
def nginx_server(folder: Path, path: str, body: bytes, workers: int = 1) -> Iterator[Running]:
    """nginx with a static file that holds ``body`` at ``path``."""
    assert NGINX
    file = folder / "root" / path.lstrip("/")
    file.parent.mkdir(parents=True)
    file.write_bytes(body)
    for above in (folder, *folder.parents)[:2]:
        above.chmod(0o755)  # its workers run as somebody else where it is started by root
    port = free_port()
    (folder / "nginx.conf").write_text(_NGINX.format(folder=folder, port=port, workers=workers))
    with running([NGINX, "-c", str(folder / "nginx.conf")], port, {}) as server:
        yield server


@contextmanager
def running(command: Sequence[str], port: int, environ: Mapping[str, str]) -> Iterator[Running]:
    """A program, or a module of this interpreter's where it begins with ``-m``, until it is left; it has answered."""
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *command] if command[0] == "-m" else command,
        stdout=subprocess.DEVNULL,
        env={**os.environ, **environ},
        start_new_session=True,
    )
    try:
        _await_answer(process, port)
        yield Running(port, process, time.perf_counter() - began)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _await_answer(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        connection = HTTPConnection("127.0.0.1", port, timeout=_SECONDS)
        try:
            connection.request("GET", "/health")
            connection.getresponse().read()
            return
        except OSError:
            time.sleep(_PAUSE)
        finally:
            connection.close()
    raise RuntimeError(f"a server did not answer: {process.args!r}")


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
