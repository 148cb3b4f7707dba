"""A source as a write meets it: its files and documents, and which of them a change concerns."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from msgspec import Struct

from gitconfig_server.formats.editing.differences import differences
from gitconfig_server.formats.editing.patches import Said, Statement, apply_patch, merge_statements
from gitconfig_server.formats.editing.places import AskedNames, find_names
from gitconfig_server.formats.editing.tree import MapNode, Node, plain, resolved
from gitconfig_server.formats.editing.tree_edits import TreeEdit
from gitconfig_server.formats.editing.walking import at
from gitconfig_server.formats.reading.documents import Document
from gitconfig_server.model.writes import MergePatch, Patch

_EMPTY = Document(None, {}, {})


class DocumentPart(Struct, frozen=True):
    """One document of one file. ``active``: it takes part where exactly the source's profile is active."""

    path: str
    document: Document
    active: bool = True

    @property
    def index(self) -> int | None:
        """Which document it is among all of the file, None where it is the only one."""
        return None if self.document.number is None else self.document.index

    @property
    def is_for_all(self) -> bool:
        """Whether it takes part whatever profiles are active."""
        return self.document.activation is None


def parts_of(path: str, documents: Sequence[Document], profiles: Collection[str]) -> Iterator[DocumentPart]:
    """The documents of a file, the strongest first; one without content where it has none."""
    for one in reversed(documents or (_EMPTY,)):
        yield DocumentPart(path, one, one.activation is None or one.activation.is_active(profiles))


def distribute(roots: Sequence[MapNode], home: int, patch: Patch) -> list[list[Statement]]:
    """What a patch of several documents together says to each of them; ``roots``: their trees, the strongest first.

    A key changes where its effective value stands, and goes from wherever it stands. A list is one value. What is new
    goes to the document ``home``. Raises InvalidChange, Conflict.
    """
    statements = merge_statements(patch) if isinstance(patch, MergePatch) else _outcome(roots, patch)
    shares: list[list[Statement]] = [[] for _ in roots]
    for one in statements:
        holders = [number for number, root in enumerate(roots) if _holds(root, one)]
        if one.said is Said.GONE and not one.names[-1].endswith("]"):
            for number in holders:
                shares[number].append(one)
        elif one.said is not Said.MAP or not holders:
            shares[holders[0] if holders else home].append(one)
    return shares


def _holds(root: MapNode, statement: Statement) -> bool:
    """Whether a document holds anything at the place, or beneath it."""
    request = AskedNames(statement.names)
    return bool(find_names(root, request)) or next(TreeEdit("", root).groups(request), None) is not None


def _outcome(roots: Sequence[MapNode], patch: Patch) -> list[Statement]:
    """What differs once a patch has been applied to all that the documents hold together."""
    together = TreeEdit("", MapNode({}))
    for root in reversed(roots):
        for names, node in _values(root, ()):
            together.put(names, node)
    changes = TreeEdit("", together.root)
    apply_patch(changes, patch)
    return list(_statements(together.root, changes.root))


def _values(node: MapNode, names: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Node]]:
    for key, child in node.items():
        inner = resolved(child)
        if isinstance(inner, MapNode) and len(inner):
            yield from _values(inner, (*names, key.text))
        else:
            yield (*names, key.text), child


def _statements(before: MapNode, after: MapNode) -> Iterator[Statement]:
    for path, _, found in differences(before, after, whole_lists=True):
        names = tuple(step.text for step in path if not isinstance(step, int))
        if found is None:
            yield Statement(names, Said.GONE)
            continue
        value = plain(at(after, path))
        yield Statement(names, Said.EMPTY if value == {} else Said.VALUE, value)
