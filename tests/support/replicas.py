"""Several servers of one repository, each a process of its own that can be killed, held up and begun again."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from support.server import free_port

PATIENCE = 120.0
"""Seconds in which a server must have begun, however busy the machine is."""

CALL_SECONDS = 2.5
"""How long a client waits for an answer: long enough to be answered, too short to stand behind what is cut off."""

SERVE = ("-m", "gitconfig_server")


class Answer(NamedTuple):
    """What a server said."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def content(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class Replica:
    """``python PROGRAM serve`` on the repository at ``url``; its output is in ``folder``."""

    def __init__(self, url: str, folder: Path, program: Sequence[str] = SERVE) -> None:
        self.port = free_port()
        self._command = [sys.executable, *program, "serve", url, "--port", str(self.port)]
        self._log = folder / f"replica-{self.port}.log"
        self._process: subprocess.Popen[bytes] | None = None

    def begin(self) -> None:
        """Start it, without waiting for it."""
        with self._log.open("ab") as out:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
            )

    def wait_for(self) -> None:
        """Wait until it answers; where its database was away while it began, begin it again."""
        deadline = time.monotonic() + PATIENCE
        while not self._is_there():
            assert time.monotonic() < deadline, f"no answer:\n{self._log.read_text()}"
            if self._process and self._process.poll() is not None:
                self.begin()
            time.sleep(0.05)

    def kill(self) -> None:
        """End it at once, and all its processes."""
        if self._process:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def hold_up(self, *, again: bool = False) -> None:
        """Let it stand still, or go on."""
        assert self._process
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGCONT if again else signal.SIGSTOP)

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        seconds: float = 2.5,
    ) -> Answer:
        """Its answer; OSError or HTTPException where there is none."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)
        try:
            content = None if body is None else json.dumps(body)
            given = {"Content-Type": "application/json"} if content else {}
            connection.request(method, path, content, {**given, **(headers or {})})
            answer = connection.getresponse()
            return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def _is_there(self) -> bool:
        with suppress(OSError, http.client.HTTPException):
            return self.ask("GET", "/livez", seconds=2).status == 200
        return False
