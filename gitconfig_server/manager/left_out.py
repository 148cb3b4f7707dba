"""What a start left out of what is saved, since the service does not take it; and when it is worth another try."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from gitconfig_server.manager.errors import LookupFailed, Problem
from gitconfig_server.manager.nodes.paths import Segments, split_path
from gitconfig_server.manager.nodes.values import MISSING, Data, found_or_missing, is_same, replaced


class LeftOut:
    """Places where something else runs than what is saved. As long as what is saved is the same, it stays so."""

    def __init__(self) -> None:
        self._places: Sequence[tuple[Segments, Data, Data]] = ()

    def __bool__(self) -> bool:
        return bool(self._places)

    def note(self, stored: Data, present: Data, hopeless: Collection[Segments]) -> None:
        """Let it be what differs between the two, without ``hopeless`` paths: no value would fit there."""
        self._places = [one for one in _apart(stored, present) if one[0] not in hopeless]

    def clear(self) -> None:
        """What is saved and what runs are one again."""
        self._places = ()

    def forget(self, stored: Data, present: Data) -> None:
        """Drop what is another value in the store now, or runs after all."""
        self._places = [
            one
            for one in self._places
            if is_same(found_or_missing(stored, one[0]), one[1])
            and not is_same(found_or_missing(present, one[0]), one[1])
        ]

    def base(self, base: Data, theirs: Data) -> Data:
        """What both sides grew from: where the store has news beneath a top-level name, what runs there is no change of
        ours.
        """
        news = {path[0] for path, stored, _ in self._places if not is_same(found_or_missing(theirs, path), stored)}
        for path, _, present in self._places:
            base = replaced(base, path, present) if path[0] in news else base
        return base


def without_misfits(data: dict[str, Data], problems: tuple[Problem, ...]) -> dict[str, Data]:
    """``data`` less the values that problems name; the rest may fit."""
    for problem in problems:
        path = split_path(problem.path)
        while path:
            try:
                data = replaced(data, path, MISSING)
                break
            except LookupFailed:
                path = path[:-1]
    return data


def _apart(stored: Data, present: Data, path: Segments = ()) -> Iterator[tuple[Segments, Data, Data]]:
    """Where two configurations differ, and what each has there; maps are entered, anything else is one value."""
    if isinstance(stored, dict) and isinstance(present, dict):
        for name, value in stored.items():
            yield from _apart(value, present.get(name, MISSING), (*path, name))
    elif path and not is_same(stored, present):
        yield path, stored, present
