"""The first commit of a new repository."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from gitconfig_server.errors import Conflict, InvalidInput
from gitconfig_server.git.objects.commits import SERVER, make_commit
from gitconfig_server.git.objects.reader import ObjectMap, make_blob
from gitconfig_server.git.objects.trees import EMPTY_TREE, FILE, TreeEntry, edit_tree
from gitconfig_server.git.repository import GitRepository
from gitconfig_server.model.principals import Intent, Mover, Principal
from gitconfig_server.storage.base import RefUpdate

_MESSAGE = "init: start from the template"
_REASON = "template"
"""Not ``init``, which the journal keeps for what it found when it began, and never carries out again."""


def commit_template(git: GitRepository, template: Path, when: datetime) -> str:
    """Make every file of ``template`` the first commit on the default label; its id.

    Raises Conflict where the repository has labels already, InvalidInput where the template holds no file.
    """
    if git.advertised():
        raise Conflict("the repository has labels already: nothing was changed")
    files = {path.relative_to(template).as_posix().encode(): path for path in template.rglob("*") if path.is_file()}
    if not files:
        raise InvalidInput(f"{template} holds no file to start from")
    blobs = {name: make_blob(path.read_bytes()) for name, path in files.items()}
    tree, trees = edit_tree(git.objects, EMPTY_TREE, {name: TreeEntry(FILE, blob.id) for name, blob in blobs.items()})
    commit = make_commit(tree, (), author=SERVER, committer=SERVER, when=when, message=_MESSAGE)
    objects = [*blobs.values(), *trees, commit]
    by = Mover(Principal(SERVER.name, SERVER.email), Intent.WRITE)
    judged = git.judge([RefUpdate(git.default_ref(), None, commit.id)], ObjectMap(objects), by)
    git.update_refs(judged, by, objects=objects, reason=_REASON, message=_MESSAGE)
    return commit.id.decode()
