"""From a storage URL to an engine: the one place that puts storage, door, checks and engine together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from gitconfig_server.config.engine import ConfigEngine
from gitconfig_server.config.reader import ReadOptions
from gitconfig_server.config.resolution.parsed_files import ParsedFiles
from gitconfig_server.config.running.clocks import Moments, storage_moments
from gitconfig_server.errors import NotARepository
from gitconfig_server.git.receiving.pack_scan import PackLimits
from gitconfig_server.git.repository import CACHE_BYTES
from gitconfig_server.git.rules import Permits, everybody
from gitconfig_server.model.replace import replace
from gitconfig_server.service.door_rules import DoorRules, door_rules
from gitconfig_server.storage.base import Storage, StoredRepository
from gitconfig_server.storage.urls import open_storage

if TYPE_CHECKING:
    from gitconfig_server.settings import Settings  # whoever has none needs no pydantic

_NO_RULES = DoorRules()


class Opened(Struct, frozen=True):
    """An open repository. ``notices`` say what about it is not as it should be; whoever opened it closes it."""

    storage: Storage
    stored: StoredRepository
    notices: tuple[str, ...] = ()


def open_stored(url: str, *, make: bool = False) -> Opened:
    """The repository at ``url``, its own settings and hooks untouched. NotARepository, InvalidSettings.

    With ``make`` a new one where there is none; in memory it is always new.
    """
    storage, name = open_storage(url)
    try:
        return Opened(storage, _find(storage, name, make=make))
    except BaseException:
        storage.close()
        raise


def open_to_serve(url: str, hooks: Mapping[str, str], stale_reads: float = 0.0) -> Opened:
    """The repository at ``url``, made ready to be served. NotARepository, InvalidSettings.

    Reads go on for ``stale_reads`` seconds while a database cannot be asked.
    """
    storage, name = open_storage(url, hooks)
    try:
        stored = _find(storage, name, make=False)
        notices = stored.prepare(stale_reads=stale_reads)
    except BaseException:
        storage.close()
        raise
    return Opened(storage, stored, tuple(notices))


_PARTS = 16
_OF_DOOR, _OF_PARSED, _OF_READER = 6, 5, 5
"""How the memory for all that is remembered is shared out, in sixteenths."""


def make_engine(
    stored: StoredRepository,
    rules: DoorRules = _NO_RULES,
    options: ReadOptions | None = None,
    *,
    cache_bytes: int = CACHE_BYTES,
    parsed: ParsedFiles | None = None,
    permits: Permits = everybody,
    moments: Moments | None = None,
) -> ConfigEngine:
    """The engine over ``stored``, behind a door with these rules; both read files by ``parsed``, the same cache.

    Without ``options`` files are found as the rules say. ``cache_bytes`` bounds all that is remembered, by the door,
    in ``parsed`` (where it is not given) and by who reads.
    """
    parsed = parsed or ParsedFiles(parsed_share(cache_bytes))
    options = options or ReadOptions(rules.resolve_options())
    moments = moments or storage_moments(stored)
    part = cache_bytes // _PARTS
    git = rules.open(stored, part * _OF_DOOR, parsed.documents, permits, moments)
    return ConfigEngine(git, options, parsed, part * _OF_READER, moments=moments)


def parsed_share(cache_bytes: int) -> int:
    """What of it is for parsed files."""
    return cache_bytes // _PARTS * _OF_PARSED


def engine_of(
    settings: Settings,
    stored: StoredRepository,
    permits: Permits = everybody,
    moments: Moments | None = None,
    *,
    cache_bytes: int | None = None,
) -> ConfigEngine:
    """The engine that the settings describe; ``cache_bytes``: its part of theirs, None for all. InvalidSettings."""
    share = settings.cache_bytes if cache_bytes is None else cache_bytes
    rules, options = door_rules(settings), read_options(settings)
    return make_engine(stored, rules, options, cache_bytes=share, permits=permits, moments=moments)


def read_options(settings: Settings) -> ReadOptions:
    """How the settings let files be found. InvalidSettings."""
    resolution = door_rules(settings).resolve_options()
    resolution = replace(resolution, reverse_locations=settings.spring.reverse_location_order)
    hold = bool(settings.upstream.url) and settings.upstream.invalid == "application"
    return ReadOptions(resolution, settings.spring.try_master_branch, hold)


def pack_limits(settings: Settings) -> PackLimits:
    """The part of the settings that bounds a push."""
    push = settings.push
    return PackLimits(push.max_pack_bytes, push.max_objects, push.max_object_bytes, refs=push.max_refs)


def _find(storage: Storage, name: str, *, make: bool) -> StoredRepository:
    if not storage.lasting:  # a new one each time
        return storage.create(name)
    try:
        return storage.open(name)
    except NotARepository:
        if not make:
            raise
        return storage.create(name)
