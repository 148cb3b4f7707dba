"""The scene of the tests that every ``ConfigService`` passes, near or far."""

from __future__ import annotations

from collections.abc import Mapping

from gitconfig_server.model.principals import ANONYMOUS
from gitconfig_server.model.writes import PutFile, SourcePlace, WriteResult
from gitconfig_server.service.base import ConfigService

WHO = ANONYMOUS
PROD = SourcePlace("orders", "prod")
BASE = {
    "application.yml": "shared: 1\ndb: {pool: 4}\n",
    "orders.yml": "db:\n  pool: 8\n---\nspring.config.activate.on-profile: eu\nzone: eu\n",
    "orders-prod.yml": "db.pool: 30\nbig: 123456789012345678901234567890\nrate: 0.5\nlist: [a, b]\n",
    "a b/é%2F#?.txt": "text\n",
}


async def fill(service: ConfigService, files: Mapping[str, str] = BASE) -> WriteResult:
    """Store files in one commit; what the service said."""
    return await service.commit(WHO, None, [PutFile(path, text.encode()) for path, text in files.items()])
