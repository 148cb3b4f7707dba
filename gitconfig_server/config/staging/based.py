"""A change to what its caller saw, merged by key with what the label has got since."""

from __future__ import annotations

from gitconfig_server.config.labels import locate
from gitconfig_server.config.staging.conflicts import SideOfMerge
from gitconfig_server.config.staging.merge import Merge
from gitconfig_server.config.staging.settling import Settling
from gitconfig_server.config.writing.drafts import Draft
from gitconfig_server.config.writing.heads import Precondition
from gitconfig_server.config.writing.writer import DraftEdit, Edited, author_of
from gitconfig_server.errors import MergeConflict
from gitconfig_server.git.merge import Ancestor
from gitconfig_server.git.objects.commits import tree_of
from gitconfig_server.git.objects.reader import ObjectMap, Overlay
from gitconfig_server.git.objects.trees import TreeView
from gitconfig_server.git.repository import GitRepository
from gitconfig_server.model.findings import Keep
from gitconfig_server.model.reads import Reading
from gitconfig_server.model.writes import WriteRequest

_WAY_OUT = "say with resolutions, for each key or file, whether label or staged (this change) is right"


def based(edit: DraftEdit, git: GitRepository, base: str, request: WriteRequest) -> DraftEdit:
    """``edit``, made to the commit ``base`` and merged onto the head. RevisionNotFound; MergeConflict when it is made.

    What both sides changed to the same is no conflict, and no change.
    """
    commit = locate(git, Reading(base), master_fallback=False).commit
    options, author = request.options, author_of(request.options, request.who).name

    def edit_there(draft: Draft, seen: Precondition) -> Edited:
        then = Draft(git.objects, tree_of(git.objects, commit), base)
        edited = edit(then, seen)
        tree, made = then.finish()
        objects = Overlay(ObjectMap(made), git.objects)
        # The edit ran on the base, which its caller saw; the head is where its outcome is to go.
        head = seen.head
        ours = SideOfMerge(head.label, head.parent or commit, head.tree)
        theirs = SideOfMerge(f"this change of {base[:8]}", commit, tree, author)
        merge = Merge(objects, Ancestor(TreeView(git.objects, tree_of(git.objects, commit))), ours, theirs, commit)
        merged = merge.merged(settling=Settling(options, Keep.LABEL))
        if merged.conflicts:
            raise MergeConflict(merged.conflicts, _WAY_OUT)
        new = TreeView(Overlay(ObjectMap(merged.objects), objects), merged.tree)
        for path in merged.paths:
            entry = new.entry(path.encode(errors="surrogateescape"))
            if entry is None:
                draft.delete(path)
            else:
                draft.put(path, new.read(entry.id))
        return Edited(edited.message, settled=merged.settled)

    return edit_there
