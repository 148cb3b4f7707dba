"""Making, moving and deleting labels."""

from __future__ import annotations

from functools import partial

from gitconfig_server.config.branches import Head
from gitconfig_server.config.labels import StandingLabel, kind_ref, locate, standing_label
from gitconfig_server.config.running.records import PENDING
from gitconfig_server.config.staging.area import StagedArea
from gitconfig_server.config.writing.heads import Precondition
from gitconfig_server.config.writing.writer import LabelMove, Writer, author_of
from gitconfig_server.errors import Conflict, InvalidName, LabelExists, LabelInUse, LabelNotFound
from gitconfig_server.git import ref_names
from gitconfig_server.git.lookup import find_ref
from gitconfig_server.git.objects.commits import make_tag
from gitconfig_server.git.objects.trees import EMPTY_TREE
from gitconfig_server.git.repository import GitRepository
from gitconfig_server.model.pending import PENDING_NAME
from gitconfig_server.model.reads import LabelKind, Reading
from gitconfig_server.model.replace import replace
from gitconfig_server.model.writes import NewLabel, WriteOptions, WriteRequest, WriteResult
from gitconfig_server.storage.base import RefUpdate

_REASON = "label"
_RESERVED = ("HEAD", "FETCH_HEAD", "ORIG_HEAD", PENDING_NAME)

_WAYS_OUT = {
    LabelKind.BRANCH: "a branch moves when it is saved to",
    LabelKind.TAG: "say in If-Match where it is, to move it",
}


def make_label(writer: Writer, request: WriteRequest, name: str, new: NewLabel) -> WriteResult:
    """The label ``name`` where there was none, or a tag moved by a caller who says where it is.

    With a message a tag is an annotated one. Raises InvalidName, LabelExists, PreconditionFailed, UpdateRefused, and
    what finding ``new.start`` raises.
    """
    _check_name(name)
    return writer.move(partial(_make, writer, request, name, new), replace(request, reason=_REASON))


def delete_label(writer: Writer, request: WriteRequest, name: str) -> WriteResult:
    """Remove a branch or tag. Raises LabelNotFound, LabelInUse, PreconditionFailed, UpdateRefused (the default one)."""
    return writer.move(partial(_delete, writer.git, name, request.options), replace(request, reason=_REASON))


def _make(writer: Writer, request: WriteRequest, name: str, new: NewLabel) -> LabelMove:
    git, kind, options = writer.git, new.kind, request.options
    ref = kind_ref(name, kind)
    standing = standing_label(git, name, kind)
    _check_seen(name, ref, standing, options)
    if new.start == PENDING_NAME and find_ref(git, PENDING_NAME) is None:
        raise Conflict("no label is made from what nobody has confirmed yet: confirm it first")
    commit = locate(git, Reading(new.start), master_fallback=False).commit
    previous = standing.label.commit if standing else None
    if previous == commit.decode():
        return LabelMove(WriteResult(label=name, commit=previous, previous=previous, changed=False))
    _check_free(git, name, kind, standing, options)
    annotated = kind is LabelKind.TAG and options.message
    author = author_of(options, request.who)
    objects = (make_tag(commit, name, author, writer.now(), options.message),) if annotated else ()
    update = RefUpdate(ref, standing.value if standing else None, objects[0].id if objects else commit)
    message = options.message or f"{name}: made"
    result = WriteResult(label=name, commit=commit.decode(), previous=previous, changed=True)
    return LabelMove(result, (update,), objects, message, deliberate=standing is not None)


def _delete(git: GitRepository, name: str, options: WriteOptions) -> LabelMove:
    standing = standing_label(git, name, LabelKind.BRANCH) or standing_label(git, name, LabelKind.TAG)
    if standing is None:
        raise LabelNotFound(name)
    _check_seen(name, standing.ref, standing, options)
    if ref_names.is_staged(standing.ref):
        raise InvalidName("label", name, "is a label's staged branch: discard it there")
    updates = [RefUpdate(standing.ref, standing.value, None)]
    if standing.label.kind is LabelKind.BRANCH:
        updates += _working_branch_gone(git, name)
    result = WriteResult(label=name, commit=None, previous=standing.label.commit, changed=True)
    return LabelMove(result, tuple(updates), message=options.message or f"{name}: deleted", deliberate=True)


def _working_branch_gone(git: GitRepository, name: str) -> list[RefUpdate]:
    """A staged branch with nothing on it goes with its label; LabelInUse where there is something."""
    area = StagedArea(git, name)
    if PENDING + name.encode() in git.snapshot():
        raise LabelInUse(name, "an apply that awaits its confirmation")
    if area.is_ahead:
        raise LabelInUse(name, area.branch)
    return [RefUpdate(area.ref, area.tip, None)] if area.tip else []


def _check_name(name: str) -> None:
    ref_names.check_label(name)
    if name in _RESERVED:
        raise InvalidName("label", name, "is reserved")
    if ref_names.is_staged(ref_names.branch_ref(name)):
        raise InvalidName("label", name, "is reserved: a save to staged makes that branch")


def _check_seen(name: str, ref: bytes, standing: StandingLabel | None, options: WriteOptions) -> None:
    commit = standing.label.commit.encode() if standing else None
    Precondition(options, Head(name, ref, commit, commit, EMPTY_TREE)).settle()


def _check_free(
    git: GitRepository, name: str, kind: LabelKind, standing: StandingLabel | None, options: WriteOptions
) -> None:
    other = LabelKind.TAG if kind is LabelKind.BRANCH else LabelKind.BRANCH
    if twin := standing_label(git, name, other):
        raise LabelExists(name, other, twin.label.commit, "a label is a branch or a tag, not both")
    stated = options.if_match is not None or options.expect is not None
    if standing and not (stated and kind is LabelKind.TAG):
        raise LabelExists(name, kind, standing.label.commit, _WAYS_OUT[kind])
