"""Merging the documents of three files, each with its like, and writing the outcome."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from msgspec import Struct, field

from gitconfig_server.errors import GitConfigError, SharedAnchor
from gitconfig_server.formats.editing.tree import Key, MapNode, Node
from gitconfig_server.formats.merging.aligning import Aligned, DocumentIdentity, align, pair
from gitconfig_server.formats.merging.chunks import join_documents, split_documents
from gitconfig_server.formats.merging.leaning import lean_on_ours
from gitconfig_server.formats.merging.lines import merge_lines
from gitconfig_server.formats.merging.outcomes import Clash, ConflictChoice, KeyMoves, ListRule, Outcome, Why
from gitconfig_server.formats.merging.sides import TextSide, identities, values_of
from gitconfig_server.formats.merging.three_way import merge_units
from gitconfig_server.formats.merging.units import MERGE, UnitPlace, Units, UnitValue
from gitconfig_server.formats.merging.writing import write_changes
from gitconfig_server.formats.reading.formats import extension_of

_WITH_DOCUMENTS = ("yml", "yaml", "properties")

DecideIn = Callable[[int, Clash], ConflictChoice | None]
"""As ``Decide``, told the number of the document as well."""

LineOf = Callable[[int, int], int]
"""The number of a side (base, ours, theirs) and a line of its text -> that line in the file."""

_Readers = frozenset[tuple[tuple[str, UnitValue], int]]
"""What readers make of a document: how often each key has each value, whatever its spelling."""


class PlacedClash(Struct, frozen=True):
    """A clash, and what is needed to show it: the number of its document on our side, and the lines it stands in."""

    document: int
    clash: Clash
    lines: tuple[int, int, int]
    """In base, ours and theirs; 0 where it is not there."""


class TextMerge(Struct):
    """``content``: None where it could not be made. ``clashes`` are in the way, ``settled`` were decided.

    Without clashes and content the file is no configuration that can be merged, and its lines conflict.
    """

    content: bytes | None = None
    clashes: list[PlacedClash] = field(default_factory=list)
    settled: list[tuple[PlacedClash, ConflictChoice]] = field(default_factory=list)


class _Document(Struct, frozen=True):
    """A document of the outcome: what it says, and where it comes from."""

    aligned: Aligned
    outcome: Outcome


def as_it_is(side: int, line: int) -> int:
    """The ``LineOf`` of whole texts."""
    return line


class DocumentsMerge:
    """What three files come to; ``found`` has what is in the way."""

    def __init__(
        self, path: str, sides: Sequence[TextSide], rule: ListRule, decide: DecideIn, line: LineOf = as_it_is
    ) -> None:
        self._path = path
        self._line = line
        self._base, self._ours, self._theirs = sides
        self.found = TextMerge()
        self._documents: list[_Document] = []
        for aligned in align(*(list(side.documents) for side in sides)):
            outcome = self._outcome(aligned, rule, decide)
            if outcome is not None:
                self._documents.append(_Document(aligned, outcome))

    def merged(self, base: bytes, ours: bytes, theirs: bytes) -> TextMerge:
        """The texts' lines merged, if that comes to what the units do; else our text with their changes by key.

        Then what they changed apart from ours is taken as it stands, so that no comment of theirs is lost.
        """
        if self.found.clashes:
            return self.found
        lines = None if self.found.settled else merge_lines(base, ours, theirs)
        if lines is not None and self._fits(lines):
            self.found.content = lines
            return self.found
        error: GitConfigError | None = None
        for start in dict.fromkeys((lean_on_ours(base, ours, theirs), ours)):
            try:
                content = self._written(start)
            except GitConfigError as refused:
                error = refused
                continue
            if content is not None and self._fits(content):
                self.found.content = content
                return self.found
        self._refuse(error)
        return self.found

    def _outcome(self, aligned: Aligned, rule: ListRule, decide: DecideIn) -> Outcome | None:
        """What becomes of a document; None where it goes."""
        base, ours, theirs = self._units(aligned)
        if ours is not None and theirs is not None:
            number = self._number(aligned)
            outcome = merge_units(base or Units(MapNode({})), ours, theirs, rule, partial(decide, number))
            self.found.clashes += [self._placed(number, clash) for clash in outcome.clashes]
            self.found.settled += [(self._placed(number, clash), choice) for clash, choice in outcome.settled]
            return outcome
        standing = ours or theirs
        assert standing is not None, "one side has it"
        if base is not None and values_of(base) == values_of(standing):
            return None
        if base is not None:
            unit = next(iter(standing.by_path.values()), None)
            sides = (unit, None) if ours is not None else (None, unit)
            clash = Clash((), "", Why.STRUCTURE, None, *sides)
            self.found.clashes.append(self._placed(self._number(aligned), clash))
        return Outcome(values=values_of(standing))

    def _units(self, aligned: Aligned) -> tuple[Units | None, Units | None, Units | None]:
        names = (aligned.base, aligned.ours, aligned.theirs)
        sides = (self._base, self._ours, self._theirs)
        base, ours, theirs = (side.documents[one] if one else None for side, one in zip(sides, names, strict=True))
        return base, ours, theirs

    def _number(self, aligned: Aligned) -> int:
        """The document's number on our side, else on theirs."""
        if aligned.ours is not None:
            return self._ours.numbers[aligned.ours]
        return self._theirs.numbers[aligned.theirs] if aligned.theirs is not None else 0

    def _placed(self, number: int, clash: Clash) -> PlacedClash:
        base, ours, theirs = self._base.line(clash.base), self._ours.line(clash.ours), self._theirs.line(clash.theirs)
        return PlacedClash(number, clash, (self._line(0, base), self._line(1, ours), self._line(2, theirs)))

    def _fits(self, content: bytes) -> bool:
        """Whether a text reads as the units come to, and has no key twice that stood once."""
        try:
            side = TextSide(self._path, content)
        except GitConfigError:
            return False
        if side.faults - self._ours.faults - self._theirs.faults:
            return False
        expected: dict[_Readers, list[Aligned]] = {}
        for one in self._documents:
            if one.outcome.values:
                expected.setdefault(_readers(one.outcome.values), []).append(one.aligned)
        order: list[Aligned] = []
        for units in side.documents.values():
            if units.by_path:
                left = expected.get(_readers(values_of(units)))
                if not left:
                    return False
                order.append(left.pop(0))
        is_all = not any(expected.values())
        return is_all and self._in_order(order)

    def _in_order(self, found: Sequence[Aligned]) -> bool:
        """Whether the documents of each side follow one another as they do there."""
        mine = [self._ours.numbers[one.ours] for one in found if one.ours is not None]
        other = [self._theirs.numbers[one.theirs] for one in found if one.theirs is not None and one.ours is None]
        return mine == sorted(mine) and other == sorted(other)

    def _written(self, start: bytes) -> bytes | None:
        """A text made to say what the units come to; None where that cannot be. Raises SharedAnchor, InvalidEdit."""
        side = TextSide(self._path, start, only_document(self._base))
        wanted = dict(zip(identities(one.outcome.values for one in self._documents), self._documents, strict=True))
        known = pair(list(wanted), list(side.documents))
        content = start
        for identity, standing in known.items():
            number = side.numbers[standing]
            changes = self._changes(wanted[identity], side.documents[standing])
            if changes is None:
                return None
            if changes:
                values = wanted[identity].outcome.values
                theirs = self._units(wanted[identity].aligned)[2] or side.documents[standing]
                content = write_changes(self._path, content, number, Outcome(changes, values=values), theirs)
        return self._rearranged(content, side, wanted, known)

    def _changes(self, wanted: _Document, standing: Units) -> list[KeyMoves] | None:
        """What is to be done to a document that stands in a text; None where ``<<`` would have to change."""
        values, found = wanted.outcome.values, values_of(standing)
        missing = [path for path, value in values.items() if found.get(path) != value]
        surplus = [path for path in found if path not in values]
        spelled = Counter((_flat(path), found[path]) for path in surplus)
        for path in list(missing):
            if spelled[_flat(path), values[path]]:  # it stands there in another spelling, which is as good
                missing.remove(path)
                surplus.remove(next(one for one in surplus if (_flat(one), found[one]) == (_flat(path), values[path])))
        if any(path[-1] == MERGE for path in (*missing, *surplus)):
            return None
        changes = [KeyMoves(path, self._nodes(wanted, path)) for path in missing]
        if not all(change.nodes for change in changes):
            return None
        return [*changes, *(KeyMoves(path, {}) for path in surplus)]

    def _nodes(self, wanted: _Document, path: UnitPlace) -> Mapping[Key, Node]:
        """What is to stand at a place: as the merge came to it, else as the side has it that has the document."""
        changed = [one for one in wanted.outcome.changes if one.path == path and one.nodes]
        if changed:
            return changed[-1].nodes
        _, ours, theirs = self._units(wanted.aligned)
        unit = next((units.by_path[path] for units in (ours, theirs) if units and path in units.by_path), None)
        if unit is None:
            return {}
        is_flat = any(units is not None and units.root.is_flat for units in (ours, theirs))
        return unit.nodes if is_flat else dict(zip(path[-1:], unit.nodes.values(), strict=False))

    def _rearranged(
        self,
        content: bytes,
        side: TextSide,
        wanted: Mapping[DocumentIdentity, _Document],
        known: Mapping[DocumentIdentity, DocumentIdentity],
    ) -> bytes | None:
        """The text with the documents that came, and without those that went."""
        taken = set(known.values())
        is_whole = all(one in known or not wanted[one].outcome.values for one in wanted)
        if is_whole and all(one in taken or not units.by_path for one, units in side.documents.items()):
            return content
        extension = extension_of(self._path)
        if extension not in _WITH_DOCUMENTS:
            return None
        is_yaml = extension != "properties"
        own = split_documents(content, is_yaml=is_yaml) if content.strip() else []
        theirs = split_documents(self._theirs.content, is_yaml=is_yaml) if self._theirs.content.strip() else []
        if len(own) != len(side.documents) or len(theirs) != len(self._theirs.documents):
            return None
        return join_documents(list(self._chunks(own, theirs, side, wanted, known)), is_yaml=is_yaml)

    def _chunks(
        self,
        own: Sequence[bytes],
        theirs: Sequence[bytes],
        side: TextSide,
        wanted: Mapping[DocumentIdentity, _Document],
        known: Mapping[DocumentIdentity, DocumentIdentity],
    ) -> Iterator[bytes]:
        for identity, document in wanted.items():
            if identity in known:
                yield own[side.numbers[known[identity]]]
            elif document.aligned.theirs is not None:
                yield theirs[self._theirs.numbers[document.aligned.theirs]]

    def _refuse(self, error: GitConfigError | None) -> None:
        """A clash where the format, or an anchor, does not let it be."""
        document = next((one for one in self._documents if one.outcome.changes), None)
        if document is None:
            clash = Clash((), "", Why.STRUCTURE, None, None, None)
            self.found.clashes.append(self._placed(0, clash))
            return
        path = document.outcome.changes[0].path
        _, ours, theirs = self._units(document.aligned)
        sides = [one.by_path.get(path) if one else None for one in (ours, theirs)]
        key = next((unit.key for unit in sides if unit), "")
        why = Why.ANCHOR if isinstance(error, SharedAnchor) else Why.STRUCTURE
        clash = Clash(path, key, why, None, *sides)
        self.found.clashes.append(self._placed(self._number(document.aligned), clash))


def only_document(side: TextSide) -> DocumentIdentity | None:
    """The document of a text that has one alone: keys come and go in it, also the last of them."""
    return next(iter(side.documents)) if len(side.documents) == 1 else None


def _readers(values: Mapping[UnitPlace, UnitValue]) -> _Readers:
    return frozenset(Counter((_flat(path), value) for path, value in values.items()).items())


def _flat(path: UnitPlace) -> str:
    return ".".join(key.segment for key in path)
