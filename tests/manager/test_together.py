"""One service changed at the same time from everywhere; and killed at the worst moment."""

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import httpx
from support.services import Echo

from gitconfig_server.manager import Manager, Object, Property


def git(folder, *arguments):
    command = ["git", "-C", folder, "-c", "user.name=g", "-c", "user.email=g@g", *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True)


async def _until_committed(reader):
    seen = b""
    try:
        async with asyncio.timeout(30):
            while b"committed" not in seen:
                seen += await reader.read(1000)
                assert b"error" not in seen, seen
    except TimeoutError:
        raise AssertionError(seen) from None


class Wide:
    """Forty values that nobody else changes, for each way in."""

    def __init__(self) -> None:
        self.values = {f"{way}{number}": 0 for way in ("rest", "telnet", "push") for number in range(8)}


def test_rest_telnet_and_push_at_the_same_time_lose_nothing(tmp_path):
    url = str(tmp_path / "c.git")
    service = Wide()
    manager = Manager(url, service=service, server_id="wide", poll=0.05)
    for name in service.values:
        manager.bind(
            f"values/{name}",
            get=lambda name=name: service.values[name],
            set=lambda value, name=name: service.values.__setitem__(name, value),
            type=int,
        )
    rest, telnet = manager.add_access("rest://127.0.0.1:0"), manager.add_access("telnet://127.0.0.1:0")

    async def by_rest():
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{rest.port}", timeout=30) as client:
            for number in range(8):
                assert (await client.put(f"/config/running/values/rest{number}", json=number + 1)).status_code == 200
                saved = await client.post("/-/save", json={"message": f"rest {number}"})
                assert saved.status_code == 200, saved.text

    async def by_telnet():
        reader, writer = await asyncio.open_connection("127.0.0.1", telnet.port)
        writer.write(b"configure private\r\n")
        for number in range(8):
            writer.write(f"set values telnet{number} {number + 1}\r\ncommit comment telnet{number}\r\n".encode())
            await _until_committed(reader)
        writer.close()

    def by_push():
        clone = tmp_path / "clone"
        subprocess.run(["git", "clone", "-q", url, clone], check=True, capture_output=True)
        file = clone / "wide.yml"
        for number in range(8):
            for _ in range(200):
                git(clone, "fetch", "-q")
                git(clone, "reset", "-q", "--hard", "origin/main")
                file.write_text(file.read_text().replace(f"push{number}: 0", f"push{number}: {number + 1}"))
                git(clone, "commit", "-qam", f"push {number}")
                if git(clone, "push", "-q").returncode == 0:
                    break
            else:
                raise AssertionError("the push was never taken")

    async def work():
        async with manager:
            await manager.save_running("start")
            await asyncio.gather(by_rest(), by_telnet(), asyncio.to_thread(by_push))
            await manager._keeping.sync()
            wanted = {f"{way}{number}": number + 1 for way in ("rest", "telnet", "push") for number in range(8)}
            assert service.values == wanted
            await manager.save_running("end")
            assert manager.status()["diverged"] == []
        fresh = Wide()
        async with Manager(url, server_id="wide") as other:
            assert (await other.get("values")) == wanted
        assert fresh.values != wanted

    asyncio.run(work())
    assert git(url, "fsck", "--strict").returncode == 0


PROGRAM = """
import asyncio, os, sys
sys.path.insert(0, sys.argv[2])
from support.services import Echo
from gitconfig_server.manager import Manager

async def main():
    service = Echo()
    async with Manager(sys.argv[1], service=service, server_id="echo") as manager:
        await manager.set("server/port", 7001)
        await manager.save_running()
        await manager.stage({"server/port": 9, "sessions/sa": {"rate": 3}})
        await manager.deploy_staged(confirm_within=60)
        assert service.port == 9
        print("deployed", flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


def test_killed_on_probation_the_service_comes_back_with_what_is_saved(tmp_path):
    url = str(tmp_path / "c.git")
    arguments = [sys.executable, "-c", PROGRAM, url, str(Path(__file__).parent.parent)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout.readline() == "deployed\n"
        running.send_signal(signal.SIGKILL)
    service = Echo()

    async def work():
        async with Manager(url, service=service, server_id="echo"):
            assert service.port == 7001
            assert service.sessions == {}

    asyncio.run(work())


def test_nodes_of_the_services_own_are_called(tmp_path):
    class Live(Property):
        def __init__(self, name, parent, getter, setter=None):
            super().__init__(name, parent)
            self._get, self._set = getter, setter

        def get(self):
            return self._get()

        def set(self, value):
            return self._set(value) if self._set else None

    class Sessions(Object):
        def __init__(self, name, parent):
            super().__init__(name, parent)
            self.dropped = []

        def drop(self, name):
            node = self.remove_child(name)
            node.delete()
            self.dropped.append(name)

    service = Echo()
    url = str(tmp_path / "c.git")

    async def work():
        manager = Manager(url, server_id="echo")
        running = manager.get_node("config/running")
        server = running.add_child(Object("server", running))
        server.add_child(Live("port", server, lambda: service.port, lambda value: setattr(service, "port", value)))
        server.add_child(Live("name", server, lambda: "echo"))
        sessions = running.add_child(Sessions("sessions", running))
        sessions.add_child(Object("sa")).add_child(Property("rate", None, 5))
        async with manager:
            assert await manager.get() == {"server": {"port": 7000, "name": "echo"}, "sessions": {"sa": {"rate": 5}}}
            await manager.set("server/port", 1)
            assert service.port == 1
            await manager.save_running()
            service.port = 5
            sessions.drop("sa")
            assert sessions.dropped == ["sa"]
            await manager.set("server/port", 6)
            assert (await manager.load_saved((await manager.list_saved())[0].name))["server"]["port"] == 1

    asyncio.run(work())


def test_workers_that_share_a_port_save_what_one_caller_puts_one_after_the_other(tmp_path):
    url = str(tmp_path / "c.git")

    async def work():
        async with Manager(url, service=Echo(), poll=60) as first, Manager(url, service=Echo(), poll=60) as second:
            clients = [
                httpx.AsyncClient(transport=httpx.ASGITransport(app=one.asgi()), base_url="http://127.0.0.1")
                for one in (first, second)
            ]
            for number in range(6):
                told = await clients[number % 2].put("/config/running/server/port?save=x", json=8000 + number)
                assert (told.status_code, told.json()["saved"]["changed"]) == (200, True), told.text
            assert [one.status()["diverged"] for one in (first, second)] == [[], []]
            assert [one.message for one in await first.list_saved()] == ["x"] * 6
            for client in clients:
                await client.aclose()

    asyncio.run(work())
