"""One or several servers as one service: the first that answers, the others when it does not."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gitconfig_server.client.reads import EnvironmentState
from gitconfig_server.client.service import HttpConfigService
from gitconfig_server.errors import InvalidSettings, LabelNotFound, ServerUnreachable
from gitconfig_server.manager.storing.repository import RepositoryStore
from gitconfig_server.model.reads import Reading

if TYPE_CHECKING:
    from gitconfig_server.service.base import ConfigService


class ServerStore(RepositoryStore):
    """A source behind servers. Following it costs a conditional request: other applications' saves are no news.

    What readers of the label get counts: a pin and a change on probation there are followed too.
    """

    _state: EnvironmentState | None = None

    async def generation(self) -> str:
        """The commit at which the environment was first seen as it is now, ``""`` where the label has none."""
        asking: Any = self.service  # several servers are asked in turn, by whatever name
        place = (self._server_id,), (self._profile,), Reading(self._label)
        try:
            state: EnvironmentState = await asking.environment_state(self._who, *place, self._state)
        except LabelNotFound:
            return ""
        self._state = state
        return state.commit


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
