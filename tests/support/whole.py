"""The whole application, fast path included, over a repository in memory that the test can write to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from gitconfig_server.git.repository import GitRepository
from gitconfig_server.server.assembly import assemble
from gitconfig_server.service.opening import Opened
from gitconfig_server.settings import Settings
from gitconfig_server.web.answers.fast_path import FastPath
from gitconfig_server.web.manners.cursors import CatchUp
from gitconfig_server.web.manners.identity import Identify
from support.repositories import commit
from support.storages import new_repository, new_storage


@dataclass(frozen=True)
class Whole:
    """The application, its repository and a client of it."""

    app: FastPath
    git: GitRepository
    client: httpx.AsyncClient

    async def hits(self, path: str) -> tuple[httpx.Response, int]:
        """The answer to a GET, and how many answers the fast path gave for it."""
        before = self.app._counts.hits
        answer = await self.client.get(path)
        return answer, self.app._counts.hits - before


@asynccontextmanager
async def whole(files: Mapping[str, str | bytes | None], **settings: object) -> AsyncIterator[Whole]:
    """Serve a repository whose ``main`` holds ``files``."""
    storage = new_storage()
    stored = new_repository(name="config")
    app = assemble(Settings.model_validate(settings), Opened(storage, stored))
    assert isinstance(app, Identify)
    assert isinstance(app.wrapped, CatchUp)
    fast = app.wrapped.wrapped
    assert isinstance(fast, FastPath)
    git = GitRepository(stored)
    commit(git, files)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://localhost") as client:
        yield Whole(fast, git, client)
