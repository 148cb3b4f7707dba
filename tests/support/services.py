"""Services as their authors write them, for the Manager to run."""

import asyncio

import gitconfig_server.manager.bindings.marks as config


class Session:
    def __init__(self, name: str) -> None:
        self.name = name
        self.rate = 10
        self.dead = False

    @config.get("sessions/*/rate")
    def get_rate(self) -> int:
        return self.rate

    @config.set("sessions/*/rate")
    def set_rate(self, rate: int) -> None:
        if rate < 1:
            raise ValueError("at least 1")
        self.rate = rate


class Echo:
    """Records every call in ``calls``."""

    def __init__(self) -> None:
        self.port = 7000
        self.sessions: dict[str, Session] = {}
        self.calls: list[tuple] = []

    @config.get("server/port")
    def get_port(self) -> int:
        return self.port

    @config.set("server/port", timeout=5)
    async def set_port(self, port: int) -> None:
        self.calls.append(("set_port", port))
        self.port = port

    @config.get("server/started")
    def started(self) -> str:
        return "today"

    @config.create_child("sessions/*")
    def add(self, name: str) -> Session:
        self.calls.append(("add", name))
        return self.sessions.setdefault(name, Session(name))

    @config.delete("sessions/*")
    async def drop(self, name: str) -> None:
        self.calls.append(("drop", name))
        del self.sessions[name]

    @config.status("clients")
    def clients(self) -> int:
        return len(self.sessions)


class Late(Echo):
    """What it does ends when it is ``released``, whatever its limit says; without ``children`` nobody sees it."""

    def __init__(self) -> None:
        super().__init__()
        self.release = asyncio.Event()
        self.token, self.is_slow = "old", False

    async def until_released(self):
        while self.is_slow and not self.release.is_set():
            try:
                await self.release.wait()
            except asyncio.CancelledError:
                continue

    @config.set("token", timeout=0.05)
    async def set_token(self, token: str) -> None:
        await self.until_released()
        self.token = token

    @config.create_child("sessions/*", timeout=0.05)
    async def add(self, name: str) -> Session:
        await self.until_released()
        return self.sessions.setdefault(name, Session(name))

    @config.delete("sessions/*", timeout=0.05)
    async def drop(self, name: str) -> None:
        await self.until_released()
        del self.sessions[name]
