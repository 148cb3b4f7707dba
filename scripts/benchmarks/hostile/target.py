"""A server under attack, as the attackers see it."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from support.packs import NO_ID, pack, push_body

from gitconfig_server.storage.objects import RawObject

API = "/api/v1"
_PATIENCE = 300.0
_CROWD = 64
_FAILED = (500, 502, 504)


@dataclass(frozen=True, slots=True)
class Target:
    """Where it listens, and its folder. ``size``: of what attackers send, in bytes; ``crowd``: how many they are.

    ``failures``: what was asked when the server answered that it failed.
    """

    port: int
    repository: Path
    folder: Path
    size: int
    crowd: int
    failures: list[str] = field(default_factory=list)

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        kind: str = "application/json",
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, bytes]:
        """Status and body of the answer; 0 and nothing where the server broke off."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=_PATIENCE)
        try:
            with suppress(BrokenPipeError, ConnectionResetError):  # it may answer before it has heard all
                given = {"Content-Type": kind} if body is not None else {}
                connection.request(method, path, body=body, headers={**given, **(headers or {})})
            answer = connection.getresponse()
            if answer.status in _FAILED:
                self.failures.append(f"{answer.status} {method} {path[:80]} {(body or b'')[:60]!r}")
            return answer.status, answer.read()
        except (ConnectionError, HTTPException):
            return 0, b""
        finally:
            connection.close()

    def get(self, path: str) -> bytes:
        """What is read there, whatever its status."""
        return self.ask("GET", path)[1]

    def send(self, method: str, path: str, value: Any, kind: str = "application/json") -> int:
        """The status of a request with JSON."""
        return self.ask(method, API + path, json.dumps(value).encode(), kind)[0]

    def put(self, path: str, content: bytes) -> int:
        """Store a file; the status."""
        return self.ask("PUT", f"{API}/files/{path}", content, "application/octet-stream")[0]

    def push(self, objects: Iterable[RawObject], tip: RawObject, label: str = "evil") -> bytes:
        """A push of these objects to a new label; the report."""
        command = (NO_ID, tip.id, b"refs/heads/" + label.encode())
        body = push_body([command], pack(objects))
        return self.ask("POST", "/config.git/git-receive-pack", body, "application/x-git-receive-pack-request")[1]

    def dial(self) -> socket.socket:
        """A connection that nobody has said anything on."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=_PATIENCE)

    def together(self, do: Callable[[int], object], count: int | None = None) -> None:
        """``do`` so many times at once."""
        with ThreadPoolExecutor(_CROWD) as pool:
            list(pool.map(do, range(count or self.crowd)))


Strike = Callable[[Target], object]
"""One attack. What it needs beforehand it makes itself: that is a part of it."""
