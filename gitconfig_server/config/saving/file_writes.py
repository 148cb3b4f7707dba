"""Patching one configuration file, whoever reads it."""

from __future__ import annotations

from gitconfig_server.config.editing.edits import replace_text
from gitconfig_server.config.readers.formats import READERS, extension_of, parse
from gitconfig_server.config.saving.drafts import Draft
from gitconfig_server.config.saving.patches import patched
from gitconfig_server.config.saving.source_documents import parts_of
from gitconfig_server.config.saving.source_writes import summary
from gitconfig_server.errors import InvalidChange, SeveralFiles
from gitconfig_server.writes import Patch


def patch_file(draft: Draft, path: str, document: int | None, patch: Patch) -> str:
    """Change some properties of a file's document; which, in a few words.

    Raises FileNotFound, InvalidChange where it is no configuration file, SeveralFiles where a document must be named.
    """
    content = draft.read(path)
    if extension_of(path) not in READERS:
        raise InvalidChange(f"{path} is no configuration file: put it whole", "/path")
    parts = list(parts_of(path, parse(path, content), ()))
    if document is None and len(parts) > 1:
        raise SeveralFiles(path, tuple((one.path, one.number) for one in parts), "say which with document=")
    part = next((one for one in parts if (one.number or 0) == (document or 0)), None)
    if part is None:
        raise InvalidChange(f"{path} has {len(parts)} document(s), counted from 0", "/document")
    before = part.document.properties
    after = patched(before, patch)
    draft.put(path, replace_text(path, content, after, part.number))
    return summary(before, after)
