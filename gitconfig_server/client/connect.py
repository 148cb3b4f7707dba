"""A service from one word: the address of a server, or the place of a repository on this machine."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from gitconfig_server.errors import InvalidInput
from gitconfig_server.service.base import ConfigService

if TYPE_CHECKING:
    from gitconfig_server.client.service import HttpConfigService

_WEB = re.compile(r"https?:", re.IGNORECASE)
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")


def is_address(place: str) -> bool:
    """Whether ``place`` is the address of a server."""
    return bool(_WEB.match(place))


@asynccontextmanager
async def connected(place: str, *, seconds: float | None = None) -> AsyncIterator[ConfigService]:
    """The service at ``place``, for as long as the context lasts.

    ``http://`` and ``https://`` addresses, with ``user:password@`` where that is asked for, are servers; a path or a
    ``file://`` URL is a repository, opened here under the settings that the environment holds (``GITCONFIG_*``), so
    that what a server would refuse is refused here too. ``seconds``: how long a server may keep silent.

    Raises InvalidInput, InvalidSettings, NotARepository. Whether a server is there, its first answer tells.
    """
    if is_address(place):
        remote = _remote(place, seconds)
        try:
            yield remote
        finally:
            await remote.close()
        return
    _check_local(place)
    async with _local(place) as service:
        yield service


def _remote(place: str, seconds: float | None) -> HttpConfigService:
    from gitconfig_server.client.service import HttpConfigService

    return HttpConfigService(place) if seconds is None else HttpConfigService(place, seconds=seconds)


def _check_local(place: str) -> None:
    scheme = _SCHEME.match(place)
    if not place.strip() or (scheme and scheme[1].lower() != "file"):
        shown = f"{scheme[1]}://" if scheme else "nothing"  # the rest may hold a password
        raise InvalidInput(f"expected http://host:port, a repository's path or file:///path, got {shown}")


@asynccontextmanager
async def _local(place: str) -> AsyncIterator[ConfigService]:
    """The engine in this process. Nothing of the repository's own settings or hooks is touched."""
    from gitconfig_server.service.crossing import Crossing
    from gitconfig_server.service.embedded import EmbeddedConfigService
    from gitconfig_server.service.opening import engine_of, open_stored
    from gitconfig_server.settings.loading import load

    settings = load(None, os.environ, {"repository": place}).settings
    opened = open_stored(settings.repository)
    crossing = Crossing()
    try:
        yield EmbeddedConfigService(engine_of(settings, opened.stored), crossing)
    finally:
        await crossing.drain()
        opened.storage.close()
