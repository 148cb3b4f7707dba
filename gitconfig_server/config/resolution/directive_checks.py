"""What a reader would trip over in what a document asks for: told when it is written, not when it is read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gitconfig_server.config.names.file_names import is_profile
from gitconfig_server.config.resolution.imports import BAD_IMPORT, Import, find_target, parse_import
from gitconfig_server.config.resolution.profile_groups import bad_include, bad_profile
from gitconfig_server.errors import InvalidContent, InvalidInput
from gitconfig_server.formats.reading.directives import Said
from gitconfig_server.formats.reading.documents import Document, Remark
from gitconfig_server.git.objects.trees import TreeView

_IMPORT_MISSING = "import-missing"
_IMPORT_OUTSIDE = "import-outside"


def asked_remarks(
    tree: TreeView, path: str, document: Document, extensions: Sequence[str], platform: str
) -> Iterator[Remark]:
    """What is wrong with the profiles and files that ``document``, in the file at ``path``, asks for.

    Texts with placeholders are not looked at: what they become depends on who reads.
    """
    if document.directives is None:
        return
    if document.directives.includes and document.activation and not document.activation.is_active(None, platform):
        yield _remark(bad_include(path, document.directives.includes[0]), document.directives.includes[0])
    for said in document.directives.profiles():
        if not said.has_placeholders and not is_profile(said.text):
            yield _remark(bad_profile(path, said, said.text), said)
    for said in document.directives.imports:
        if not said.has_placeholders:
            yield from _import_remarks(tree, path, said, extensions)


def _import_remarks(tree: TreeView, path: str, said: Said, extensions: Sequence[str]) -> Iterator[Remark]:
    try:
        named = parse_import(said.text, path.rpartition("/")[0], extensions)
    except InvalidInput as error:
        yield _remark(said.error(path, BAD_IMPORT, str(error)), said)
        return
    for one in named:
        if not one.optional and one.folder is None:
            detail = f"{said.text} lies outside of the repository and is never opened here"
            yield _remark(said.error(path, _IMPORT_OUTSIDE, detail), said)
        elif not one.optional and not _exists(tree, one):
            detail = f"{said.text} is not there, so nothing is read from it"
            yield _remark(said.error(path, _IMPORT_MISSING, detail), said)


def _exists(tree: TreeView, one: Import) -> bool:
    target = find_target(tree, one)
    if target is None or target.stem is None:
        return target is not None and any(not folder or tree.has_folder(folder) for folder in target.folders)
    name = f"{target.stem}{target.ending}".encode()
    entries = (tree.entry(folder + b"/" + name if folder else name) for folder in target.folders)
    return any(entry and entry.is_file for entry in entries)


def _remark(error: InvalidContent, said: Said) -> Remark:
    return Remark(error.rule, said.key, error.detail, error.line, error.column)
