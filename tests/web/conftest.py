"""The application over a small service, called without a network; each read is repeated on both paths to it."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from support.both_paths import BothPaths
from support.service import DictService, reader_of

from gitconfig_server.formats.ciphers.opening import open_keys
from gitconfig_server.service.crossing import Crossing
from gitconfig_server.settings import Settings
from gitconfig_server.web.app import create_app
from gitconfig_server.web.spring.encryption import EncryptionFace

MAIN = {
    "application.yml": {"app": "application"},
    "orders.yml": {"db.pool": 4, "db.url": "postgresql://db/orders", "hosts[0]": "a", "hosts[1]": "b"},
    "orders-prod.yml": {"db.pool": 8, "hosts[0]": "c"},
}


BOTH = BothPaths()
_COUNT_REQUESTS = ("test_metrics", "test_cursors")
"""Modules that count what reaches the application: there it is asked once the test is over."""
_MOST = 20
"""Requests of a test that are asked then: one of them makes up thousands."""
_NOT_COMPARED = ("test_same_answers", "test_fast_path", "test_memory")
"""The first compares by itself, the second asks toys, which number their answers, the third measures what they take."""


@pytest.fixture(autouse=True)
def both_paths(request, monkeypatch):
    """What a test asks for with GET or HEAD is asked for on both paths, in the same instant."""
    handle = httpx.ASGITransport.handle_async_request
    module = request.module.__name__.rpartition(".")[2]
    late = []

    async def repeated(transport, asked):
        answer = await handle(transport, asked)
        if module in _COUNT_REQUESTS:
            late.append((transport.app, asked))
        else:
            await BOTH.compare(transport.app, asked)
        return answer

    async def repeat():
        for app, asked in late[:_MOST]:
            await BOTH.compare(app, asked)

    if module not in _NOT_COMPARED:
        monkeypatch.setattr(httpx.ASGITransport, "handle_async_request", repeated)
    yield BOTH
    if late:
        asyncio.run(repeat())


@pytest.fixture
def client():
    """A factory of clients: of a service (``main`` and ``feature/x``, if none is given) and settings."""

    def make(labels=None, *, headers=None, app_errors=True, ready=True, git_http=None, **settings):
        service = DictService(labels or {"main": MAIN, "feature/x": {"orders.yml": {"x": 1}}}, ready=ready)
        chosen = Settings(**settings)
        encryption = EncryptionFace(open_keys(chosen.encrypt), Crossing(), chosen.spring)
        spring = reader_of(service, chosen)
        app = create_app(service, chosen, spring=spring, encryption=encryption, git_http=git_http)
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=app_errors)
        return httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers)

    return make
