"""As many requests as a server answers: by wrk where it is installed, else by connections of our own."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.figures import percentile

CONNECTIONS = 16

_RATE = re.compile(r"Requests/sec:\s+([\d.]+)")
_P99 = re.compile(r"99%\s+([\d.]+)(us|ms|s)\b")
_WRONG = re.compile(r"Non-2xx.*|Socket errors.*")
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_MILLISECONDS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


@dataclass(frozen=True, slots=True)
class Load:
    """Requests a second, and the milliseconds that 99 of 100 took at most."""

    rate: float
    p99: float


def loader(seconds: float) -> str:
    """Who makes the requests. wrk counts in whole seconds: less than half of one is not for it."""
    return "wrk" if shutil.which("wrk") and seconds >= 0.5 else "a loader in Python, slower than the servers"


def drive(url: str, headers: Mapping[str, str], seconds: float, script: Path | None = None) -> Load:
    """Ask for ``url`` over CONNECTIONS connections, each with one request at a time. RuntimeError where any failed.

    ``script`` makes other requests than GET, for wrk.
    """
    if loader(seconds) == "wrk":
        return _with_wrk(url, headers, seconds, script)
    return asyncio.run(_with_connections(url, headers, seconds))


def _with_wrk(url: str, headers: Mapping[str, str], seconds: float, script: Path | None) -> Load:
    command = ["wrk", "--threads", "1", "--connections", str(CONNECTIONS), "--duration", f"{max(1, round(seconds))}s"]
    command += ["--latency", *(f"--header={name}: {value}" for name, value in headers.items())]
    command += [*(("--script", str(script)) if script else ()), url]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    rate, p99 = _RATE.search(said), _P99.search(said)
    if _WRONG.search(said) or not rate or not p99:
        raise RuntimeError(f"{' '.join(command)}:\n{said}")
    return Load(float(rate[1]), float(p99[1]) * _MILLISECONDS[p99[2]])


async def _with_connections(url: str, headers: Mapping[str, str], seconds: float) -> Load:
    parts = urlsplit(url)
    lines = [
        f"GET {parts.path} HTTP/1.1",
        f"Host: {parts.netloc}",
        *(f"{name}: {one}" for name, one in headers.items()),
    ]
    request = "\r\n".join([*lines, "", ""]).encode()
    began = time.perf_counter()
    port = parts.port or 80
    taken = await asyncio.gather(*(_one_after_another(port, request, began + seconds) for _ in range(CONNECTIONS)))
    rate = sum(map(len, taken)) / (time.perf_counter() - began)
    return Load(rate, percentile(taken) or 0.0)


async def _one_after_another(port: int, request: bytes, until: float) -> list[float]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    taken: list[float] = []
    while not taken or time.perf_counter() < until:
        began = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        if head[9:10] not in b"23":
            raise RuntimeError(head.decode("latin-1"))
        length = _LENGTH.search(head)
        if length and head[9:12] != b"304":
            await reader.readexactly(int(length[1]))
        taken.append((time.perf_counter() - began) * 1000)
    writer.close()
    return taken
