"""What one process serves, assembled from Settings: storage, repository, service, application."""

from __future__ import annotations

import os
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, nullcontext
from functools import partial
from typing import TYPE_CHECKING

import structlog
from starlette.types import ASGIApp

from gitconfig_server.config.running.clocks import Moments
from gitconfig_server.errors import GitConfigError, InvalidSettings
from gitconfig_server.formats.ciphers.keys import Keys
from gitconfig_server.formats.ciphers.texts import decrypt_text
from gitconfig_server.formats.ciphers.values import decrypt_properties
from gitconfig_server.git.ref_names import label_of
from gitconfig_server.git.repository import GitRepository
from gitconfig_server.model.principals import Principal
from gitconfig_server.model.reads import Readiness
from gitconfig_server.server.answering import HookServer
from gitconfig_server.server.hooks import hook_scripts, rules_text
from gitconfig_server.server.logs import log_move
from gitconfig_server.server.terminals import talking
from gitconfig_server.service.crossing import Crossing
from gitconfig_server.service.door_rules import door_rules
from gitconfig_server.service.embedded import EmbeddedConfigService
from gitconfig_server.service.guarded import GuardedConfigService
from gitconfig_server.service.opening import (
    Opened,
    engine_of,
    open_to_serve,
    pack_limits,
    read_options,
)
from gitconfig_server.service.policy import MOVE, OpenPolicy, Policy
from gitconfig_server.service.spring.assembly import (
    further_cache_bytes,
    is_template,
    main_repository,
    main_template,
    spring_reader,
)
from gitconfig_server.service.spring.open_repositories import OpenRepositories
from gitconfig_server.service.spring.property_sources import Decrypt, DecryptText
from gitconfig_server.service.storage_state import clock_ahead, stale_age, storage_readiness
from gitconfig_server.service.tidying import tidying
from gitconfig_server.service.upkeep import keeping_up
from gitconfig_server.settings import Settings
from gitconfig_server.settings.encryption import EncryptSettings
from gitconfig_server.settings.loading import load
from gitconfig_server.storage.base import RefUpdate
from gitconfig_server.storage.urls import open_storage, public_uri
from gitconfig_server.web import app as web
from gitconfig_server.web.answers.fast_path import FastPath
from gitconfig_server.web.git.smart_http import SmartHttp
from gitconfig_server.web.manners.cursors import CatchUp
from gitconfig_server.web.manners.headers import AGE, STORAGE_AGE, UPSTREAM_AGE, TellAge
from gitconfig_server.web.manners.identity import Identify
from gitconfig_server.web.mounting import Mounted
from gitconfig_server.web.operations.counted import Metrics
from gitconfig_server.web.spring.encryption import EncryptionFace
from gitconfig_server.web.tallies import Tallies

if TYPE_CHECKING:  # what follows a remote repository is loaded where one is followed
    from gitconfig_server.service.upstream.freshness import Freshness
    from gitconfig_server.service.upstream.rounds import Upstream

log = structlog.get_logger()


def create_app(settings: Settings | None = None) -> ASGIApp:
    """The application for any ASGI server; without settings, those of ``GITCONFIG_*`` and ``GITCONFIG_SETTINGS``.

    Its lifespan's end waits for running writes and closes the repository.
    """
    settings = settings or load(None, os.environ, {}).settings
    if settings.telnet.listen:
        raise InvalidSettings("telnet.listen: gitconfig-server serve talks telnet, another ASGI server does not")
    opened = open_repository(settings)
    for notice in opened.notices:
        log.warning("repository", notice=notice)
    return Mounted(assemble(settings, opened))


def open_repository(settings: Settings) -> Opened:
    """Open the repository that the settings name, and make it ready to be served. NotARepository, InvalidSettings."""
    if not settings.repository:
        raise InvalidSettings("repository: nothing to serve, give --repository PATH or set GITCONFIG_REPOSITORY")
    if is_template(settings):
        return _no_repository(settings)
    hooks = hook_scripts(door_rules(settings))
    return open_to_serve(settings.repository, hooks, settings.storage.stale_reads)


def _no_repository(settings: Settings) -> Opened:
    """What stands in for a main repository that is none, but one for each application: nobody can write to it."""
    if settings.upstream.url:
        raise InvalidSettings("upstream: follows one repository, and the setting repository names several")
    storage, name = open_storage("memory://none")
    notice = f"{settings.repository} names several repositories: they are only read, and by Spring's routes alone"
    return Opened(storage, storage.create(name), (notice,))


