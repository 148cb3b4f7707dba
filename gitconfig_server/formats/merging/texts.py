"""Merging what two sides have made of one file: by its lines where that is clean and right, else by its keys.

In both ways the outcome is read again, and must say what the units of the three sides come to.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from gitconfig_server.errors import GitConfigError, InvalidContent, InvalidEdit, SharedAnchor
from gitconfig_server.formats.editing.stored import StoredText
from gitconfig_server.formats.editing.tree import MapNode
from gitconfig_server.formats.merging.lines import merge_lines
from gitconfig_server.formats.merging.three_way import (
    Change,
    Choice,
    Clash,
    ListRule,
    Outcome,
    Why,
    as_one,
    merge_units,
)
from gitconfig_server.formats.merging.units import Place, Unit, Units, Value
from gitconfig_server.formats.merging.writing import write_changes
from gitconfig_server.formats.reading.formats import READERS, REPEATED_KEYS, extension_of, parse
from gitconfig_server.formats.reading.xml_text import NOT_PROPERTIES

_PROFILES = ("spring.config.activate.on-profile", "spring.profiles")
"""Two spellings of what activates a document."""
_PLATFORM = "spring.config.activate.on-cloud-platform"
_BINARY = b"\0"

_Identity = tuple[tuple[Value | None, ...], int]
"""What makes documents of three files one and the same: what activates them, and which of those it is."""

DecideIn = Callable[[int, Clash], Choice | None]
"""As ``Decide``, told the number of the document as well."""


@dataclass(frozen=True, slots=True)
class PlacedClash:
    """A clash, and what is needed to show it: the number of its document on our side, and the lines it stands in."""

    document: int
    clash: Clash
    lines: tuple[int, int, int]
    """In base, ours and theirs; 0 where it is not there."""


@dataclass(slots=True)
class TextMerge:
    """``content``: None where it could not be made. ``clashes`` are in the way, ``settled`` were decided.

    Without clashes and content the file is no configuration that can be merged, and its lines conflict.
    """

    content: bytes | None = None
    clashes: list[PlacedClash] = field(default_factory=list)
    settled: list[tuple[PlacedClash, Choice]] = field(default_factory=list)


def _leave_open(document: int, clash: Clash) -> Choice | None:
    """Decides nothing."""
    return None


def merge_texts(
    path: str, base: bytes, ours: bytes, theirs: bytes, *, rule: ListRule = as_one, decide: DecideIn = _leave_open
) -> TextMerge:
    """What becomes of ``ours`` when what they changed since ``base`` is put onto it. ``path`` says how they read.

    Where there is no base, it is empty.
    """
    if theirs in (base, ours):
        return TextMerge(ours)
    if ours == base:
        return TextMerge(theirs)
    if _BINARY in base + ours + theirs:
        return TextMerge()
    lines = merge_lines(base, ours, theirs)
    if extension_of(path) not in READERS:
        return TextMerge(lines)
    try:
        sides = [_Side(path, content) for content in (base, ours, theirs)]
    except (InvalidContent, InvalidEdit):
        return TextMerge(_readable(path, lines))
    merging = _Merging(path, sides, rule, decide)
    if merging.found.clashes:
        return merging.found
    if lines is not None and not merging.found.settled and merging.fits(lines):
        merging.found.content = lines
        return merging.found
    return merging.by_key(ours)


def _readable(path: str, content: bytes | None) -> bytes | None:
    """The content, if it reads without a key that stands twice."""
    try:
        documents = parse(path, content) if content is not None else ()
    except InvalidContent as error:
        return content if error.rule == NOT_PROPERTIES else None
    return None if any(one.rule in REPEATED_KEYS for document in documents for one in document.remarks) else content


class _Side:
    """One of the three files: its documents by identity. Raises InvalidContent, InvalidEdit for XML."""

    def __init__(self, path: str, content: bytes) -> None:
        self._text = StoredText(path, content) if content.strip() else None
        stored = self._text.documents if self._text else []
        self.numbers: dict[_Identity, int] = {}
        self.documents: dict[_Identity, Units] = {}
        seen: Counter[tuple[Value | None, ...]] = Counter()
        for number, document in enumerate(stored):
            units = Units(document.root)
            profiles = next((said for key in _PROFILES if (said := _said(units, key))), None)
            said = (profiles, _said(units, _PLATFORM))
            identity = (said, seen[said])
            seen[said] += 1
            self.documents[identity], self.numbers[identity] = units, number
        parsed = self._text.parsed if self._text else ()
        self.faults = {
            (one.rule, one.key) for document in parsed for one in document.remarks if one.rule in REPEATED_KEYS
        }

    def line(self, unit: Unit | None) -> int:
        """The line that a unit stands in, from 1; 0 where there is none."""
        return self._text.lines.number(unit.start) if self._text and unit and unit.start >= 0 else 0


def _said(units: Units, key: str) -> Value | None:
    spelled = units.spelled(key)
    return spelled[-1].value if spelled else None


class _Merging:
    """The documents of three files, each merged with its like."""

    def __init__(self, path: str, sides: Sequence[_Side], rule: ListRule, decide: DecideIn) -> None:
        self._path = path
        self._base, self._ours, self._theirs = sides
        self.found = TextMerge()
        self._outcomes: dict[_Identity, Outcome] = {}
        self._expected: dict[_Identity, Mapping[Place, Value]] = {}
        self._others: list[_Identity] = []
        nothing = Units(MapNode({}))
        for identity in dict.fromkeys([*self._ours.documents, *self._theirs.documents, *self._base.documents]):
            base, ours, theirs = (one.documents.get(identity) for one in sides)
            if ours is None or theirs is None:
                self._whole(identity, base, ours or theirs, is_ours=ours is not None)
                continue
            number = self._ours.numbers[identity]
            outcome = merge_units(base or nothing, ours, theirs, rule, partial(decide, number))
            self._outcomes[identity] = outcome
            self._expected[identity] = outcome.values
            self.found.clashes += [self._placed(number, clash) for clash in outcome.clashes]
            self.found.settled += [(self._placed(number, clash), choice) for clash, choice in outcome.settled]

    def _whole(self, identity: _Identity, base: Units | None, standing: Units | None, *, is_ours: bool) -> None:
        """A document that one side has and the other has not."""
        if standing is None:
            return
        if base is None or _values(base) != _values(standing):
            if base is not None:
                number = self._ours.numbers.get(identity, self._theirs.numbers.get(identity, 0))
                unit = next(iter(standing.by_path.values()), None)
                sides = (unit, None) if is_ours else (None, unit)
                self.found.clashes.append(self._placed(number, Clash((), "", Why.STRUCTURE, None, *sides)))
            self._expected[identity] = _values(standing)
            if not is_ours:
                self._others.append(identity)
        elif is_ours:
            self._others.append(identity)

    def _placed(self, number: int, clash: Clash) -> PlacedClash:
        lines = (self._base.line(clash.base), self._ours.line(clash.ours), self._theirs.line(clash.theirs))
        return PlacedClash(number, clash, lines)

    def fits(self, content: bytes) -> bool:
        """Whether a text reads as the units come to, and has no key twice that stood once."""
        try:
            side = _Side(self._path, content)
        except GitConfigError:
            return False
        expected = {one: _readers(values) for one, values in self._expected.items() if values}
        found = {one: _readers(_values(units)) for one, units in side.documents.items() if units.by_path}
        if side.faults - self._ours.faults - self._theirs.faults or found != expected:
            return False
        in_order = [one for one in found if one in self._ours.documents]
        return in_order == [one for one in self._ours.documents if one in expected]

    def by_key(self, ours: bytes) -> TextMerge:
        """Our text with their changes; a clash where the format, or an anchor, does not let it be."""
        if self._others:
            clash = Clash((), "", Why.STRUCTURE, None, None, None)
            self.found.clashes.append(self._placed(0, clash))
            return self.found
        content = ours
        for identity, outcome in self._outcomes.items():
            if outcome.changes:
                number = self._ours.numbers[identity]
                try:
                    content = write_changes(self._path, content, number, outcome, self._theirs.documents[identity])
                except (SharedAnchor, InvalidEdit) as error:
                    self._refused(number, outcome, error)
                    return self.found
        if self.fits(content):
            self.found.content = content
        else:
            self._refused(0, next(iter(self._outcomes.values())), None)
        return self.found

    def _refused(self, number: int, outcome: Outcome, error: SharedAnchor | InvalidEdit | None) -> None:
        changed = {change.path for change in outcome.changes}
        identity = next((one for one, at in self._ours.numbers.items() if at == number), None)
        theirs = self._theirs.documents.get(identity) if identity else None
        ours = self._ours.documents.get(identity) if identity else None
        path = next(iter(changed), ())
        sides = [one.by_path.get(path) if one else None for one in (ours, theirs)]
        key = next((unit.key for unit in sides if unit), "")
        why = Why.ANCHOR if isinstance(error, SharedAnchor) else Why.STRUCTURE
        self.found.clashes.append(self._placed(number, Clash(path, key, why, None, *sides)))


def _values(units: Units) -> dict[Place, Value]:
    return {path: unit.value for path, unit in units.by_path.items()}


def _readers(values: Mapping[Place, Value]) -> Counter[tuple[str, Value]]:
    """What readers make of it: spellings of one key are the same."""
    return Counter((_flat(path), value) for path, value in values.items())


def _flat(path: Place) -> str:
    return ".".join(key.segment for key in path)


def pick_keys(path: str, ours: bytes, theirs: bytes, wanted: Callable[[str], bool]) -> bytes | None:
    """``ours`` with the keys that are ``wanted`` as ``theirs`` has them; None where their documents are others.

    Raises InvalidContent, InvalidEdit, SharedAnchor, TooLarge.
    """
    mine, other = _Side(path, ours), _Side(path, theirs)
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
        outcome = Outcome(_changes(mine, other, identity, wanted), values=_values(other.documents[identity]))
        ours = write_changes(path, ours, mine.numbers[identity], outcome, other.documents[identity])
    return ours


def _changes(mine: _Side, other: _Side, identity: _Identity, wanted: Callable[[str], bool]) -> list[Change]:
    nothing = Units(MapNode({}))
    before, after = mine.documents.get(identity, nothing), other.documents.get(identity, nothing)
    found = merge_units(before, before, after)
    keys = {path: unit.key for units in (before, after) for path, unit in units.by_path.items()}
    return [change for change in found.changes if wanted(keys.get(change.path, ""))]
