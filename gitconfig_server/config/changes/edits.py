"""Changes that callers ask for, as edits of a draft."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from gitconfig_server.config.changes.sources import SourceDraft, named, patch_part, summary
from gitconfig_server.config.names.file_names import check_path
from gitconfig_server.config.resolution.contributors import ReadDocuments
from gitconfig_server.config.resolution.resolve import ResolveOptions
from gitconfig_server.config.sources.naming import Naming
from gitconfig_server.config.writing.drafts import Draft
from gitconfig_server.config.writing.heads import Precondition
from gitconfig_server.config.writing.writer import DraftEdit, Edited
from gitconfig_server.errors import InvalidChange, SeveralFiles
from gitconfig_server.formats.editing.parts import parts_of
from gitconfig_server.formats.reading.formats import READERS, extension_of, parse
from gitconfig_server.model.writes import Change, DeleteFile, Patch, PatchFile, PatchSource, PutFile, PutSource

_KeysTouched = dict[tuple[str, int, str], bool]
"""By source, part of it and key: whether it was put or went. What several changes do to one key counts once."""


def _patch_file(draft: Draft, path: str, document: int | None, patch: Patch) -> str:
    """Change some properties of a file's document; which, in a few words.

    Raises FileNotFound, InvalidChange where it is no configuration file, SeveralFiles where a document must be named.
    """
    content = draft.read(path)
    if extension_of(path) not in READERS:
        raise InvalidChange(f"{path} is no configuration file: put it whole", "/path")
    parts = list(parts_of(path, parse(path, content), ()))
    if document is None and len(parts) > 1:
        raise SeveralFiles(path, tuple((one.path, one.index) for one in parts), "say which with document=")
    part = next((one for one in parts if document in (None, one.document.index)), None)
    if part is None:
        raise InvalidChange(f"{path} has {len(parts)} document(s) that say something: none is {document}", "/document")
    return summary([patch_part(draft, part, patch)])


def edit_of(changes: Sequence[Change], options: ResolveOptions, read: ReadDocuments) -> DraftEdit:
    """The edit that makes ``changes``, in order, each upon what those before it left.

    One change is held against what the caller saw of its source or file; several against the label's commit alone.
    """
    return partial(_edit, tuple(changes), options, read)


def _edit(
    changes: Sequence[Change], options: ResolveOptions, read: ReadDocuments, draft: Draft, seen: Precondition
) -> Edited:
    naming = Naming(seen.head.label, options)
    if len(changes) == 1:
        return _change(changes[0], naming, read, draft, seen, {})
    seen.settle()
    keys: _KeysTouched = {}
    is_counted = False
    for number, change in enumerate(changes):
        try:
            is_counted |= _change(change, naming, read, draft, seen, keys).keys is not None
        except InvalidChange as error:
            raise InvalidChange(error.reason, f"/changes/{number}{error.pointer}") from error
    return Edited(named(draft.paths, "files"), keys=_counted(keys) if is_counted else None)


def _change(
    change: Change, naming: Naming, read: ReadDocuments, draft: Draft, seen: Precondition, keys: _KeysTouched
) -> Edited:
    if isinstance(change, PutFile | PatchFile | DeleteFile):
        return _file(change, draft, seen)
    source = SourceDraft(draft, change.place, naming, read)
    seen.require(source.name, source.validator)
    if isinstance(change, PutSource):
        done = source.put(change)
    elif isinstance(change, PatchSource):
        done = source.patch(change.patch)
    else:
        done = source.delete(collapse=change.collapse)
    for part, (put, gone) in enumerate(source.changed or ()):
        keys.update(dict.fromkeys(((source.name, part, key) for key in put), True))
        keys.update(dict.fromkeys(((source.name, part, key) for key in gone), False))
    counted = _counted(keys) if source.changed is not None else None
    return Edited(f"{source.name}: {done or 'nothing'}", source.validator, keys=counted)


def _counted(keys: _KeysTouched) -> tuple[int, int]:
    """How many keys were put, and how many went."""
    put = sum(keys.values())
    return put, len(keys) - put


def _file(change: PutFile | PatchFile | DeleteFile, draft: Draft, seen: Precondition) -> Edited:
    path = check_path(change.path)
    standing = draft.file(path)
    seen.require(path, standing.id.decode() if standing else None)
    done = "set"
    if isinstance(change, PutFile):
        draft.put(path, change.content)
    elif isinstance(change, PatchFile):
        done = _patch_file(draft, path, change.document, change.patch)
    else:
        draft.delete(path)
        done = "deleted"
    left = draft.file(path)
    return Edited(f"{path}: {done}", left.id.decode() if left else None)
