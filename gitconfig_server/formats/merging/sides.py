"""One side of a merge: the documents of its text, known by what activates them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from gitconfig_server.formats.editing.stored import StoredText
from gitconfig_server.formats.editing.tree import MapNode
from gitconfig_server.formats.editing.walking import key_of
from gitconfig_server.formats.merging.aligning import DocumentIdentity
from gitconfig_server.formats.merging.units import Unit, UnitPlace, Units, UnitValue
from gitconfig_server.formats.reading.formats import REPEATED_KEYS, extension_of

_PROFILES = ("spring.config.activate.on-profile", "spring.profiles")
"""Two spellings of what activates a document."""
_PLATFORM = "spring.config.activate.on-cloud-platform"


class TextSide:
    """One of the three files: its documents by identity. Raises InvalidContent, InvalidEdit for XML.

    A text of blanks has none; with ``blank`` it is that document, of which nothing is left.
    """

    def __init__(self, path: str, content: bytes, blank: DocumentIdentity | None = None) -> None:
        self._text = StoredText(path, content) if content.strip() else None
        stored = self._text.documents if self._text else []
        found = [Units(document.root) for document in stored]
        names = list(identities(values_of(units) for units in found))
        if self._text is None and blank is not None:
            names, found = [blank], [Units(MapNode({}, is_flat=extension_of(path) == "properties"))]
        self.content = content
        self.documents: dict[DocumentIdentity, Units] = dict(zip(names, found, strict=True))
        self.numbers: dict[DocumentIdentity, int] = {one: number for number, one in enumerate(names)}
        remarks = self._text.remarks if self._text else ()
        self.faults = {(one.rule, one.key) for one in remarks if one.rule in REPEATED_KEYS}

    def spelled(self, key: str) -> list[tuple[DocumentIdentity, Unit]]:
        """The units that readers know by one key, with the document of each."""
        return [(one, unit) for one, units in self.documents.items() for unit in units.spelled(key)]

    def line(self, unit: Unit | None) -> int:
        """The line that a unit stands in, from 1; 0 where there is none."""
        return self._text.lines.number(unit.start) if self._text and unit and unit.start >= 0 else 0


def values_of(units: Units) -> dict[UnitPlace, UnitValue]:
    """What each of its units says."""
    return {path: unit.value for path, unit in units.by_path.items()}


def identities(documents: Iterable[Mapping[UnitPlace, UnitValue]]) -> Iterator[DocumentIdentity]:
    """What each of some documents is known by."""
    seen: Counter[tuple[UnitValue | None, ...]] = Counter()
    for values in documents:
        profiles = next((said for key in _PROFILES if (said := _said(values, key))), None)
        said = (profiles, _said(values, _PLATFORM))
        yield said, seen[said]
        seen[said] += 1


def _said(values: Mapping[UnitPlace, UnitValue], key: str) -> UnitValue | None:
    """What a document says of a key, in whatever spelling; the last one counts."""
    parts = key.partition(".")[0]
    found = (value for path, value in values.items() if path[0].segment.startswith(parts) and key_of(path) == key)
    return next(iter([*found][-1:]), None)
