"""The same service, near and far: over a repository in memory, directly or through a server of this event loop."""

from contextlib import asynccontextmanager

import pytest
from support.live import live
from support.service import reader_of
from support.storages import new_repository

from gitconfig_server.client.service import HttpConfigService
from gitconfig_server.config.engine import ConfigEngine
from gitconfig_server.service.crossing import Crossing
from gitconfig_server.service.door_rules import DoorRules
from gitconfig_server.service.embedded import EmbeddedConfigService
from gitconfig_server.settings import Settings
from gitconfig_server.web import app as web


@asynccontextmanager
async def near():
    """The service in this process, over an empty repository."""
    git = DoorRules().open(new_repository())
    yield EmbeddedConfigService(ConfigEngine(git), Crossing())


@asynccontextmanager
async def far():
    """The same from afar."""
    settings = Settings()
    async with near() as service, live(web.create_app(service, settings, spring=reader_of(service, settings))) as one:
        remote = HttpConfigService(f"http://127.0.0.1:{one.port}")
        try:
            yield remote
        finally:
            await remote.close()


@pytest.fixture(params=[near, far], ids=["near", "far"])
def service(request):
    """How to come to a service; a test that takes it runs for each of them."""
    return request.param