def assemble(
    settings: Settings,
    opened: Opened,
    moments: Moments | None = None,
    tallies: Tallies | None = None,
    telnet: socket.socket | None = None,
) -> ASGIApp:
    """The application over an open repository, which it closes when it stops.

    ``moments``: the clocks that deadlines are judged by, this machine's where none are given. ``tallies``: where it
    counts, its own memory where that is not said. ``telnet``: a bound socket where this process is to talk telnet, too.
    """
    keys = _keys_of(settings)
    policy = OpenPolicy()
    further = further_cache_bytes(settings)
    engine = engine_of(
        settings, opened.stored, partial(_permits, policy), moments, cache_bytes=settings.cache_bytes - further
    )
    git = engine.git
    crossing = Crossing()
    several = OpenRepositories(crossing, further, policy)
    metrics = Metrics(
        git.generation, opened.stored.age, partial(clock_ahead, opened.stored), lambda: git.refused_pushes, tallies
    )
    git.add_listener(metrics.count_move)
    git.add_listener(log_move, own=True)  # who moves tells it, not every worker of every server
    upstream = _upstream_of(settings, git, crossing)
    freshness = freshness_of(settings, upstream) if upstream else None
    hooked = HookServer(git, rules_text(door_rules(settings)))
    if upstream:
        metrics.further.append(partial(_upstream_metrics, upstream))

    @asynccontextmanager
    async def lifespan(_: object) -> AsyncIterator[None]:
        following = upstream.running(settings.upstream.start) if upstream else nullcontext()
        git.feed.start()
        await crossing.run(hooked.start)
        terminals = talking(settings.telnet, service, telnet) if telnet else nullcontext()
        every = settings.storage.maintenance if opened.storage.lasting else 0.0
        upkeep = keeping_up(crossing, opened.stored, settings.repository, every)
        async with following, tidying(crossing, engine.remove_ended), upkeep, terminals:
            yield
        git.stop_checks()
        await crossing.run(hooked.stop)
        await crossing.run(git.feed.stop)
        await crossing.drain()
        several.close()
        opened.storage.close()

    conditions: list[Callable[[], Readiness]] = [partial(storage_readiness, opened.stored)]
    if freshness:
        conditions.append(freshness.readiness)
    service = GuardedConfigService(EmbeddedConfigService(engine, crossing, conditions), policy)
    if is_template(settings):
        main = main_template(settings, several, read_options(settings))
    else:
        main = main_repository(settings, service, settings.repository_uri or public_uri(settings.repository))
    git_http = SmartHttp(git, crossing, pack_limits(settings), policy=policy, patience=settings.limits.body_seconds)
    app = web.create_app(
        service,
        settings,
        spring=spring_reader(
            settings,
            main,
            several,
            crossing,
            decrypt=_decrypt(settings, keys),
            decrypt_text=_decrypt_text(settings, keys),
            told=_tell,
        ),
        encryption=EncryptionFace(keys, crossing, settings.spring),
        git_http=None if is_template(settings) else git_http,
        metrics=metrics,
        lifespan=lifespan,
        trigger=upstream.trigger if upstream else None,
    )
    kept = settings.answers_bytes // 2
    fast = FastPath(app, git.generation_at_once, crossing, policy, kept, metrics.fast_path, git.sighting)
    told: ASGIApp = CatchUp(fast, opened.stored, crossing)
    if settings.storage.stale_reads:
        told = TellAge(told, partial(stale_age, opened.stored), AGE, STORAGE_AGE)
    if freshness:
        told = TellAge(told, freshness.age, UPSTREAM_AGE)
    return Identify(told)


def _permits(policy: Policy, who: Principal, update: RefUpdate) -> bool:
    return policy.allows(who, MOVE, label=label_of(update.ref))


def _upstream_of(settings: Settings, git: GitRepository, crossing: Crossing) -> Upstream | None:
    """What follows the remote repository that the settings name, if they name one."""
    if not settings.upstream.url:
        return None
    from gitconfig_server.service.upstream.setup import set_up

    return set_up(settings.upstream, git, crossing, pack_limits(settings), settings.default_label)


def _upstream_metrics(upstream: Upstream) -> Iterator[object]:
    from gitconfig_server.web.operations.upstream_metrics import UpstreamMetrics

    return UpstreamMetrics(upstream.status).collect()


def freshness_of(settings: Settings, upstream: Upstream) -> Freshness:
    """How old is what is served."""
    from gitconfig_server.service.upstream.setup import freshness_of

    return freshness_of(settings.upstream, upstream)


def _keys_of(settings: Settings) -> Keys | None:
    """The keys that the settings name, None where they name none; InvalidSettings where those cannot be read.

    Loaded only then: the library behind them takes a tenth of the time that a start may take.
    """
    if settings.encrypt == EncryptSettings():
        return None
    from gitconfig_server.formats.ciphers.opening import open_keys

    return open_keys(settings.encrypt)


def _decrypt(settings: Settings, keys: Keys | None) -> Decrypt | None:
    """What opens ``{cipher}`` values; None where no key may, so that clients get them as they are."""
    if keys is None or not settings.encrypt.enabled:
        return None
    return partial(decrypt_properties, keys=keys, prefix_invalid=settings.encrypt.prefix_invalid_properties)


def _decrypt_text(settings: Settings, keys: Keys | None) -> DecryptText | None:
    """What opens ``{cipher}`` values in the text of files that are served as they are, where the settings say so."""
    if keys is None or not (settings.encrypt.enabled and settings.encrypt.plain_text_encrypt):
        return None
    return partial(decrypt_text, keys=keys)


def _tell(error: GitConfigError) -> None:
    log.info("repository passed over", code=error.code, error=str(error))
