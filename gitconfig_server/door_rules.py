"""What the door judges by, in the server and in the pre-receive hook of a served repository alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from gitconfig_server.config.locations import parse_search_path
from gitconfig_server.config.resolve import ResolveOptions
from gitconfig_server.config.validate import check_tree
from gitconfig_server.git.repository import CACHE_BYTES, GitRepository
from gitconfig_server.git.rules import RefRules
from gitconfig_server.storage.base import StoredRepository


@dataclass(frozen=True, slots=True)
class DoorRules:
    """The settings that decide about updates. Plain values alone: the hook carries them in its own text."""

    default_label: str = ""
    search_paths: Sequence[str] = ()
    ignore: Sequence[str] = ()
    validate_all: bool = False
    allow_non_fast_forward: bool = False
    allow_deletion: bool = False

    def resolve_options(self) -> ResolveOptions:
        """How files are found; InvalidName where a search path could leave the tree."""
        return ResolveOptions(search_paths=tuple(parse_search_path(path) for path in self.search_paths))

    def open(self, stored: StoredRepository, cache_bytes: int = CACHE_BYTES) -> GitRepository:
        """``stored`` behind a door with these rules."""
        check = partial(check_tree, options=self.resolve_options(), ignore=tuple(self.ignore))
        return GitRepository(
            stored,
            rules=RefRules(self.allow_non_fast_forward, self.allow_deletion, self.validate_all),
            checks=(check,),
            default_branch=self.default_label,
            cache_bytes=cache_bytes,
        )
