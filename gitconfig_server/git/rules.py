"""The rules of the door in words: what the settings allow, who is asked, and what an opinion of a move holds."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Protocol

from msgspec import Struct, field

from gitconfig_server.errors import UpdateRefused
from gitconfig_server.git.graph import Planted
from gitconfig_server.git.objects.deadline import SECONDS
from gitconfig_server.git.objects.reader import ObjectReader
from gitconfig_server.git.objects.tree_sets import TreeCache
from gitconfig_server.git.objects.trees import TreeView
from gitconfig_server.git.upstream_refs import FollowedLabels
from gitconfig_server.model.findings import Concerned, Finding
from gitconfig_server.model.principals import Mover, Principal
from gitconfig_server.storage.base import RefUpdate, Snapshot
from gitconfig_server.storage.objects import RawObject

ContentCheck = Callable[[TreeView | None, TreeView], Sequence[Finding]]
"""Looks at the files that differ between two trees (None: nothing was there) and says what is wrong with them."""

HistoryCheck = Callable[[ObjectReader, bytes, bytes], Sequence[Finding]]
"""Looks at a label's tip and at the one that is to follow it, and says what to be warned of."""

Concerns = Callable[[TreeView, TreeView], Concerned]
"""Whose environments differ between two trees."""

Permits = Callable[[Principal, RefUpdate], bool]
"""Whether somebody may move a branch or tag, whatever it holds then."""


def everybody(who: Principal, update: RefUpdate) -> bool:
    """The ``Permits`` of a door without a policy."""
    return True


class RefRules(Struct, frozen=True):
    """What the settings allow. ``validate_all``: every new commit must be readable, not only the tip.

    ``followed`` labels change in the upstream repository alone. ``max_files``: files and folders of one commit.
    ``check_seconds``: what looking at one push or save may take. ``take_invalid``: what upstream has is taken though
    some of its files cannot be read; the findings are told, and whoever reads sees to it.
    ``run_hooks``: pushes run those of the folder.
    """

    allow_non_fast_forward: bool = False
    allow_deletion: bool = False
    validate_all: bool = False
    followed: FollowedLabels = field(default_factory=FollowedLabels)
    max_files: int = 250_000
    check_seconds: float = SECONDS
    take_invalid: bool = False
    run_hooks: bool = True


class Along(Struct, frozen=True):
    """What must happen together with a label's move: moves under ``refs/gitconfig/``, and the objects for them.

    ``refusal``: why the label may not move, on account of what hangs on it.
    """

    updates: tuple[RefUpdate, ...] = ()
    objects: tuple[RawObject, ...] = ()
    refusal: UpdateRefused | None = None


NOTHING_ALONG = Along()


class Ending(Struct, frozen=True):
    """Something under ``refs/gitconfig/`` that is over and goes, and what the journal is to say of it."""

    update: RefUpdate
    reason: str
    details: Mapping[str, str]


class Keeper(Protocol):
    """Looks after what hangs on labels. The door asks it about every move, whoever makes it."""

    def go_along(
        self, update: RefUpdate, refs: Snapshot, reader: ObjectReader, by: Mover, check: ContentCheck
    ) -> Along:
        """What must go along with one move. ``check`` is all that the door has to say of a new tip."""

    def find_ended(self, refs: Snapshot, reader: ObjectReader, labels: Collection[bytes] | None) -> Iterable[Ending]:
        """What is over of all that hangs on the labels at these refs (None: on any)."""


class Looked(Struct, frozen=True):
    """What was read already of what is to be judged; ``commits`` by their 20 byte ids."""

    trees: TreeCache
    commits: Mapping[bytes, Planted]


class Judged(Struct, frozen=True):
    """The opinion that ``door`` has of one update: it lets nothing pass of which it had none.

    ``is_forced``: a push takes commits away from a label, which the settings allow.
    """

    door: object
    update: RefUpdate
    refusal: UpdateRefused | None = None
    findings: tuple[Finding, ...] = ()
    along: Along = NOTHING_ALONG
    is_forced: bool = False
