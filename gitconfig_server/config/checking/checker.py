"""A process of its own for checks whose cost their input decides, with limits of time and memory."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import threading
import time
import weakref
from pathlib import Path
from typing import Any

from gitconfig_server.config.checking.worker import LENGTH

_WORKER = "gitconfig_server.config.checking.worker"
_MEMORY = 1024 * 1024 * 1024
"""Bytes of address space; the interpreter with all it loads takes about a quarter."""
SECONDS = 30.0
_MAX_ANSWER = 64 * 1024 * 1024


class CheckFailed(Exception):
    """A check came to no verdict; ``rule`` says why in a word. It becomes a finding: what nobody judged is refused."""

    def __init__(self, rule: str, detail: str) -> None:
        super().__init__(detail)
        self.rule = rule


class Checker:
    """Runs functions of this package in another process, one at a time. Safe to use from any thread.

    The process starts with the first task, serves the following ones, and ends with this object. Whoever waits for
    another's task waits no longer than their own ``seconds``.
    """

    def __init__(self, memory: int = _MEMORY) -> None:
        self._memory = memory
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._ending: weakref.finalize[..., Checker] | None = None

    def run(self, task: str, payload: Any, seconds: float = SECONDS) -> Any:
        """What the function ``module:name`` makes of ``payload``; both are JSON.

        Raises CheckFailed where it takes longer than ``seconds`` or more memory than there is for it.
        """
        deadline = time.monotonic() + seconds
        if not self._lock.acquire(timeout=seconds):
            raise CheckFailed("check-timeout", f"other checks took more than {seconds:g} s: try again")
        try:
            return self._asked(task, payload, deadline, seconds)
        finally:
            self._lock.release()

    def close(self) -> None:
        """End the process; another task would start a new one."""
        if self._ending:
            self._ending()
        self._process = self._ending = None

    def _asked(self, task: str, payload: Any, deadline: float, seconds: float) -> Any:
        request = json.dumps({"task": task, "payload": payload, "seconds": seconds}).encode()
        process = self._started()
        try:
            answer = json.loads(_exchanged(process, LENGTH.pack(len(request)) + request, deadline))
        except TimeoutError as error:
            self.close()
            raise CheckFailed("check-timeout", f"it takes more than {seconds:g} s") from error
        except (OSError, EOFError, ValueError) as error:
            self.close()
            raise CheckFailed("check-failed", "it needs more memory or time than a check may have") from error
        if "failure" in answer:
            raise CheckFailed("check-failed", answer["failure"])
        return answer["answer"]

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self.close()
            package = str(Path(__file__).parents[3])
            path = os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH"))))
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", _WORKER, str(self._memory)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": path},
                start_new_session=True,
            )
            self._ending = weakref.finalize(self, _end, self._process)
        return self._process


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    for stream in (process.stdin, process.stdout):
        if stream:
            stream.close()
    process.wait()


def _exchanged(process: subprocess.Popen[bytes], request: bytes, deadline: float) -> bytes:
    """Send a request and read the answer, both as fast as the other side takes and gives them."""
    assert process.stdin is not None, "it has pipes"
    assert process.stdout is not None, "it has pipes"
    sink, source = process.stdin.fileno(), process.stdout.fileno()
    os.set_blocking(sink, False)
    left, answer = memoryview(request), bytearray()
    while len(answer) < LENGTH.size or len(answer) < LENGTH.size + LENGTH.unpack_from(answer)[0]:
        readable, writable, _ = select.select([source], [sink] if left else [], [], deadline - time.monotonic())
        if not readable and not writable:
            raise TimeoutError
        if writable:
            left = left[os.write(sink, left[:65536]) :]
        if readable:
            piece = os.read(source, 1 << 20)
            answer += piece
            if not piece or len(answer) > _MAX_ANSWER:
                raise EOFError
    return bytes(answer[LENGTH.size :])
