"""Branches about to be read or written for what they may become: their heads, and the staged branch of a label."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

from gitconfig_server.errors import FollowedLabel, GitConfigError, LabelNotFound, LabelReadOnly
from gitconfig_server.git import ref_names
from gitconfig_server.git.graph import divergence
from gitconfig_server.git.lookup import find
from gitconfig_server.git.objects.commits import tree_of
from gitconfig_server.git.objects.trees import EMPTY_TREE
from gitconfig_server.git.repository import GitRepository
from gitconfig_server.revisions import parse_revision

HEAD = "HEAD"
"""The name under which Git's users know the default label."""

_STAGED = ref_names.branch_ref("staged")
STAGED_OF = "staged-of"
"""Where the journal's details keep the label that a staged branch was made for."""


def working_ref(git: GitRepository, label: str) -> bytes:
    """The ref, be it there or not, of what is staged for a branch label.

    ``staged`` for the default label, unless it was made for one that was the default one then.
    """
    refs = git.snapshot()
    own = ref_names.branch_ref(f"staged-{label}")
    # The default label may have changed since: a branch belongs to whom the journal says it was made for.
    found = next((ref for ref in (_STAGED, own) if ref in refs and owner_of(git, ref) == label), None)
    if found:
        return found
    return _STAGED if ref_names.branch_ref(label) == git.default_ref() and _STAGED not in refs else own


def owner_of(git: GitRepository, ref: bytes) -> str:
    """The label that an existing staged branch belongs to; one that was pushed says so by its name alone."""
    moves = git.moves(ref, newest_first=True)
    record = next((record for record in moves for one in record.updates if one.ref == ref and not one.old), None)
    recorded = record.details.get(STAGED_OF) if record else None
    if recorded:
        return recorded
    by_name = (ref_names.label_of(ref) or "").removeprefix("staged").removeprefix("-")
    return by_name or ref_names.label_of(git.default_ref()) or ""


def passed_by(git: GitRepository, ref: bytes, tip: bytes) -> bytes | None:
    """Where the label of the staged branch ``ref`` is, if it has moved on from ``tip`` and has all that is there.

    To read or to build on ``tip`` still would show, and stage, that what the label got since is taken back.
    """
    head = git.snapshot().get(ref_names.branch_ref(owner_of(git, ref)))
    return head if head not in (None, tip) and not divergence(git.objects, tip, head).ahead else None


class Head(Struct, frozen=True):
    """A branch about to be written. ``tip`` None: it does not exist yet, and grows from ``parent``, if from anything.

    ``details``: what the journal is to know of it.
    """

    label: str
    ref: bytes
    tip: bytes | None
    parent: bytes | None
    tree: bytes
    details: Mapping[str, str] = field(default_factory=dict)

    @property
    def commit(self) -> str:
        """The hex id of the commit it builds on, empty where there is none."""
        return self.parent.decode() if self.parent else ""


def head_for(git: GitRepository, label: str | None, *, staged: bool = False) -> Head:
    """The head of a label (None and ``HEAD``: the default one), or of its staged branch.

    In a repository without labels the default one begins with its first write; a staged branch begins at the head of
    its label. Raises LabelNotFound, and LabelReadOnly for tags, ids and other revisions.
    """
    if staged:
        return _staged_head(git, label)
    default = git.default_ref()
    ref = default if label in (None, HEAD) else git.target_of(ref_names.branch_ref(encodable(label)))
    name = ref_names.label_of(ref) or ""
    tip = git.snapshot().get(ref)
    if tip is not None:
        return Head(name, ref, tip, tip, tree_of(git.objects, tip))
    # HEAD of a new repository leads to a branch that is not born yet, as in Git.
    if ref == default and not git.advertised():
        return Head(name, ref, None, None, EMPTY_TREE)
    if ref_names.is_staged(ref):
        return _new_staged(git, name, ref)
    raise _unwritable(git, name)


def _staged_head(git: GitRepository, label: str | None) -> Head:
    head = head_for(git, label)
    if head.tip is None:
        raise LabelNotFound(head.label)  # the first write of a repository makes a label, and is not staged
    if ref_names.is_staged(head.ref):
        return head
    _check_not_followed(git, head.ref)
    return head_for(git, ref_names.label_of(working_ref(git, head.label)))


def _new_staged(git: GitRepository, name: str, ref: bytes) -> Head:
    by_name = name.removeprefix("staged").removeprefix("-")
    base = ref_names.branch_ref(by_name) if by_name else git.default_ref()
    tip, label = git.snapshot().get(base), ref_names.label_of(base) or ""
    if tip is None or working_ref(git, label) != ref:
        raise LabelNotFound(name)
    _check_not_followed(git, base)
    return Head(name, ref, None, tip, tree_of(git.objects, tip), {STAGED_OF: label})


def _check_not_followed(git: GitRepository, ref: bytes) -> None:
    """FollowedLabel where what would be staged could never be applied."""
    if git.follows(ref):
        raise FollowedLabel(ref)


def _unwritable(git: GitRepository, name: str) -> GitConfigError:
    if ref_names.tag_ref(name) in git.snapshot():
        return LabelReadOnly(name, "a tag")
    try:
        revision = parse_revision(name)
        if not revision.at and not revision.steps:
            find(git, revision)
    except GitConfigError:
        return LabelNotFound(name)
    return LabelReadOnly(name, "a revision")


def encodable(label: str) -> str:
    try:
        label.encode()
    except UnicodeEncodeError as error:
        raise LabelNotFound(label.encode(errors="replace").decode()) from error
    return label
