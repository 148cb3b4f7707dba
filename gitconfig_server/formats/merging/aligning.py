"""Which documents of several texts are one and the same: by what activates them, then by their place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from gitconfig_server.formats.merging.units import UnitValue

DocumentIdentity = tuple[tuple[UnitValue | None, ...], int]
"""What activates a document, and which of those with that it is."""


class Aligned(Struct, frozen=True):
    """A document in base, ours and theirs; None where it is not there."""

    base: DocumentIdentity | None
    ours: DocumentIdentity | None
    theirs: DocumentIdentity | None


def pair(
    one: Sequence[DocumentIdentity], other: Sequence[DocumentIdentity]
) -> dict[DocumentIdentity, DocumentIdentity]:
    """Documents of one text -> those of another.

    What is left between two that are known is paired in its order, if it is as many on both sides.
    """
    known = {identity: identity for identity in one if identity in set(other)}
    mine, theirs = _left(one, known), _left(other, known)
    found = dict(known)
    for before, left in mine.items():
        right = theirs.get(before, [])
        if len(left) == len(right):
            found.update(zip(left, right, strict=True))
    return found


def align(
    base: Sequence[DocumentIdentity], ours: Sequence[DocumentIdentity], theirs: Sequence[DocumentIdentity]
) -> list[Aligned]:
    """All documents of three texts, as ours has them; theirs alone stand behind what they follow there."""
    mine, other = pair(base, ours), pair(base, theirs)
    from_mine, from_other = ({to: of for of, to in one.items()} for one in (mine, other))
    found = []
    for one in ours:
        of = from_mine.get(one)
        same = other.get(of) if of else _added(one, theirs, from_other)
        found.append(Aligned(of, one, same))
    before: DocumentIdentity | None = None
    for two in theirs:
        of = from_other.get(two)
        if not any(one.theirs == two for one in found):
            at = next((number + 1 for number, one in enumerate(found) if one.theirs == before), 0) if before else 0
            found.insert(at, Aligned(of, None, two))
        before = two
    return found


def _added(
    one: DocumentIdentity, theirs: Sequence[DocumentIdentity], from_other: dict[DocumentIdentity, DocumentIdentity]
) -> DocumentIdentity | None:
    """The like of a document that both sides have added."""
    return one if one in theirs and one not in from_other else None


def _left(
    all_of: Iterable[DocumentIdentity], known: dict[DocumentIdentity, DocumentIdentity]
) -> dict[DocumentIdentity | None, list[DocumentIdentity]]:
    """Documents that are not known, by the known one they follow."""
    found: dict[DocumentIdentity | None, list[DocumentIdentity]] = {}
    before: DocumentIdentity | None = None
    for one in all_of:
        if one in known:
            before = one
        else:
            found.setdefault(before, []).append(one)
    return found
