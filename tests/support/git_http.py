"""Stock git over HTTP: ``git http-backend`` behind a small server, with Basic authentication where asked for."""

from __future__ import annotations

import base64
import socket
import struct
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from support.git import GIT_ENVIRONMENT


@dataclass
class GitHttp:
    """Where the folder's repositories are served; ``status``, ``moved``, ``reset`` and ``damage`` spoil the answers.

    ``damage`` makes another one of what is answered to a POST; ``logins`` are the Authorization headers that came.

    Nothing is answered before ``silent`` is set; ``asked`` is, once somebody waits for that.
    """

    url: str
    credentials: str = ""
    requests: list[str] = field(default_factory=list)
    status: int = 0
    moved: str = ""
    reset: bool = False
    damage: Callable[[bytes], bytes] | None = None
    logins: list[str | None] = field(default_factory=list)
    silent: threading.Event | None = None
    asked: threading.Event = field(default_factory=threading.Event)


@contextmanager
def git_http(root: Path, credentials: str = "") -> Iterator[GitHttp]:
    """Serve the repositories beneath ``root``, pushes too. ``credentials``: ``user:password``."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            served.requests.append(f"{self.command} {self.path}")
            served.logins.append(self.headers.get("Authorization"))
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if served.silent:
                served.asked.set()
                served.silent.wait(30)
            wanted = "Basic " + base64.b64encode(served.credentials.encode()).decode()
            if served.reset:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.close_connection = True
                self.connection.close()
            elif served.credentials and self.headers.get("Authorization") != wanted:
                self.send_error(401)
            elif served.moved:
                self.send_response(301)
                self.send_header("Location", served.moved + self.path)
                self.send_header("Content-Length", "0")
                self.end_headers()
            elif served.status:
                self.send_error(served.status)
            else:
                self._run(body)

        do_GET = do_POST = _answer  # noqa: N815 - the names that http.server looks for

        def _run(self, body: bytes) -> None:
            path, _, query = self.path.partition("?")
            environment = {
                **GIT_ENVIRONMENT,
                "GIT_PROJECT_ROOT": str(root),
                "GIT_HTTP_EXPORT_ALL": "1",
                "PATH_INFO": path,
                "QUERY_STRING": query,
                "REQUEST_METHOD": self.command,
                "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                "CONTENT_LENGTH": str(len(body)),
                "REMOTE_USER": "tess",
                "REMOTE_ADDR": "127.0.0.1",
            }
            done = subprocess.run(
                ["git", "http-backend"], env=environment, input=body, capture_output=True, timeout=60, check=False
            )
            head, _, content = done.stdout.partition(b"\r\n\r\n")
            fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
            if served.damage and self.command == "POST":
                content = served.damage(content)
            self.send_response(int(fields.pop("Status", "200").split()[0]))
            for name, value in fields.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Nothing: the requests are counted."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served = GitHttp(f"http://127.0.0.1:{server.server_port}", credentials)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield served
    finally:
        if served.silent:
            served.silent.set()
        server.shutdown()
        server.server_close()
        thread.join()
