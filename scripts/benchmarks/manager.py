"""The Manager: a PUT, its ticker under polls, saves and floods, what its start costs, and a large change."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import median
from time import perf_counter

from benchmarks.figures import Budget, Figure, Spread, in_turn
from benchmarks.manager_server import lateness
from benchmarks.scale import Scale
from gitconfig_server.manager import Manager

CONNECTIONS = 16
SAVES_A_SECOND = 5
POLLING = 50
_MINUTE, _QUIET = 60, 10
"""Seconds of a ticker beside saves, and without; the shorter quiet time can only be the harder to be compared with."""
FLOODS = {
    "bad subnegotiations": b"\xff\xfa\x1f\x00\xff\xf0" * 400_000,
    "commands": b"\xff\xf6" * 1_000_000,
    "an endless subnegotiation": b"\xff\xfa\x18" + b"x" * 2_000_000,
    "no newline": b"x" * 4_000_000,
    "lines": b"show\r\n" * 500_000,
    "a line that is echoed": b"\xff\xfd\x01" + b"x" * 4_000_000,
    "question marks": b"\xff\xfd\x01" + b"show s?" * 300_000,
}


def run(scale: Scale, folder: Path) -> Iterator[Figure]:
    """Each in turn with its baseline."""
    with _server() as server:
        yield _put(scale, server)
        yield _polled(scale, server)
        yield from _floods(scale, server)
    for keys, budget, frozen in ((500, 20.0, False), (10_000, 50.0, False), (10_000, 50.0, True)):
        yield _saves(scale, folder / f"{keys}-{frozen}.git", keys, budget, frozen=frozen)
    yield from _start(scale, folder)
    yield _apply(scale)


class _Server:
    """The process with the Manager."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._input, self._output = process.stdin, process.stdout
        self.ports: dict[str, int] = json.loads(self._output.readline())

    def begin_ticker(self, seconds: float) -> None:
        """Let it tick."""
        self._input.write(f"ticker {seconds}\n")
        self._input.flush()

    def worst(self) -> float:
        """How late it was, in milliseconds."""
        return float(self._output.readline())

    def cpu(self) -> float:
        """How many milliseconds of a processor it has used."""
        self._input.write("cpu\n")
        self._input.flush()
        return float(self._output.readline())


