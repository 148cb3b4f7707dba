"""The programs of the chapter on the Manager, run as processes."""

import asyncio
import os
import re
import socket
import ssl
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import httpx
from support.certificates import Authority
from support.live import live

import gitconfig_server
from gitconfig_server import create_app
from gitconfig_server.manager import Manager
from gitconfig_server.service.opening import open_stored
from gitconfig_server.settings import Settings

CHAPTER = (Path(gitconfig_server.__file__).parent / "docs" / "manager.md").read_text()


def program(name):
    """One of the chapter's programs."""
    (found,) = re.findall(rf"```python program\n# {re.escape(name)}\n(.*?)```", CHAPTER, re.DOTALL)
    return found


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextmanager
def process(tmp_path, text, *arguments, **environment):
    """A program that runs in ``tmp_path`` until it is killed; what it prints can be read."""
    (tmp_path / "program.py").write_text(text)
    command = [sys.executable, *(arguments or ["program.py"])]
    with subprocess.Popen(
        command, cwd=tmp_path, env=os.environ | environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as running:
        try:
            yield running
        finally:
            running.kill()


async def answered(client, url, **options):
    """The answer, as soon as the program listens."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await client.get(url, **options)
            except httpx.ConnectError:
                await asyncio.sleep(0.05)


def test_the_decorated_service_has_rest_and_telnet_and_survives_a_kill(tmp_path):
    certificate, key = Authority(tmp_path).issue("tls")
    assert (certificate.name, key.name) == ("tls.crt", "tls.key")
    rest, telnet = free_port(), free_port()
    text = program("echo.py").replace("8443", str(rest)).replace("8023", str(telnet))
    assert len(text.splitlines()) < 60
    trusted = ssl.create_default_context(cafile=str(tmp_path / "ca.crt"))

    async def work(again):
        url = f"https://127.0.0.1:{rest}/config/running"
        async with httpx.AsyncClient(verify=trusted) as client:
            body = (await answered(client, url)).json()
            assert body["server"] == {"port": 7001}
            if again:
                assert body["sessions"] == {"sa": {"rate": 3}}
                return
            await client.put(f"{url}/sessions/sa", json={"rate": 3})
            assert (await client.put(f"{url}/sessions/sa/rate", json=0)).status_code == 422
            reader, writer = await asyncio.open_connection("127.0.0.1", telnet)
            writer.write(b"show sessions\r\nsave from telnet\r\nquit\r\n")
            async with asyncio.timeout(20):
                seen = await reader.read()
            writer.close()
            assert b"rate 3;" in seen
            assert b"saved as" in seen
            await client.put(f"{url}/sessions/lost", json={})  # not saved: the kill takes it

    for again in (False, True):
        with process(tmp_path, text):
            asyncio.run(work(again))


def test_the_model_in_a_fastapi_service(tmp_path):
    port = free_port()
    arguments = ["-m", "uvicorn", "program:app", "--port", str(port), "--log-level", "warning"]

    async def work(again):
        base = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient(timeout=30) as client:
            assert (await answered(client, f"{base}/price")).json() == (50 if again else 10)
            if again:
                return
            assert (await client.post(f"{base}/grow")).json() == ["~ pool/size: 10 -> 50"]
            assert (await client.get(f"{base}/price")).json() == 50
            assert (await client.get(f"{base}/-/config/config/running")).status_code == 403
            ops = {"x-ops": "ann"}
            shown = (await client.get(f"{base}/-/config/config/running", headers=ops)).json()
            assert shown == {"dsn": "**********", "pool": {"size": 50}, "workers": 4}
            put = await client.put(f"{base}/-/config/config/running", headers=ops, json=shown | {"workers": 8})
            assert put.json()["restart_required"] == ["workers"]
            bad = await client.put(f"{base}/-/config/config/running/pool/size", headers=ops, json=500)
            assert (bad.status_code, bad.json()["problems"][0]["path"]) == (422, "pool/size")

    for again in (False, True):
        with process(tmp_path, program("prices.py"), *arguments, GITCONFIG_ENCRYPT__KEY="secret"):
            asyncio.run(work(again))
    shown = subprocess.run(
        ["git", "-C", tmp_path / "prices.git", "show", "main:prices-prod.yml"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "{cipher}" in shown.stdout
    assert "sqlite" not in shown.stdout


def test_a_follower_starts_without_its_server_from_the_last_snapshot(tmp_path):
    repository = str(tmp_path / "served.git")
    open_stored(repository, make=True).storage.close()

    async def line(running, beginning):
        async with asyncio.timeout(60):
            while True:
                found = await asyncio.to_thread(running.stdout.readline)
                assert found, "the program has ended"
                if found.startswith(beginning):
                    return found.split()

    async def work():
        async with live(create_app(Settings(repository=repository))) as server:
            url = f"http://127.0.0.1:{server.port}"
            async with Manager(url, application="orders", profile="prod", follow=False) as writer:
                await writer.set("", {"pool_size": 12, "banner": "hello"})
                await writer.save_running()
                # the first of the two servers is not there
                with process(tmp_path, program("orders.py"), CONFIG_SERVERS=f"http://127.0.0.1:9,{url}") as running:
                    assert await line(running, "state") == ["state", "current", "12"]
                    await writer.set("banner", "bye")
                    await writer.save_running()
                    assert await line(running, "banner") == ["banner", "bye", "save"]
                    await writer.set("", {"pool_size": 60, "banner": "refused"})
                    await writer.save_running()
                    await writer.set("", {"pool_size": 13, "banner": "after"})
                    await writer.save_running()
                    assert await line(running, "banner") == ["banner", "after", "save"]
        with process(tmp_path, program("orders.py"), CONFIG_SERVERS=url, ORDERS_POOL_SIZE="7") as running:
            assert await line(running, "state") == ["state", "stale", "7"]

    asyncio.run(work())
    (snapshot,) = (tmp_path / "cache").iterdir()
    assert snapshot.stat().st_mode & 0o777 == 0o600
    assert '"pool_size": 13' in snapshot.read_text()


def test_the_programs_pass_strict_mypy(tmp_path):
    names = ["echo.py", "prices.py", "orders.py"]
    for name in names:
        (tmp_path / name).write_text(program(name))
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), *names]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
