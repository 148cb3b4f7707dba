"""Tending a staged branch: discarding what is staged, and bringing it up to date with its label.

A first write makes the branch: see ``config.branches``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from gitconfig_server.config.branches import Head
from gitconfig_server.config.changes.sources import named
from gitconfig_server.config.resolution.resolve import ResolveOptions
from gitconfig_server.config.staging.area import StagedArea
from gitconfig_server.config.staging.merge import Merge, merge_plainly
from gitconfig_server.config.staging.parts import taken
from gitconfig_server.config.staging.settling import Settling
from gitconfig_server.config.writing.answers import STAGED_BASE
from gitconfig_server.config.writing.drafts import NewTree
from gitconfig_server.config.writing.heads import Precondition
from gitconfig_server.config.writing.writer import LabelMove, Writer
from gitconfig_server.errors import MergeConflict
from gitconfig_server.git.merge import common_ancestor
from gitconfig_server.git.objects.trees import EMPTY_TREE, TreeView
from gitconfig_server.model.findings import Keep
from gitconfig_server.model.replace import replace
from gitconfig_server.model.staging import StagedPart
from gitconfig_server.model.writes import WriteOptions, WriteRequest, WriteResult
from gitconfig_server.storage.base import RefUpdate
from gitconfig_server.storage.objects import RawObject

_DISCARD, _UPDATE = "discard", "update"

_WAY_OUT = "say with resolutions, for each key or file, whether staged or label is right"


def discard_staged(writer: Writer, request: WriteRequest, part: StagedPart) -> WriteResult:
    """Drop what is staged for a label, or a part of it: those files are as they were when they were branched off.

    Where nothing is left, the staged branch goes. Raises as StagedArea, and PreconditionFailed.
    """
    return writer.move(partial(_discard, writer, request, part), replace(request, reason=_DISCARD))


def update_staged(writer: Writer, request: WriteRequest, resolve: Mapping[str, Keep]) -> WriteResult:
    """Merge a label into its staged branch; ``resolve`` says of files and keys that conflict which side is right.

    Raises as StagedArea, PreconditionFailed, and MergeConflict for those of which nothing is said.
    """
    return writer.move(partial(_update, writer, request, resolve), replace(request, reason=_UPDATE))


def _discard(writer: Writer, request: WriteRequest, part: StagedPart) -> LabelMove:
    area = StagedArea(writer.git, request.label)
    tip = _seen_tip(area, request.options)
    if tip is None:
        return LabelMove(WriteResult(label=area.branch, commit=None, previous=None, changed=False))
    base = area.view(area.base or area.commit)
    new = _without(area, base, area.view(tip), part, writer.resolve_options)
    message = request.options.message.strip() or f"discard {named(new.paths, 'files')}".strip()
    if part.whole or (new.paths and new.tree == base.tree):
        result = WriteResult(label=area.branch, commit=None, previous=tip.decode(), changed=True, paths=new.paths)
        details = {STAGED_BASE: (area.base or area.commit).decode()}
        return LabelMove(result, (RefUpdate(area.ref, tip, None),), message=_subject(message), details=details)
    if not new.paths:
        return LabelMove(WriteResult(label=area.branch, commit=tip.decode(), previous=tip.decode(), changed=False))
    commit = writer.commit(request, new.tree, (tip,), message)
    return _moved(area, commit.id, new, message, (commit,))


def _without(area: StagedArea, base: TreeView, staged: TreeView, part: StagedPart, options: ResolveOptions) -> NewTree:
    """What is left of a staged branch whose ``part`` is as it was at its base."""
    wanted = area.wanted(part, options) or (lambda path: True)
    return taken(staged, base, staged, wanted, part.keys)


def _update(writer: Writer, request: WriteRequest, resolve: Mapping[str, Keep]) -> LabelMove:
    area = StagedArea(writer.git, request.label)
    tip = _seen_tip(area, request.options)
    if tip is None or area.base == area.commit:
        at = tip.decode() if tip else None
        return LabelMove(WriteResult(label=area.branch, commit=at, previous=at, changed=False))
    options = replace(request.options, resolutions={**request.options.resolutions, **resolve})
    ours, theirs = area.staged_side(tip), area.label_side()
    # Several merge bases, as after criss-cross merges, are merged into one first, as Git does.
    ancestor = common_ancestor(writer.git.objects, tip, area.commit, merge_plainly)
    merge = Merge(writer.git.objects, ancestor, ours, theirs, area.base)
    merged = merge.merged(settling=Settling(options, Keep.STAGED))
    if merged.conflicts:
        raise MergeConflict(merged.conflicts, _WAY_OUT)
    message = request.options.message.strip() or f"merge {theirs.revision} into {area.branch}"
    if merged.tree == theirs.tree:  # nothing is staged any more: the branch follows its label
        moved = _moved(area, theirs.commit, merged, message)
    else:
        commit = writer.commit(request, merged.tree, (tip, theirs.commit), message)
        moved = _moved(area, commit.id, merged, message, (commit,))
    return replace(moved, result=replace(moved.result, settled=merged.settled))


def _seen_tip(area: StagedArea, options: WriteOptions) -> bytes | None:
    """Where the staged branch is, held against what the caller says of it."""
    seen = Precondition(options, Head(area.branch, area.ref, area.tip, area.tip, EMPTY_TREE))
    seen.settle()
    return area.tip


def _moved(area: StagedArea, new: bytes, tree: NewTree, message: str, commits: tuple[RawObject, ...] = ()) -> LabelMove:
    previous = area.tip.decode() if area.tip else None
    result = WriteResult(label=area.branch, commit=new.decode(), previous=previous, changed=True, paths=tree.paths)
    return LabelMove(result, (RefUpdate(area.ref, area.tip, new),), (*tree.objects, *commits), _subject(message))


def _subject(message: str) -> str:
    return message.partition("\n")[0]