@contextmanager
def _server() -> Iterator[_Server]:
    command = [sys.executable, "-m", "benchmarks.manager_server"]
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    with subprocess.Popen(
        command, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            yield _Server(process)
        finally:
            process.kill()


def _put(scale: Scale, server: _Server) -> Figure:
    requests = scale.count(200, 5)

    def side(name: str) -> Sequence[float]:
        before = server.cpu()
        asyncio.run(_puts(server.ports[name], requests))
        return [(server.cpu() - before) / (requests * CONNECTIONS)]

    mine, other, ratio = in_turn(scale.rounds, lambda: side("rest"), lambda: side("bare"))
    return Figure(
        name="manager: PUT of one property",
        unit="ms of the server's processor a request",
        ours=mine,
        baseline_name="a bare Starlette route that parses JSON and calls the same setter, under the same server",
        baseline=other,
        ratio=ratio,
        budget=Budget(2.0),
        unmeasured=f"TLS, and waiting; {CONNECTIONS} kept connections of a client in a process of its own",
    )


async def _puts(port: int, requests: int) -> None:
    """So many a connection, on several connections at once."""
    await asyncio.gather(*(_connection(port, requests, number) for number in range(CONNECTIONS)))


async def _connection(port: int, requests: int, number: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for count in range(requests):
        body = str(number * requests + count).encode()
        head = b"PUT /config/running/server/port HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        writer.write(head + b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        answer = await reader.readuntil(b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200"), answer
        length = int(answer.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        await reader.readexactly(length)
    writer.close()
    await writer.wait_closed()


def _polled(scale: Scale, server: _Server) -> Figure:
    """How late the service's ticker is while many read, ten times a second each."""
    seconds = scale.seconds(3)
    found = []
    for _ in range(scale.rounds):
        server.begin_ticker(seconds)
        quiet = server.worst()
        server.begin_ticker(seconds)
        asyncio.run(_polls(server.ports["rest"], seconds))
        found.append((quiet, server.worst()))
    return Figure(
        name=f"manager: {POLLING} clients that poll",
        unit="ms that a 10 ms ticker is later at worst than without them",
        ours=Spread.of([max(0.0, busy - quiet) for quiet, busy in found]),
        baseline_name="its worst without them",
        baseline=Spread.of([quiet for quiet, _ in found]),
        ratio=Spread.of([busy / quiet for quiet, busy in found]),
        budget=Budget(20.0, absolute=True),
        unmeasured="TLS",
    )


async def _polls(port: int, seconds: float) -> None:
    await asyncio.gather(*(_poll(port, seconds) for _ in range(POLLING)))


async def _poll(port: int, seconds: float) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    until = perf_counter() + seconds
    while perf_counter() < until:
        writer.write(b"GET /config/running HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        answer = await reader.readuntil(b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200"), answer
        await reader.readexactly(int(answer.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]))
        await asyncio.sleep(0.1)
    writer.close()
    await writer.wait_closed()


def _floods(scale: Scale, server: _Server) -> Iterator[Figure]:
    seconds = scale.seconds(1.5)
    server.begin_ticker(seconds)
    quiet = server.worst()
    for name, content in FLOODS.items():
        found = []
        for _ in range(scale.rounds):
            with socket.create_connection(("127.0.0.1", server.ports["telnet"])) as client:
                client.settimeout(seconds)
                server.begin_ticker(seconds)
                with suppress(OSError):  # slowed down, or cut off
                    client.sendall(content)
                found.append(server.worst())
        yield Figure(
            name=f"manager: telnet flooded with {name}",
            unit="ms that a 10 ms ticker is late at worst",
            ours=Spread.of(found),
            baseline_name="the same without a flood",
            baseline=Spread.of([quiet]),
            ratio=Spread.of([one / quiet for one in found]),
            budget=Budget(20.0, absolute=True),
            unmeasured="several clients that flood at once",
        )


def _saves(scale: Scale, repository: Path, keys: int, budget: float, *, frozen: bool) -> Figure:
    """The worst of a minute, which is one round. ``frozen``: the service calls ``gc.freeze()``, as the chapter advises,
    so that a full collection is short.
    """
    quiet, busy = asyncio.run(_ticking(str(repository), keys, scale, frozen))
    return Figure(
        name=f"manager: {SAVES_A_SECOND} saves a second of {keys} keys{', after gc.freeze()' if frozen else ''}",
        unit=f"ms that a 10 ms ticker is later at worst within {scale.seconds(_MINUTE):.0f} s than without saves",
        ours=Spread.of([max(0.0, busy - quiet)]),
        baseline_name=f"its worst within {scale.seconds(_QUIET):.0f} s without saves",
        baseline=Spread.of([quiet]),
        ratio=Spread.of([busy / quiet]),
        budget=Budget(budget, absolute=True),
        unmeasured="a service with work of its own, and other storages than a disk",
    )


async def _ticking(url: str, keys: int, scale: Scale, frozen: bool) -> tuple[float, float]:
    async with Manager(url, server_id="bench", follow=False) as manager:
        await manager.set("", {f"group{one // 100}": {} for one in range(0, keys, 100)})
        for group in range(0, keys, 100):
            await manager.set(
                f"group{group // 100}", {f"key{one}": one for one in range(group, min(keys, group + 100))}
            )
        await manager.save_running()
        gc.collect()
        if frozen:
            gc.freeze()
        quiet = await lateness(scale.seconds(_QUIET))
        saving = asyncio.ensure_future(_saving(manager))
        busy = await lateness(scale.seconds(_MINUTE))
        saving.cancel()
        await asyncio.gather(saving, return_exceptions=True)
        gc.unfreeze()
        return quiet, busy


async def _saving(manager: Manager) -> None:
    number = 0
    while True:
        number += 1
        await manager.set("group0/key0", number)
        await manager.save_running()
        await asyncio.sleep(1 / SAVES_A_SECOND)


_START = """
import asyncio
import gitconfig_server.manager as config

class Service:
    port, name = 7000, "bench"

    @config.get("server/port")
    def get_port(self) -> int:
        return self.port

    @config.set("server/port")
    def set_port(self, port: int) -> None:
        self.port = port

async def main():
    manager = config.Manager("{url}", service=Service(), server_id="bench")
    manager.add_access("rest://127.0.0.1:0")
    await manager.start()
    print(open("/proc/self/statm").read().split()[1])
    await manager.stop()

asyncio.run(main())
"""
_NOTHING = "import asyncio\nprint(open('/proc/self/statm').read().split()[1])"


def _start(scale: Scale, folder: Path) -> Iterator[Figure]:
    taken: dict[str, list[tuple[float, float]]] = {"ours": [], "bare": []}
    for number in range(scale.rounds + 1):
        for name, text in (("bare", _NOTHING), ("ours", _START.format(url=folder / "start.git"))):
            began = perf_counter()
            done = subprocess.run([sys.executable, "-c", text], check=True, capture_output=True, text=True)
            if number:  # the first makes the repository and warms the files
                taken[name].append(((perf_counter() - began) * 1000, int(done.stdout) * 4096 / 1e6))
    for index, unit, budget in ((0, "ms over bare Python", 400.0), (1, "MB over bare Python", 40.0)):
        base = median(one[index] for one in taken["bare"])
        found = [one[index] - base for one in taken["ours"]]
        yield Figure(
            name="manager: start and stop of a service, with REST, on a repository",
            unit=unit,
            ours=Spread.of(found),
            baseline_name="bare Python",
            baseline=Spread.of([base]),
            ratio=Spread.of([one[index] / base for one in taken["ours"]]),
            budget=Budget(budget, absolute=True),
            unmeasured="a cold disk, uncompiled byte code, and pydantic, which values beside numbers and texts need",
        )


def _apply(scale: Scale) -> Figure:
    size = scale.count(10_000, 100)

    def ours() -> Sequence[float]:
        return [asyncio.run(_applied(size))]

    def bare() -> Sequence[float]:
        values: dict[str, int] = {}
        began = perf_counter()
        for number in range(size):
            values[f"n{number}"] = number
        return [(perf_counter() - began) * 1000]

    mine, other, ratio = in_turn(scale.rounds, ours, bare)
    return Figure(
        name=f"manager: apply of {size} differences",
        unit="ms",
        ours=mine,
        baseline_name="the setters alone",
        baseline=other,
        ratio=ratio,
        unmeasured="setters that do anything",
    )


async def _applied(size: int) -> float:
    values: dict[str, int] = {}
    manager = Manager(server_id="bench")
    manager.bind(
        "v/*", get=lambda name: values.get(name, 0), set=lambda name, value: values.__setitem__(name, value), type=int
    )
    manager.bind("v", children=lambda: list(values))
    async with manager:
        began = perf_counter()
        await manager.set("v", {f"n{number}": number for number in range(size)})
        assert len(values) == size
        return (perf_counter() - began) * 1000
