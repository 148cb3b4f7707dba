"""Merging what two sides have made of one file: by its lines where that is clean and right, else by its keys.

In both ways the outcome is read again, and must say what the units of the three sides come to.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from gitconfig_server.errors import GitConfigError, InvalidContent, InvalidEdit, SharedAnchor
from gitconfig_server.formats.editing.tree import MapNode
from gitconfig_server.formats.merging.lines import merge_lines
from gitconfig_server.formats.merging.sides import Identity, Side, values_of
from gitconfig_server.formats.merging.three_way import (
    Choice,
    Clash,
    ListRule,
    Outcome,
    Why,
    as_one,
    merge_units,
)
from gitconfig_server.formats.merging.unchanged import MIN_LINES, Shortened, shorten
from gitconfig_server.formats.merging.units import MERGE, Place, Units, Value
from gitconfig_server.formats.merging.writing import write_changes
from gitconfig_server.formats.reading.formats import READERS, REPEATED_KEYS, extension_of, parse
from gitconfig_server.formats.reading.xml_text import NOT_PROPERTIES

_YAML = ("yml", "yaml")
_BINARY = b"\0"

_DecideIn = Callable[[int, Clash], Choice | None]
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
    path: str,
    base: bytes,
    ours: bytes,
    theirs: bytes,
    *,
    rule: ListRule = as_one,
    decide: _DecideIn = _leave_open,
    whole_below: int = MIN_LINES,
) -> TextMerge:
    """What becomes of ``ours`` when what they changed since ``base`` is put onto it. ``path`` says how they read.

    Where there is no base, it is empty. YAML of fewer lines than ``whole_below`` is read as a whole.
    """
    if theirs in (base, ours):
        return TextMerge(ours)
    if ours == base:
        return TextMerge(theirs)
    if _BINARY in base + ours + theirs:
        return TextMerge()
    if extension_of(path) not in READERS:
        return TextMerge(merge_lines(base, ours, theirs))
    short = shorten(base, ours, theirs, whole_below) if extension_of(path) in _YAML else None
    found = _merge_short(path, short, rule, decide) if short else None
    return found or _merge_whole(path, (base, ours, theirs), rule, decide)


def _merge_whole(path: str, texts: tuple[bytes, bytes, bytes], rule: ListRule, decide: _DecideIn) -> TextMerge:
    try:
        sides = [Side(path, content) for content in texts]
    except (InvalidContent, InvalidEdit):
        return TextMerge(_readable(path, merge_lines(*texts)))
    return _Merging(path, sides, rule, decide).merged(*texts)


def _merge_short(path: str, short: Shortened, rule: ListRule, decide: _DecideIn) -> TextMerge | None:
    """The merge of what differs; None where what was left out might play a role after all."""
    try:
        sides = [Side(path, content) for content in short.texts]
    except (InvalidContent, InvalidEdit):
        return None
    if not _is_apart(short, sides):
        return None
    merging = _Merging(path, sides, rule, decide, short.line)
    if merging.found.clashes:
        return merging.found
    found = merging.merged(*short.texts)
    whole = short.whole(found.content) if found.content is not None else None
    if whole is None or not _is_readable(path, whole):
        return None
    found.content = whole
    return found


def _is_apart(short: Shortened, sides: Sequence[Side]) -> bool:
    """Whether what stands for the parts left out is at the same place on all sides, and nothing else concerns them."""
    for key, value in short.markers.items():
        places = {(one, unit.path, unit.value) for side in sides for one, unit in side.spelled(key)}
        if len(places) != 1 or next(iter(places))[-1] != value or any(len(side.spelled(key)) != 1 for side in sides):
            return False
    units = [units for side in sides for units in side.documents.values()]
    is_merged = any(path[-1] == MERGE for one in units for path in one.by_path)
    return not is_merged and not short.hides(key for one in units for key in one.by_key)


def _is_readable(path: str, content: bytes) -> bool:
    try:
        parse(path, content)
    except InvalidContent:
        return False
    return True


def _readable(path: str, content: bytes | None) -> bytes | None:
    """The content, if it reads without a key that stands twice."""
    try:
        documents = parse(path, content) if content is not None else ()
    except InvalidContent as error:
        return content if error.rule == NOT_PROPERTIES else None
    return None if any(one.rule in REPEATED_KEYS for document in documents for one in document.remarks) else content


_LineOf = Callable[[int, int], int]
"""The number of a side (base, ours, theirs) and a line of its text -> that line in the file."""


def _as_it_is(side: int, line: int) -> int:
    return line


class _Merging:
    """The documents of three files, each merged with its like."""

    def __init__(
        self, path: str, sides: Sequence[Side], rule: ListRule, decide: _DecideIn, line: _LineOf = _as_it_is
    ) -> None:
        self._path = path
        self._line = line
        self._base, self._ours, self._theirs = sides
        self.found = TextMerge()
        self._outcomes: dict[Identity, Outcome] = {}
        self._expected: dict[Identity, Mapping[Place, Value]] = {}
        self._others: list[Identity] = []
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

    def _whole(self, identity: Identity, base: Units | None, standing: Units | None, *, is_ours: bool) -> None:
        """A document that one side has and the other has not."""
        if standing is None:
            return
        if base is None or values_of(base) != values_of(standing):
            if base is not None:
                number = self._ours.numbers.get(identity, self._theirs.numbers.get(identity, 0))
                unit = next(iter(standing.by_path.values()), None)
                sides = (unit, None) if is_ours else (None, unit)
                self.found.clashes.append(self._placed(number, Clash((), "", Why.STRUCTURE, None, *sides)))
            self._expected[identity] = values_of(standing)
            if not is_ours:
                self._others.append(identity)
        elif is_ours:
            self._others.append(identity)

    def _placed(self, number: int, clash: Clash) -> PlacedClash:
        base, ours, theirs = self._base.line(clash.base), self._ours.line(clash.ours), self._theirs.line(clash.theirs)
        return PlacedClash(number, clash, (self._line(0, base), self._line(1, ours), self._line(2, theirs)))

    def merged(self, base: bytes, ours: bytes, theirs: bytes) -> TextMerge:
        """The texts' lines merged, if that comes to what the units do; else our text with their changes by key."""
        if self.found.clashes:
            return self.found
        lines = merge_lines(base, ours, theirs)
        if lines is not None and not self.found.settled and self.fits(lines):
            self.found.content = lines
            return self.found
        return self.by_key(ours)

    def fits(self, content: bytes) -> bool:
        """Whether a text reads as the units come to, and has no key twice that stood once."""
        try:
            side = Side(self._path, content)
        except GitConfigError:
            return False
        expected = {one: _readers(values) for one, values in self._expected.items() if values}
        found = {one: _readers(values_of(units)) for one, units in side.documents.items() if units.by_path}
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


def _readers(values: Mapping[Place, Value]) -> Counter[tuple[str, Value]]:
    """What readers make of it: spellings of one key are the same."""
    return Counter((_flat(path), value) for path, value in values.items())


def _flat(path: Place) -> str:
    return ".".join(key.segment for key in path)
