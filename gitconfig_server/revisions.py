"""What names a commit: a label, a full or short id, steps back from one, or a label at a time.

The grammar is a small part of Git's own (gitrevisions(7)), read strictly::

    revision = name [ "@{" time "}" | "@" time ] { "~" [n] | "^" [n] }
    name     = label | id | "tags/" label | "heads/" label, each also with "refs/" in front
    time     = 2026-01-31 | 2026-01-31T12:00[:00[.000000]][Z|+01:00]      (no zone means UTC)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from gitconfig_server.errors import InvalidRevision

MAX_LENGTH = 512
MAX_STEPS = 100_000

_TIME = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})?)?")
_STEP = re.compile(r"([~^])(\d*)")
_STEPS = re.compile(r"(?:[~^]\d*)*$")
_AT_TIME = re.compile(r"^(?P<name>.+?)@(?:\{(?P<braced>[^{}]*)\}|(?P<bare>\d{4}-\d{2}-\d{2}[0-9T:.Z+-]*))$")
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f:?*\[\\]|\.\.|@\{|//|^[-/.]|/$|\.$")


@dataclass(frozen=True, slots=True)
class Step:
    """``~n``: n first parents back. ``^n``: the n-th parent; ``^0`` is the commit itself."""

    kind: str
    count: int


@dataclass(frozen=True, slots=True)
class Revision:
    """A parsed revision; ``at`` is UTC."""

    name: str
    at: datetime | None = None
    steps: tuple[Step, ...] = ()


def parse_revision(text: str) -> Revision:
    """Read a revision; InvalidRevision says what is wrong with it. Nothing is looked up."""
    if len(text) > MAX_LENGTH:
        raise InvalidRevision(text[:40] + "...", f"is longer than {MAX_LENGTH} characters")
    tail = _STEPS.search(text)
    start = tail.start() if tail else len(text)
    name, at = _split_time(text[:start])
    steps = tuple(_step(text, kind, count) for kind, count in _STEP.findall(text[start:]))
    if not name:
        raise InvalidRevision(text, "names nothing")
    found = _FORBIDDEN.search(name)
    if found:
        raise InvalidRevision(text, f"must not contain {found.group()!r} there")
    return Revision(name, at, steps)


def parse_time(text: str) -> datetime:
    """An ISO 8601 date or time as UTC; a date means its first instant. InvalidRevision where it is neither."""
    if not _TIME.fullmatch(text):
        raise InvalidRevision(text, "is not a time such as 2026-01-31 or 2026-01-31T12:00Z")
    try:
        when = datetime.fromisoformat(text)
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidRevision(text, str(error)) from error


def _split_time(text: str) -> tuple[str, datetime | None]:
    match = _AT_TIME.match(text)
    if not match:
        return text, None
    time = match["braced"] if match["braced"] is not None else match["bare"]
    return match["name"], parse_time(time)


def _step(text: str, kind: str, digits: str) -> Step:
    count = int(digits) if digits and len(digits) < 9 else 1
    if len(digits) >= 9 or count > MAX_STEPS:
        raise InvalidRevision(text, f"steps back more than {MAX_STEPS} commits")
    return Step(kind, count)
