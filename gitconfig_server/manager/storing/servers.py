"""One or several servers as one service: the first that answers, the others when it does not."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gitconfig_server.client.service import HttpConfigService
from gitconfig_server.errors import InvalidSettings, ServerUnreachable

if TYPE_CHECKING:
    from gitconfig_server.service.base import ConfigService


@asynccontextmanager
async def connect(urls: Sequence[str], token_file: str | Path | None = None) -> AsyncIterator[ConfigService]:
    """The service behind the servers, asked in turn from the one that answered last."""
    token = _token(token_file)
    services = [HttpConfigService(url, token=token) for url in urls]
    try:
        if len(services) == 1:
            yield services[0]
        else:
            several: Any = _Several(services)
            yield several
    finally:
        for service in services:
            await service.close()


class _Several:
    """Passes each call to the server that answered last; where that cannot be reached, to the next."""

    def __init__(self, services: list[HttpConfigService]) -> None:
        self._services = services

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        if name.startswith("_"):
            raise AttributeError(name)

        async def call(*arguments: Any, **options: Any) -> Any:
            for _ in range(len(self._services) - 1):
                try:
                    return await getattr(self._services[0], name)(*arguments, **options)
                except ServerUnreachable:
                    self._services.append(self._services.pop(0))
            return await getattr(self._services[0], name)(*arguments, **options)

        return call


def _token(token_file: str | Path | None) -> str:
    if token_file is None:
        return ""
    try:
        return Path(token_file).read_text(encoding="ascii").strip()
    except (OSError, ValueError) as error:
        raise InvalidSettings(f"token_file: {token_file} cannot be read: {error}") from error
