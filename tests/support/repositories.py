"""Small repositories, built through the one door."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from gitconfig_server.git.objects.commits import Identity, make_commit, tree_of
from gitconfig_server.git.objects.reader import ObjectMap, make_blob
from gitconfig_server.git.objects.trees import EMPTY_TREE, FILE, TreeEntry, edit_tree
from gitconfig_server.git.ref_names import branch_ref
from gitconfig_server.git.repository import GitRepository
from gitconfig_server.model.principals import Mover, Principal
from gitconfig_server.storage.base import RefUpdate
from gitconfig_server.storage.objects import RawObject
from support.storages import new_repository

EPOCH = datetime(2026, 1, 1, 12, tzinfo=UTC)
TESTER = Identity("Tess", "tess@example.com")


class Clock:
    """A clock that goes on by a minute at every look."""

    def __init__(self, start: datetime = EPOCH) -> None:
        self.now = start

    def __call__(self) -> datetime:
        self.now += timedelta(minutes=1)
        return self.now


def memory_repository(**options: object) -> GitRepository:
    """An empty repository in memory whose journal ticks a minute a move."""
    return GitRepository(new_repository(Clock()), **options)  # type: ignore[arg-type]


def build_commit(
    git: GitRepository,
    files: Mapping[str, str | bytes | None],
    parents: Sequence[bytes] = (),
    *,
    message: str = "change",
    when: datetime = EPOCH,
) -> list[RawObject]:
    """The new objects of a commit that applies ``files`` (None deletes) to its first parent; the commit comes last."""
    base = tree_of(git.objects, parents[0]) if parents else EMPTY_TREE
    blobs = {
        path.encode(): make_blob(text.encode() if isinstance(text, str) else text) if text is not None else None
        for path, text in files.items()
    }
    changes = {path: TreeEntry(FILE, blob.id) if blob else None for path, blob in blobs.items()}
    tree, trees = edit_tree(git.objects, base, changes)
    commit = make_commit(tree, parents, author=TESTER, committer=TESTER, when=when, message=message)
    return [*(blob for blob in blobs.values() if blob), *trees, commit]


def move(git: GitRepository, ref: bytes, objects: Sequence[RawObject], new: bytes | None = None) -> bytes:
    """Put the last of ``objects`` (or ``new``) on ``ref`` through the door; its id."""
    target = new or objects[-1].id
    update = RefUpdate(ref, git.snapshot().get(ref), target)
    judged = git.judge([update], ObjectMap(objects))
    git.update_refs(judged, objects=objects, by=Mover(Principal("tess")), reason="push")
    return target


def commit(
    git: GitRepository,
    files: Mapping[str, str | bytes | None],
    *,
    label: str = "main",
    message: str = "change",
    when: datetime = EPOCH,
) -> bytes:
    """Commit ``files`` on top of a branch; the new tip."""
    ref = branch_ref(label)
    tip = git.snapshot().get(ref)
    return move(git, ref, build_commit(git, files, [tip] if tip else [], message=message, when=when))
