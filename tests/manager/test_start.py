"""What a start loads: nothing that the service has not asked for."""

import json
import subprocess
import sys

PROGRAM = """
import asyncio, json, sys
import gitconfig_server.manager as config

class Echo:
    port, name = 7000, "echo"

    @config.get("port")
    def get_port(self) -> int:
        return self.port

    @config.set("port")
    def set_port(self, port: int) -> None:
        self.port = port

async def main():
    manager = config.Manager(sys.argv[1], service=Echo())
    manager.add_access("rest://127.0.0.1:0")
    async with manager:
        await manager.set("port", 7001)
        await manager.save_running()
        slow = ("pydantic", "fastapi", "starlette", "telnetlib3", "deepdiff", "httpx", "jsonschema_rs", "typer")
        print(json.dumps([name for name in slow if name in sys.modules]))
        try:
            await manager.set("port", "seven")
        except config.Misfit as error:
            print(json.dumps([str(error), "pydantic" in sys.modules]))

asyncio.run(main())
"""


def test_a_service_of_numbers_and_texts_starts_and_saves_without_what_it_does_not_need(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, tmp_path / "echo.git"], check=True, capture_output=True, text=True, timeout=60
    )
    loaded, refused = map(json.loads, done.stdout.splitlines())
    assert loaded == []
    assert refused == ["port: Input should be a valid integer", True]
