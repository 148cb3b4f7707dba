"""Upstream mode as the settings want it."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from gitconfig_server.errors import InvalidSettings
from gitconfig_server.git.receiving.pack_scan import PackLimits
from gitconfig_server.git.repository import GitRepository
from gitconfig_server.git.upstream_refs import FollowedLabels
from gitconfig_server.service.crossing import Crossing
from gitconfig_server.service.upstream.exchange import Exchange
from gitconfig_server.service.upstream.following import Following
from gitconfig_server.service.upstream.freshness import Freshness
from gitconfig_server.service.upstream.http import HttpRemote
from gitconfig_server.service.upstream.process import ProcessRemote, local_command, ssh_command
from gitconfig_server.service.upstream.pushing import Pushing
from gitconfig_server.service.upstream.remotes import Remote, read_address
from gitconfig_server.service.upstream.rounds import ROUND_PATIENCE, Shared, Upstream
from gitconfig_server.service.upstream.schedule import Bell, Schedule
from gitconfig_server.service.upstream.status import SharedStatus
from gitconfig_server.service.upstream.steps import FollowedSide
from gitconfig_server.settings.upstream import UpstreamSettings

_FRAMING = 1.01
"""A pack grows by less than this when it is put into a sideband."""


def set_up(
    settings: UpstreamSettings,
    git: GitRepository,
    crossing: Crossing,
    limits: PackLimits,
    default_label: str = "",
    *,
    bell: Bell | None = None,
    now: Callable[[], float] = time.time,
) -> Upstream:
    """What follows ``settings.url``, ready to run; InvalidSettings where that cannot be.

    ``bell`` and ``now`` are how time passes.
    """
    if not git.stored.writable:
        raise InvalidSettings("upstream: the repository cannot be written, so it cannot follow another one")
    remote = _remote_of(settings, int(limits.pack_bytes * _FRAMING) + (64 << 10))
    side = FollowedSide(git, FollowedLabels(tuple(settings.labels)), settings.push_back, remote.name)
    folder = git.stored.shared_folder
    upstream = Upstream(
        Exchange(remote, Following(side, limits, default_label=default_label), Pushing(side), crossing),
        Shared(SharedStatus(remote.name, folder), partial(git.stored.lease, "upstream")),
        Schedule(settings.refresh, settings.jitter),
        patience=settings.timeout,
        now=now,
        bell=bell,
    )
    if settings.push_back:
        git.add_listener(upstream.hear)
    return upstream


def freshness_of(settings: UpstreamSettings, upstream: Upstream) -> Freshness:
    """How old is what is served; with an interval, one round may be missed before that counts as old."""
    tolerance = 2 * settings.refresh + settings.timeout * ROUND_PATIENCE if settings.refresh else None
    return Freshness(upstream.status, tolerance=tolerance, max_age=settings.max_age)


def _remote_of(settings: UpstreamSettings, limit: int) -> Remote:
    """The remote that ``settings.url`` names; an answer of it may have ``limit`` bytes."""
    address = read_address(settings.url)
    if address.scheme in ("http", "https"):
        return HttpRemote(address, settings, limit)
    command = ssh_command(address, settings) if address.scheme == "ssh" else local_command(address)
    return ProcessRemote(address.name, command, settings.timeout, limit)
