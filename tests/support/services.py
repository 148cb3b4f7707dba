"""Services as their authors write them, for the Manager to run."""

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
