"""What the door judges by, in the server and in the pre-receive hook of a served repository alike."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from msgspec import Struct

from gitconfig_server.config.checking.schemas import SchemaCheck
from gitconfig_server.config.checking.trees import check_tree
from gitconfig_server.config.comparing.effects import Effects
from gitconfig_server.config.names.locations import parse_search_path
from gitconfig_server.config.pending.keeping import LabelKeeper
from gitconfig_server.config.resolution.contributors import ReadDocuments
from gitconfig_server.config.resolution.parsed_files import ParsedFiles
from gitconfig_server.config.resolution.resolve import ResolveOptions
from gitconfig_server.config.running.clocks import Moments, storage_moments
from gitconfig_server.config.staging.known_bad import warn_of_known_bad
from gitconfig_server.errors import InvalidName, InvalidSettings
from gitconfig_server.git.ref_names import check_label
from gitconfig_server.git.repository import CACHE_BYTES, GitRepository
from gitconfig_server.git.rules import Permits, RefRules, everybody
from gitconfig_server.git.upstream_refs import FollowedLabels
from gitconfig_server.storage.base import StoredRepository

if TYPE_CHECKING:
    from gitconfig_server.settings import Settings  # the hook, which every push waits for, needs no pydantic


_PARTS, _OF_VERDICTS = 12, 3


class DoorRules(Struct, frozen=True):
    """The settings that decide about updates. Plain values alone: the hook carries them in its own text.

    ``followed``: globs of the labels that change in the upstream repository alone.
    """

    default_label: str = ""
    search_paths: Sequence[str] = ()
    cloud_platform: str = "none"
    ignore: Sequence[str] = ()
    validate_all: bool = False
    allow_non_fast_forward: bool = False
    allow_deletion: bool = False
    followed: Sequence[str] = ()
    max_files: int = 250_000
    check_seconds: float = 60.0
    take_invalid: bool = False
    run_hooks: bool = True

    def resolve_options(self) -> ResolveOptions:
        """How files are found; InvalidName where a search path could leave the tree."""
        search_paths = tuple(parse_search_path(path) for path in self.search_paths)
        return ResolveOptions(search_paths, cloud_platform=self.cloud_platform)

    def open(
        self,
        stored: StoredRepository,
        cache_bytes: int = CACHE_BYTES,
        read: ReadDocuments | None = None,
        permits: Permits = everybody,
        moments: Moments | None = None,
    ) -> GitRepository:
        """``stored`` behind a door with these rules; ``read`` may remember what files say, as it does by default.

        ``moments``: the clocks that deadlines are judged by, the storage's where none are given. ``cache_bytes``: what
        may be remembered of objects, of trees' sizes and of verdicts by schemas.
        """
        part = cache_bytes // _PARTS
        options = self.resolve_options()
        read = read or ParsedFiles().documents
        check = partial(check_tree, options=options, ignore=tuple(self.ignore), read=read)
        return GitRepository(
            stored,
            rules=RefRules(
                self.allow_non_fast_forward,
                self.allow_deletion,
                self.validate_all,
                FollowedLabels(tuple(self.followed)),
                self.max_files,
                self.check_seconds,
                self.take_invalid,
                self.run_hooks,
            ),
            checks=(check,),
            tip_checks=(SchemaCheck(options, read, kept=part * _OF_VERDICTS),),
            default_branch=self.default_label,
            cache_bytes=cache_bytes - part * _OF_VERDICTS,
            permits=permits,
            keeper=LabelKeeper(moments or storage_moments(stored)),
            history_checks=(warn_of_known_bad,),
            concerns=Effects(options, read).glance,
        )


def door_rules(settings: Settings) -> DoorRules:
    """The part of the settings that the door judges by; InvalidSettings where it makes no sense."""
    rules = DoorRules(
        default_label=settings.default_label,
        search_paths=tuple(settings.spring.search_paths),
        cloud_platform=settings.spring.cloud_platform.replace("_", ""),
        ignore=tuple(settings.push.ignore),
        validate_all=settings.push.validate_commits == "all",
        allow_non_fast_forward=settings.push.allow_non_fast_forward,
        allow_deletion=settings.push.allow_deletion,
        max_files=settings.push.max_files,
        check_seconds=settings.push.check_seconds,
        take_invalid=settings.upstream.invalid != "label",
        run_hooks=settings.push.run_hooks,
        followed=() if settings.upstream.push_back or not settings.upstream.url else tuple(settings.upstream.labels),
    )
    try:
        rules.resolve_options()
        if rules.default_label:
            check_label(rules.default_label)
    except InvalidName as error:
        raise InvalidSettings(f"default_label, spring.search_paths: {error}") from error
    return rules
