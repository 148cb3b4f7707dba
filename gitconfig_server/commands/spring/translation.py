"""What a translation of Spring's settings comes to: ours, and notes on what is not simply ours by another name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import yaml
from msgspec import Struct, field


class TranslationNote(Struct, frozen=True):
    """What becomes of one of their settings, where it is not simply ours under another name.

    ``stays_behind``: there is nothing here that does the same.
    """

    key: str
    place: str
    reason: str
    way_out: str = ""
    stays_behind: bool = False

    @property
    def needs_care(self) -> bool:
        """Whether somebody has to do something about it."""
        return bool(self.way_out)


class Translation(Struct):
    """Our settings, nested, and the notes on theirs in the order of the file."""

    settings: dict[str, Any] = field(default_factory=dict)
    notes: list[TranslationNote] = field(default_factory=list)

    def as_yaml(self) -> str:
        """The settings file."""
        return yaml.safe_dump(self.settings, sort_keys=False, allow_unicode=True, width=120) if self.settings else ""


def told(notes: Sequence[TranslationNote]) -> Iterator[str]:
    """The notes as lines to read, what somebody has to do first; notes that say the same stand together."""
    stays, care, rest = "stays behind:", "to be seen to:", "needs nothing:"
    for title in (stays, care, rest):
        grouped: dict[tuple[str, str], list[str]] = {}
        for note in notes:
            if title == (stays if note.stays_behind else care if note.needs_care else rest):
                grouped.setdefault((note.reason, note.way_out), []).append(f"  {f'{note.place}  {note.key}'.strip()}")
        if grouped:
            yield title
        for (reason, way_out), places in grouped.items():
            yield from places
            yield f"      {reason}" + (f"; {way_out}" if way_out else "")
