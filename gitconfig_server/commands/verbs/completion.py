"""What the shell is offered behind a TAB: labels, sources, keys and files of the server that the line names.

Quick or nothing: whatever goes wrong, or takes long, nothing is offered and nothing is said.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from gitconfig_server.service.base import ConfigService

SECONDS = "1"
"""How long a TAB may take to be answered, unless ``_SECONDS_VARIABLE`` says otherwise."""

_SECONDS_VARIABLE = "GITCFG_COMPLETION_SECONDS"

_MOST = 500

_Offer = Callable[["ConfigService"], Awaitable[Iterable[str]]]


def complete_label(ctx: typer.Context, incomplete: str) -> list[str]:
    """Branches and tags."""

    async def offer(service: ConfigService) -> Iterable[str]:
        from gitconfig_server.model.principals import ANONYMOUS

        return [label.name for label in await service.labels(ANONYMOUS)]

    return _offered(ctx, incomplete, offer)


def complete_source(ctx: typer.Context, incomplete: str) -> list[str]:
    """Applications with their profiles."""

    async def offer(service: ConfigService) -> Iterable[str]:
        from gitconfig_server.model.principals import ANONYMOUS
        from gitconfig_server.model.reads import Reading

        found = await service.applications(ANONYMOUS, Reading(ctx.params.get("label")))
        return [f"{one.name}/{profile}" for one in found.items for profile in one.profiles]

    return _offered(ctx, incomplete, offer)


def complete_key(ctx: typer.Context, incomplete: str) -> list[str]:
    """Keys of the source that stands before them on the line."""

    async def offer(service: ConfigService) -> Iterable[str]:
        from gitconfig_server.commands.grammar import read_source_name
        from gitconfig_server.model.principals import ANONYMOUS
        from gitconfig_server.model.reads import Reading

        name = read_source_name(str(ctx.params.get("source") or ""))
        profiles = tuple(name.or_default.split(","))
        reading = Reading(ctx.params.get("label"))
        found = await service.environment(ANONYMOUS, (name.application,), profiles, reading)
        return sorted({key for source in found.sources for key in source.properties})

    return _offered(ctx, incomplete, offer)


def complete_assignment(ctx: typer.Context, incomplete: str) -> list[str]:
    """The same keys, to be set."""
    return [] if "=" in incomplete else [f"{key}=" for key in complete_key(ctx, incomplete)]


def complete_application(ctx: typer.Context, incomplete: str) -> list[str]:
    """Applications."""

    async def offer(service: ConfigService) -> Iterable[str]:
        from gitconfig_server.model.principals import ANONYMOUS

        return [one.name for one in (await service.applications(ANONYMOUS)).items]

    return _offered(ctx, incomplete, offer)


def complete_file(ctx: typer.Context, incomplete: str) -> list[str]:
    """Paths."""

    async def offer(service: ConfigService) -> Iterable[str]:
        from gitconfig_server.model.principals import ANONYMOUS
        from gitconfig_server.model.reads import Reading

        return [file.path for file in (await service.files(ANONYMOUS, Reading(ctx.params.get("label")))).items]

    return _offered(ctx, incomplete, offer)


def _offered(ctx: typer.Context, incomplete: str, offer: _Offer) -> list[str]:
    import asyncio
    import os

    from gitconfig_server.client.connect import connected

    place = ctx.params.get("server") or os.environ.get(SERVER_VARIABLE) or DEFAULT_SERVER

    async def ask(seconds: float) -> list[str]:
        async with asyncio.timeout(seconds), connected(str(place), seconds=seconds) as service:
            return [word for word in await offer(service) if word.startswith(incomplete)][:_MOST]

    try:
        return asyncio.run(ask(float(os.environ.get(_SECONDS_VARIABLE, SECONDS))))
    except Exception:  # a shell has no place for what went wrong
        return []


DEFAULT_SERVER = "http://127.0.0.1:8888"


SERVER_VARIABLE = "GITCFG_SERVER"
