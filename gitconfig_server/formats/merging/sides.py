"""One side of a merge: the documents of its text, known by what activates them."""

from __future__ import annotations

from collections import Counter

from gitconfig_server.formats.editing.stored import StoredText
from gitconfig_server.formats.merging.units import Place, Unit, Units, Value
from gitconfig_server.formats.reading.formats import REPEATED_KEYS

_PROFILES = ("spring.config.activate.on-profile", "spring.profiles")
"""Two spellings of what activates a document."""
_PLATFORM = "spring.config.activate.on-cloud-platform"

Identity = tuple[tuple[Value | None, ...], int]
"""What makes documents of three files one and the same: what activates them, and which of those it is."""


class Side:
    """One of the three files: its documents by identity. Raises InvalidContent, InvalidEdit for XML."""

    def __init__(self, path: str, content: bytes) -> None:
        self._text = StoredText(path, content) if content.strip() else None
        stored = self._text.documents if self._text else []
        self.numbers: dict[Identity, int] = {}
        self.documents: dict[Identity, Units] = {}
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

    def spelled(self, key: str) -> list[tuple[Identity, Unit]]:
        """The units that readers know by one key, with the document of each."""
        return [(one, unit) for one, units in self.documents.items() for unit in units.spelled(key)]

    def line(self, unit: Unit | None) -> int:
        """The line that a unit stands in, from 1; 0 where there is none."""
        return self._text.lines.number(unit.start) if self._text and unit and unit.start >= 0 else 0


def _said(units: Units, key: str) -> Value | None:
    spelled = units.spelled(key)
    return spelled[-1].value if spelled else None


def values_of(units: Units) -> dict[Place, Value]:
    return {path: unit.value for path, unit in units.by_path.items()}
