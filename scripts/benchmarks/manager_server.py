"""The process that the Manager's benchmarks talk to: ``python -m benchmarks.manager_server``; prints its ports.

The Manager's REST, a bare Starlette route that parses JSON and calls the same setter, and telnet, on one loop. A line
on its input is a command: ``ticker SECONDS`` answers how many milliseconds its own 10 ms ticker was late at worst,
``cpu`` how many milliseconds of a processor it has used.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from time import perf_counter, process_time
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from gitconfig_server.manager import Manager
from gitconfig_server.manager.rest.access import RestAccess

TICK = 0.01


class Service:
    """One value."""

    def __init__(self) -> None:
        self.port = 0

    def get_port(self) -> int:
        """Read it."""
        return self.port

    def set_port(self, port: int) -> None:
        """Set it."""
        self.port = port


async def lateness(seconds: float) -> float:
    """How many milliseconds a ticker was late at worst."""
    worst, until = 0.0, perf_counter() + seconds
    while (began := perf_counter()) < until:
        await asyncio.sleep(TICK)
        worst = max(worst, perf_counter() - began - TICK)
    return worst * 1000


class Bare(RestAccess):
    """The same server with a bare route instead of the tree."""

    def __init__(self, service: Service, manager: Manager) -> None:
        super().__init__(manager, "rest://127.0.0.1:0")
        self._service = service

    def _app(self) -> Callable[..., Awaitable[Any]]:
        async def put(request: Request) -> JSONResponse:
            self._service.set_port(json.loads(await request.body()))
            return JSONResponse({"changed": True})

        return Starlette(routes=[Route("/config/running/server/port", put, methods=["PUT"])])


async def main() -> None:
    """Serve until the input ends."""
    service = Service()
    manager = Manager(service=service, server_id="bench")
    manager.bind("server/port", get=service.get_port, set=service.set_port, type=int)
    rest, telnet = manager.add_access("rest://127.0.0.1:0"), manager.add_access("telnet://127.0.0.1:0")
    bare = Bare(service, manager)
    async with manager:
        await bare.start()
        print(json.dumps({"rest": rest.port, "bare": bare.port, "telnet": telnet.port}), flush=True)
        while line := await asyncio.to_thread(sys.stdin.readline):
            word, *rest = line.split()
            print(process_time() * 1000 if word == "cpu" else await lateness(float(rest[0])), flush=True)
        await bare.stop()


if __name__ == "__main__":
    asyncio.run(main())
