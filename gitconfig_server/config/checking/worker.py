"""The other end of ``checker.Checker``: runs tasks it is told by name, one after the other, within limits.

A frame is four bytes of length and that much JSON. Nothing of what runs here can hold up, or exhaust, the server.
"""

from __future__ import annotations

import importlib
import json
import resource
import struct
import sys
from typing import Any, BinaryIO

LENGTH = struct.Struct(">I")


def _write_frame(out: BinaryIO, content: bytes) -> None:
    """Send one frame."""
    out.write(LENGTH.pack(len(content)) + content)
    out.flush()


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer until nobody asks any more."""
    while header := requests.read(LENGTH.size):
        asked = json.loads(requests.read(LENGTH.unpack(header)[0]))
        _limit_time(asked["seconds"])
        _write_frame(answers, json.dumps(_answer(asked["task"], asked["payload"])).encode())


def _answer(task: str, payload: Any) -> dict[str, Any]:
    module, _, name = task.partition(":")
    try:
        return {"answer": getattr(importlib.import_module(module), name)(payload)}
    except MemoryError:
        return {"failure": "it needs more memory than a check may have"}
    except RecursionError:
        return {"failure": "it nests too deeply"}


def _limit_time(seconds: float) -> None:
    """Let the kernel end this process should it go on much longer: whoever waits for it may be gone."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(usage.ru_utime + usage.ru_stime + seconds) + 2
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[1]), int(sys.argv[1])))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    serve(sys.stdin.buffer, sys.stdout.buffer)
