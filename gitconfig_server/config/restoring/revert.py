"""Reverting: the inverse of one commit, merged onto a label's head file by file, as a new commit."""

from __future__ import annotations

from functools import partial

from gitconfig_server.config.labels import locate
from gitconfig_server.config.staging.conflicts import SideOfMerge
from gitconfig_server.config.staging.known_bad import REVERTS
from gitconfig_server.config.staging.merge import Merge
from gitconfig_server.config.staging.settling import Settling
from gitconfig_server.config.writing.heads import Precondition, head_to_build_on
from gitconfig_server.config.writing.writer import Edited, LabelMove, Writer
from gitconfig_server.errors import InvalidChange, MergeConflict
from gitconfig_server.git.merge import Ancestor
from gitconfig_server.git.objects.commits import Commit, read_commit, tree_of
from gitconfig_server.git.objects.trees import EMPTY_TREE, TreeView
from gitconfig_server.model.findings import Keep
from gitconfig_server.model.reads import Reading
from gitconfig_server.model.replace import replace
from gitconfig_server.model.writes import Revert, WriteRequest, WriteResult

_REVERT = "revert"

_WAY_OUT = "say with resolutions what is right, restore those files, or revert what came later first"


def revert(writer: Writer, request: WriteRequest, asked: Revert) -> WriteResult:
    """Undo what one commit did; what was done since to other files stays.

    Raises what finding the commit raises, InvalidChange for a merge without ``mainline`` and the reverse,
    MergeConflict where its files were changed since, and as ``Writer.save``.
    """
    found = locate(writer.git, Reading(asked.commit), master_fallback=False).commit
    commit = read_commit(writer.git.objects, found)
    kept = _kept_parent(commit, asked.mainline)
    return writer.move(partial(_plan, writer, request, commit, kept), replace(request, reason=_REVERT))


def _plan(writer: Writer, request: WriteRequest, commit: Commit, kept: bytes | None) -> LabelMove:
    objects = writer.git.objects
    head = head_to_build_on(writer.git, request)
    Precondition(request.options, head).settle()
    ours = SideOfMerge(head.label, head.parent or commit.id, head.tree)
    undone = SideOfMerge(
        f"the inverse of {commit.id.decode()[:8]}", commit.id, tree_of(objects, kept) if kept else EMPTY_TREE
    )
    merge = Merge(objects, Ancestor(TreeView(objects, commit.tree)), ours, undone, commit.id)
    merged = merge.merged(settling=Settling(request.options, Keep.LABEL))
    if merged.conflicts:
        raise MergeConflict(merged.conflicts, _WAY_OUT)
    edited = Edited(f'revert "{commit.subject}"', settled=merged.settled)
    return replace(writer.upon(request, head, merged, edited, {REVERTS: commit.id.decode()}), former=kept)


def _kept_parent(commit: Commit, mainline: int | None) -> bytes | None:
    """The parent whose tree the commit is to give way to; None for a first commit, which had nothing before it."""
    count, shown = len(commit.parents), commit.id.decode()[:8]
    if count > 1 and mainline is None:
        raise InvalidChange(f"{shown} merges {count} commits: say which one's side is to remain, from 1", "/mainline")
    if mainline is not None and (count < 2 or not 1 <= mainline <= count):
        raise InvalidChange(f"{shown} has {count} parent(s): mainline is for merges, and counts from 1", "/mainline")
    return commit.parents[(mainline or 1) - 1] if count else None
