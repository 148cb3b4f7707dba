"""The language of telnet over a service that is opened for one test."""

import asyncio
from contextlib import asynccontextmanager

from gitconfig_server.config.engine import ConfigEngine
from gitconfig_server.model.principals import Principal
from gitconfig_server.model.reads import Reading
from gitconfig_server.model.writes import (
    PutFile,
)
from gitconfig_server.service.crossing import Crossing
from gitconfig_server.service.door_rules import DoorRules
from gitconfig_server.service.embedded import EmbeddedConfigService
from gitconfig_server.telnet.commands import Commands
from gitconfig_server.telnet.stored.targets import StoredTargets
from support.storages import Made

WHO = Principal("tester")


FILES = {
    "application-prod.yml": b"log: warning\n",
    "orders-prod.yml": b"# comment\ndb:\n  pool: 20 # of each\n  hosts: [a, b]\nport: '8080'\n",
    "billing.yml": b"currency: EUR\n",
}


@asynccontextmanager
async def opened(tmp_path, kind="memory"):
    made = Made(kind, tmp_path)
    try:
        git = DoorRules().open(made().create("test"))
        service = EmbeddedConfigService(ConfigEngine(git), Crossing())
        await service.commit(WHO, "main", [PutFile(path, content) for path, content in FILES.items()])
        targets = StoredTargets(service, {})
        yield service, targets
        await targets.stop()
    finally:
        made.close()


def talk(tmp_path, *lines, sessions=1, after=None, kind="memory"):
    """What each line answers, ``2: line`` belonging to the second session; and what ``after(service)`` finds."""

    async def run():
        async with opened(tmp_path, kind) as (service, targets):
            users = [f"user{number}" for number in range(1, sessions + 1)]
            commands = [Commands(targets.session(user), user) for user in users]
            for one in commands:
                await one.run("use orders/prod")
            told = []
            for line in lines:
                number, colon, rest = line.partition(": ")
                which = int(number) - 1 if colon and number.isdigit() else 0
                told.append(await commands[which].run(rest if colon and number.isdigit() else line))
            found = await after(service) if after else None
            for one in commands:
                await one.close()
            return told, found

    return asyncio.run(run())


async def file_of(service, label="main", path="orders-prod.yml"):
    return (await service.file(WHO, path, Reading(label))).content.decode()
