"""What one process serves, assembled from Settings: storage, repository, service, application."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog
from starlette.types import ASGIApp

from gitconfig_server.config.repository import ConfigRepository, ReadOptions
from gitconfig_server.door_rules import DoorRules
from gitconfig_server.errors import GitConfigError, InvalidName, InvalidSettings
from gitconfig_server.git.pack_scan import PackLimits
from gitconfig_server.git.ref_names import check_label
from gitconfig_server.hooks import hook_scripts
from gitconfig_server.service.crossing import Crossing
from gitconfig_server.service.embedded import EmbeddedConfigService
from gitconfig_server.service.policy import OpenPolicy
from gitconfig_server.settings import Settings, without_credentials
from gitconfig_server.settings.sources import load
from gitconfig_server.storage.base import Storage, StoredRepository
from gitconfig_server.storage.disk import DiskRepository
from gitconfig_server.storage.memory import MemoryStorage
from gitconfig_server.storage.urls import open_storage
from gitconfig_server.web import app as web
from gitconfig_server.web.fast_path import FastPath
from gitconfig_server.web.metrics import Metrics
from gitconfig_server.web.smart_http import SmartHttp

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Opened:
    """The repository to serve. ``notices`` say what about it is not as it should be; whoever opened it closes it."""

    storage: Storage
    stored: StoredRepository
    notices: tuple[str, ...] = ()


def create_app(settings: Settings | None = None) -> ASGIApp:
    """The application for any ASGI server; without settings, those of ``GITCONFIG_*`` and ``GITCONFIG_SETTINGS``.

    Its lifespan's end waits for running writes and closes the repository.
    """
    settings = settings or load(None, os.environ, {}).settings
    opened = open_repository(settings)
    for notice in opened.notices:
        log.warning("repository", notice=notice)
    return assemble(settings, opened)


def open_repository(settings: Settings) -> Opened:
    """Open the repository that the settings name, and make it ready to be served. NotARepository, InvalidSettings."""
    if not settings.repository:
        raise InvalidSettings("repository: nothing to serve, give --repository PATH or set GITCONFIG_REPOSITORY")
    storage, name = open_storage(settings.repository, hook_scripts(door_rules(settings)))
    if isinstance(storage, MemoryStorage):
        return Opened(storage, storage.create(name))
    try:
        stored = storage.open(name)
        notices = stored.prepare() if isinstance(stored, DiskRepository) else ()
    except GitConfigError:
        storage.close()
        raise
    return Opened(storage, stored, tuple(notices))


def assemble(settings: Settings, opened: Opened) -> ASGIApp:
    """The application over an open repository, which it closes when it stops."""
    rules = door_rules(settings)
    git = rules.open(opened.stored, settings.cache_bytes)
    options = ReadOptions(rules.resolve_options(), settings.spring.try_master_branch)
    crossing = Crossing()
    metrics = Metrics(git.generation)
    git.add_listener(metrics.count_move)

    @asynccontextmanager
    async def lifespan(_: object) -> AsyncIterator[None]:
        yield
        await crossing.drain()
        opened.storage.close()

    app = web.create_app(
        EmbeddedConfigService(ConfigRepository(git, options), crossing),
        settings,
        repository_uri=settings.repository_uri or public_uri(settings.repository),
        git_http=SmartHttp(git, crossing, pack_limits(settings), patience=settings.limits.body_seconds),
        metrics=metrics,
        lifespan=lifespan,
    )
    return FastPath(app, git.generation, crossing, OpenPolicy(), settings.answers_bytes, metrics.fast_path)


def door_rules(settings: Settings) -> DoorRules:
    """The part of the settings that the door judges by; InvalidSettings where it makes no sense."""
    rules = DoorRules(
        default_label=settings.default_label,
        search_paths=tuple(settings.spring.search_paths),
        ignore=tuple(settings.push.ignore),
        validate_all=settings.push.validate_commits == "all",
        allow_non_fast_forward=settings.push.allow_non_fast_forward,
        allow_deletion=settings.push.allow_deletion,
    )
    try:
        rules.resolve_options()
        if rules.default_label:
            check_label(rules.default_label)
    except InvalidName as error:
        raise InvalidSettings(f"default_label, spring.search_paths: {error}") from error
    return rules


def pack_limits(settings: Settings) -> PackLimits:
    """The part of the settings that bounds a push."""
    push = settings.push
    return PackLimits(push.max_pack_bytes, push.max_objects, push.max_object_bytes)


def public_uri(repository: str) -> str:
    """What names of property sources begin with, where no setting says so: the storage URL, without credentials."""
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", repository):
        return without_credentials(repository)
    return Path(repository).expanduser().absolute().as_uri()
