"""Applying: what is staged is merged onto the label as it is, and put in force; both branches move at once."""

from __future__ import annotations

from functools import partial

from gitconfig_server.config.changes.sources import named
from gitconfig_server.config.names.manifest import MANIFEST
from gitconfig_server.config.sources.naming import Naming
from gitconfig_server.config.staging.area import StagedArea, StagedTree
from gitconfig_server.config.staging.known_bad import INCLUDED, refuse_known_bad
from gitconfig_server.config.staging.merge import Merged
from gitconfig_server.config.staging.parts import is_configuration
from gitconfig_server.config.staging.settling import Settling
from gitconfig_server.config.writing.heads import Precondition
from gitconfig_server.config.writing.writer import LabelMove, Writer
from gitconfig_server.errors import Conflict, InvalidContent, MergeConflict
from gitconfig_server.git.objects.commits import tree_of
from gitconfig_server.git.objects.reader import ObjectMap, Overlay
from gitconfig_server.git.objects.trees import TreeView
from gitconfig_server.model.findings import Keep
from gitconfig_server.model.replace import replace
from gitconfig_server.model.staging import StagedPart
from gitconfig_server.model.writes import WriteRequest, WriteResult
from gitconfig_server.storage.base import RefUpdate
from gitconfig_server.storage.objects import RawObject

_APPLY = "apply"
_STAGED = "Staged"
"""The trailer of a partial apply: where the staged branch was."""

_WAY_OUT = "say with resolutions, for each key or file, whether staged or label is right, or update what is staged"


def apply_staged(writer: Writer, request: WriteRequest, part: StagedPart) -> WriteResult:
    """Put what is staged for a label, or a part of it, in force.

    All of it is a merge commit, which the staged branch follows. A part is merged by itself; the staged branch keeps
    its tree, and has the part for its base from then on. Another branch that is applied stays where it is. Raises as
    StagedArea and ``Writer.save``, and MergeConflict; then nothing has changed.
    """
    done = writer.move(partial(plan_apply, writer, request, part), replace(request, reason=_APPLY))
    return replace(done, findings=tuple(finding for finding in done.findings if not finding.commit))


def plan_apply(writer: Writer, request: WriteRequest, part: StagedPart) -> LabelMove:
    """What an apply makes of the refs as they are: the label's move first, then that of its staged branch."""
    area = StagedArea(writer.git, request.label, part.source)
    seen = Precondition(request.options, area.head)
    seen.require(f"what is staged for {area.head.label}", area.tip.decode() if area.tip else None)
    nothing = WriteResult(label=area.head.label, commit=area.head.commit, previous=area.head.commit, changed=False)
    if area.tip is None or not area.is_ahead:
        return LabelMove(nothing)
    chosen = area.part(part, writer.resolve_options)
    merged = area.merged(chosen, Settling(request.options, Keep.LABEL))
    if merged.conflicts:
        raise MergeConflict(merged.conflicts, _WAY_OUT)
    # Nothing of it is new to the label: it needs no commit, but the staged branch does not lag behind for ever.
    if merged.tree == area.head.tree:
        follow = (RefUpdate(area.ref, area.tip, area.commit),) if chosen is None and area.is_own else ()
        return LabelMove(nothing, follow, message=f"{area.head.label} has all that was staged")
    # Only now: what is refused as known bad is the merged result, not what was staged before the label moved on.
    if not request.options.include_known_bad:
        objects = Overlay(ObjectMap(merged.objects), writer.git.objects)
        head, new = (TreeView(objects, tree) for tree in (area.head.tree, merged.tree))
        refuse_known_bad(objects, area.commit, head, new)
    apply = _Apply(writer, request, area, area.tip, merged)
    return apply.partial(chosen) if chosen else apply.whole()


class _Apply:
    """One way of carrying out an apply that changes something."""

    def __init__(self, writer: Writer, request: WriteRequest, area: StagedArea, tip: bytes, merged: Merged) -> None:
        self._writer = writer
        self._request = request
        self._area = area
        self._tip = tip
        self._merged = merged
        self._message = request.options.message.strip() or f"apply {area.branch}: {named(merged.paths, 'files')}"

    def whole(self) -> LabelMove:
        """The label merges the staged branch, which follows."""
        commit = self._commit(self._merged.tree, (self._area.commit, self._tip), self._message)
        return self._move(commit, commit.id, (*self._merged.objects, commit))

    def partial(self, part: StagedTree) -> LabelMove:
        """The label merges the part, which the staged branch then has as its base; it keeps all it has.

        The part grew from where the staged branch did, so nothing else that is staged plays a role, and whatever is
        changed later on either side is merged rightly.
        """
        self._check_read_back()
        # Grown from the bases of both, the part is a common ancestor from now on: later merges see it on either side.
        grown = self._commit(part.new.tree, part.bases, self._message, {_STAGED: self._tip.decode()})
        applied = (*self._merged.objects, grown)
        commit = grown
        if part.bases != (self._area.commit,):
            commit = self._commit(self._merged.tree, (self._area.commit, grown.id), self._message)
            applied = (*applied, commit)
        staged = tree_of(self._writer.git.objects, self._tip)
        if staged == self._merged.tree:
            return self._move(commit, commit.id, applied)
        message = f"apply a part of {self._area.branch} to {self._area.head.label}"
        # Its tree stays as it was: the rest is still staged, and the part, being its base now, is not.
        left = self._commit(staged, (self._tip, grown.id), message)
        return self._move(commit, left.id, (*applied, left))

    def _move(self, commit: RawObject, staged: bytes, objects: tuple[RawObject, ...]) -> LabelMove:
        area = self._area
        result = WriteResult(
            label=area.head.label,
            commit=commit.id.decode(),
            previous=area.head.commit,
            changed=True,
            paths=self._merged.paths,
            settled=self._merged.settled,
        )
        update, follow = RefUpdate(area.head.ref, area.commit, commit.id), RefUpdate(area.ref, self._tip, staged)
        return LabelMove(
            result, (update, follow) if area.is_own else (update,), objects, self._message.partition("\n")[0]
        )

    def _commit(
        self, tree: bytes, parents: tuple[bytes, ...], message: str, trailers: dict[str, str] | None = None
    ) -> RawObject:
        said = {INCLUDED: "yes"} if self._request.options.include_known_bad else {}
        return self._writer.commit(self._request, tree, parents, message, {**(trailers or {}), **said})

    def _check_read_back(self) -> None:
        """Each file must mean on the label what it means where it is staged, if a manifest that can be read says it."""
        objects = Overlay(ObjectMap(self._merged.objects), self._writer.git.objects)
        staged, after = self._area.view(self._tip), TreeView(objects, self._merged.tree)
        naming = Naming(self._area.head.label, self._writer.resolve_options)
        try:
            declared = naming.declared(staged)
            naming.declared(after)
        except InvalidContent:
            return
        for path in self._merged.paths:
            if is_configuration(path.encode(), declared) and after.entry(path.encode()):
                meant, read = ("/".join(naming.read(tree, path)) for tree in (staged, after))
                if meant != read:
                    how = f"read for {meant} with all that is staged, and for {read} with this part alone"
                    raise Conflict(f"{path} would be {how}: apply {MANIFEST} or the files beside it too")
