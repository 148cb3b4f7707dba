"""Where a write to a label begins: the commit it builds on, and what the caller saw."""

from __future__ import annotations

from gitconfig_server.config.branches import Head, encodable, head_for, passed_by
from gitconfig_server.errors import LabelNotFound, PreconditionFailed
from gitconfig_server.git import ref_names
from gitconfig_server.git.objects.commits import tree_of
from gitconfig_server.git.objects.trees import EMPTY_TREE
from gitconfig_server.git.repository import GitRepository
from gitconfig_server.model.replace import replace
from gitconfig_server.model.writes import EXISTS, WriteOptions, WriteRequest


def head_to_build_on(git: GitRepository, request: WriteRequest) -> Head:
    """The head of a label, or of its staged branch, for a commit upon it.

    A staged branch with nothing on it, which its label has left behind, begins anew at the label's head; not where
    the caller states the commit that it saw, which was the branch as it is. Raises as ``head_for``.
    """
    options = request.options
    try:
        head = head_for(git, request.label, staged=options.staged)
    except LabelNotFound:
        ref = ref_names.branch_ref(encodable(request.label or ""))
        if not options.begin or options.staged or ref_names.is_staged(ref):
            raise
        return Head(request.label or "", ref, None, None, EMPTY_TREE)
    if not ref_names.is_staged(head.ref) or head.tip is None or options.expect is not None:
        return head
    tip = passed_by(git, head.ref, head.tip)
    return replace(head, parent=tip, tree=tree_of(git.objects, tip)) if tip else head


class Precondition:
    """What the caller says it saw, held against what is there."""

    def __init__(self, options: WriteOptions, head: Head) -> None:
        self._options = options
        self.head = head
        self._asked = False
        if options.expect is not None and options.expect != head.commit:
            raise self._failed(head.label)

    def require(self, what: str, validator: str | None) -> None:
        """Raise PreconditionFailed unless the caller saw ``what`` as it is; no validator: it is not there.

        An edit calls it before it changes anything; later calls mean nothing.
        """
        if self._asked:
            return
        self._asked = True
        wanted = self._options.if_match
        seen = {self.head.commit, validator, EXISTS if validator else None}
        if (wanted is not None and wanted.isdisjoint(seen)) or (self._options.only_new and validator):
            raise self._failed(what)

    def settle(self) -> None:
        """Judge by the label alone, where the edit is of no single thing."""
        self.require(self.head.label, self.head.commit or None)

    def _failed(self, what: str) -> PreconditionFailed:
        return PreconditionFailed(what, self.head.label, self.head.commit)
