"""Taking some keys of a file as another version of it has them."""

from __future__ import annotations

from collections.abc import Callable

from gitconfig_server.formats.editing.tree import MapNode
from gitconfig_server.formats.merging.aligning import DocumentIdentity
from gitconfig_server.formats.merging.outcomes import KeyMoves, Outcome
from gitconfig_server.formats.merging.sides import TextSide, values_of
from gitconfig_server.formats.merging.three_way import merge_units
from gitconfig_server.formats.merging.units import Units
from gitconfig_server.formats.merging.writing import write_changes


def pick_keys(path: str, ours: bytes, theirs: bytes, wanted: Callable[[str], bool]) -> bytes | None:
    """``ours`` with the keys that are ``wanted`` as ``theirs`` has them; None where their documents are others.

    Raises InvalidContent, InvalidEdit, SharedAnchor, TooLarge.
    """
    mine, other = TextSide(path, ours), TextSide(path, theirs)
    if not theirs.strip():
        other.documents = dict.fromkeys(mine.documents, Units(MapNode({})))
    if not ours.strip():
        mine.documents, mine.numbers = {one: Units(MapNode({})) for one in other.documents}, other.numbers
    changed = [one for one in {**mine.documents, **other.documents} if _changes(mine, other, one, wanted)]
    if any(one not in mine.documents or one not in other.documents for one in changed) or (
        not ours.strip() and len(other.documents) > 1
    ):
        return None
    for identity in changed:
        outcome = Outcome(_changes(mine, other, identity, wanted), values=values_of(other.documents[identity]))
        ours = write_changes(path, ours, mine.numbers[identity], outcome, other.documents[identity])
    return ours


def _changes(
    mine: TextSide, other: TextSide, identity: DocumentIdentity, wanted: Callable[[str], bool]
) -> list[KeyMoves]:
    nothing = Units(MapNode({}))
    before, after = mine.documents.get(identity, nothing), other.documents.get(identity, nothing)
    found = merge_units(before, before, after)
    keys = {path: unit.key for units in (before, after) for path, unit in units.by_path.items()}
    return [change for change in found.changes if wanted(keys.get(change.path, ""))]
