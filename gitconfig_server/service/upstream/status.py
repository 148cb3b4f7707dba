"""How following goes: a small file that all processes of a repository share, and the lease of the one that follows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from typing import Any

from msgspec import Struct, to_builtins

HELD = "held"
"""The rule of a label that was taken though it has unreadable files: their applications keep what they had."""


class Trouble(Struct, frozen=True):
    """Why one label is not as it is upstream.

    ``rule`` is a stable word: ``invalid-content``, ``diverged``, ``conflict``, ``push-refused``, ``held`` or a rule of
    the door.
    ``ours`` and ``theirs`` are commits in full, or empty. ``files`` name what is wrong, with line and rule where known.
    ``conflicts``: of each node that both sides changed, the place, what either has, in which line, and whose commit.
    """

    label: str
    rule: str
    reason: str
    files: tuple[str, ...] = ()
    ours: str = ""
    theirs: str = ""
    conflicts: tuple[str, ...] = ()


class Status(Struct, frozen=True):
    """What the last rounds came to. Times are seconds since 1970; None: not yet.

    ``remote`` is its URL without credentials. ``attempted``: when the last complete round began. ``failures`` counts
    rounds that went wrong since the last good one, and ``error`` says why. ``unpushed``: labels with moves that the
    remote has not taken yet. ``default``: the label of requests that name none, as the remote has it.
    """

    remote: str
    attempted: float | None = None
    fetched: float | None = None
    failures: int = 0
    error: str = ""
    troubles: tuple[Trouble, ...] = ()
    unpushed: tuple[str, ...] = ()
    default: str = ""

    def lacking(self) -> Trouble | None:
        """What keeps the default label from being here at all; None where it is, in whatever state."""
        return next((one for one in self.troubles if one.label == self.default and not one.ours), None)

    def age(self, now: float) -> float | None:
        """How many seconds ago the remote last told us all; None where it never did."""
        return None if self.fetched is None else max(0.0, now - self.fetched)

    def stale(self, now: float, tolerance: float | None) -> bool:
        """Whether the remote did not answer when it was last asked, or has not been asked for ``tolerance`` seconds."""
        age = self.age(now)
        missed = self.fetched is not None and self.attempted is not None and self.fetched < self.attempted
        return age is None or missed or (tolerance is not None and age > tolerance)

    def _standing(self) -> str:
        """How the labels are, while the remote answers."""
        if not self.troubles:
            return "current"
        return HELD if all(one.rule == HELD for one in self.troubles) else "blocked"

    def shown(self, now: float, tolerance: float | None) -> dict[str, Any]:
        """For ``/health`` and its kin."""
        age = self.age(now)
        return {
            "remote": self.remote,
            "state": "never-fetched" if age is None else "stale" if self.stale(now, tolerance) else self._standing(),
            "age": None if age is None else round(age),
            "fetched_at": _iso(self.fetched),
            "attempted_at": _iso(self.attempted),
            "error": self.error,
            "labels": to_builtins(self.troubles),
            "unpushed": list(self.unpushed),
        }


class SharedStatus:
    """The status in ``folder``, or in memory where there is none: any thread and process may read and write it."""

    def __init__(self, remote: str, folder: Path | None = None) -> None:
        self._path = folder / "upstream.json" if folder else None
        self._status = Status(remote)
        self._known: tuple[int, int] | None = None

    def read(self) -> Status:
        """As whoever followed last left it. What is of another remote, or cannot be read, counts as nothing."""
        if self._path is None:
            return self._status
        with suppress(OSError, ValueError, TypeError, KeyError):
            found = self._path.stat()
            if (found.st_ino, found.st_mtime_ns) != self._known:
                self._known = (found.st_ino, found.st_mtime_ns)
                status = _from_json(json.loads(self._path.read_bytes()))
                self._status = status if status.remote == self._status.remote else Status(self._status.remote)
        return self._status

    def write(self, status: Status) -> None:
        """Replace it whole. A disk that takes nothing costs no more than the others' knowledge."""
        self._status = status
        if self._path is None:
            return
        aside = self._path.with_name(f"{self._path.name}.{token_hex(4)}.tmp")
        with suppress(OSError):
            try:
                aside.write_text(json.dumps(to_builtins(status)))
                aside.replace(self._path)
            except OSError:
                aside.unlink(missing_ok=True)
                raise


def _from_json(stored: Mapping[str, Any]) -> Status:
    troubles = tuple(Trouble(**{name: _as_tuple(value) for name, value in one.items()}) for one in stored["troubles"])
    return Status(**{**stored, "troubles": troubles, "unpushed": tuple(stored["unpushed"])})


def _iso(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def _as_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
