"""``git http-backend`` behind Python's own HTTP server: what Git itself serves over HTTP (git-http-backend(1), CGI)."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_PIECE = 1 << 16


class _Cgi(BaseHTTPRequestHandler):
    """One request, handed on to the program."""

    root: Path

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing."""

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        variables = {
            "GIT_PROJECT_ROOT": str(self.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_PROTOCOL": self.headers.get("git-protocol", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("content-encoding", ""),
            "CONTENT_TYPE": self.headers.get("content-type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "REQUEST_METHOD": self.command,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REMOTE_ADDR": "127.0.0.1",
        }
        with subprocess.Popen(
            ["git", "http-backend"], env=os.environ | variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as program:
            threading.Thread(target=self._send, args=(program, body)).start()
            self._answer(program)

    do_POST = do_GET  # noqa: N815 - the name that is looked for

    def _send(self, program: subprocess.Popen[bytes], body: bytes) -> None:
        assert program.stdin
        with program.stdin as stdin:
            stdin.write(body)

    def _answer(self, program: subprocess.Popen[bytes]) -> None:
        answer = program.stdout
        assert answer
        lines = iter(lambda: answer.readline().strip().decode(), "")
        headers = dict(line.split(": ", 1) for line in lines)
        self.send_response(int(headers.pop("Status", "200").split()[0]))
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Connection", "close")
        self.end_headers()
        while piece := answer.read1(_PIECE):  # type: ignore[attr-defined]
            self.wfile.write(piece)
        self.close_connection = True


@contextmanager
def git_http_backend(root: Path) -> Iterator[str]:
    """The address beneath which Git serves the repositories in ``root``."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Cgi", (_Cgi,), {"root": root}))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
