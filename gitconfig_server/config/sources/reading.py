"""What is stored for one application and profile: its documents, each as its format holds it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gitconfig_server.config.resolution.contributors import ReadDocuments
from gitconfig_server.config.resolution.file_search import Candidate
from gitconfig_server.config.sources.finding import validator_of
from gitconfig_server.formats.editing.stored import read_trees
from gitconfig_server.formats.editing.tree import MapNode, plain
from gitconfig_server.formats.editing.walking import leaves
from gitconfig_server.formats.reading.documents import Document
from gitconfig_server.formats.reading.formats import extension_of
from gitconfig_server.git.objects.trees import TreeView
from gitconfig_server.model.environments import PropertySource
from gitconfig_server.model.reads import StoredSource


def read_source(
    tree: TreeView, names: tuple[str, str], files: Sequence[Candidate], commit: str, read: ReadDocuments
) -> StoredSource:
    """The documents of ``files``, which hold what is stored for an application and profile; strongest first.

    Raises InvalidContent.
    """
    application, profile = names
    found = [
        (_stored_document(file.path, file.blob.decode(), one, root), one)
        for file in files
        for one, root in _documents_of(tree, file, read)
    ]
    inactive = (source.name for source, one in found if one.activation and not one.activation.is_active([profile]))
    validator = validator_of(application, profile, ((file.path, file.blob.decode()) for file in files))
    return StoredSource(commit, tuple(source for source, _ in found), validator, frozenset(inactive))


def _documents_of(tree: TreeView, file: Candidate, read: ReadDocuments) -> Iterator[tuple[Document, MapNode | None]]:
    """The documents of a file, the strongest first, each with what its format holds; None where that is flat."""
    documents = read(tree, file.path, file.blob)
    if extension_of(file.path) not in ("yml", "yaml", "json"):
        yield from ((one, None) for one in reversed(documents))
        return
    roots = read_trees(file.path, tree.read(file.blob))
    yield from ((one, roots[one.index]) for one in reversed(documents))


def _stored_document(path: str, blob: str, document: Document, root: MapNode | None) -> PropertySource:
    """A document as it is stored: ``{}``, ``[]`` and null are values of it; it is counted as writes count it."""
    properties: Mapping[str, Any] = document.properties
    if root is not None:
        properties = {key: plain(node) for key, node in leaves(root)}
    number = None if document.number is None else document.index
    nested = None if root is None else plain(root)
    return PropertySource(
        path=path, blob=blob, properties=properties, positions=document.positions, document=number, nested=nested
    )
