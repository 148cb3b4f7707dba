"""What names a commit: a label, a full or short id, steps back from one, or a label at a time.

The grammar is a small part of Git's own (gitrevisions(7)), read strictly::

    revision = name [ "@{" time "}" | "@" time ] { "~" [n] | "^" [n] }
    name     = label | id | "tags/" label | "heads/" label, each also with "refs/" in front
    time     = 2026-01-31 | 2026-01-31T12:00[:00[.000000]][Z|+01:00]      (no zone means UTC)

Who knows what time it is where they are, as a command line does, may also say ``5m``, ``18:27``, ``yesterday`` or
``1 hour ago``. What is kept or sent never does: its meaning would change as time goes by.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from gitconfig_server.errors import InvalidRevision

_MAX_LENGTH = 512
_MAX_STEPS = 100_000

_TIME = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})?)?")
_AGO = re.compile(r"(?P<count>\d{1,6})[ .]?(?P<unit>s|m|h|d|w|(?:second|minute|hour|day|week)s?)(?P<ago>[ .]ago)?")
_CLOCK = re.compile(r"(?:(?P<day>today|yesterday)[ .]?)?(?P<time>\d{2}:\d{2}(?::\d{2})?)?")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_STEP = re.compile(r"([~^])(\d*)")
_STEPS = re.compile(r"(?:[~^]\d*)*$")
_AT_TIME = re.compile(r"^(?P<name>.+?)@(?:\{(?P<braced>[^{}]*)\}|(?P<bare>\d{4}-\d{2}-\d{2}[0-9T:.Z+-]*))$")
_AT_RELATIVE = re.compile(r"^(?P<name>.+?)@(?P<bare>\d{1,6}[smhdw]|\d{2}:\d{2}|now|today|yesterday)$")
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f:?*\[\\]|\.\.|@\{|//|^[-/.]|/$|\.$")


class RevisionStep(Struct, frozen=True):
    """``~n``: n first parents back. ``^n``: the n-th parent; ``^0`` is the commit itself."""

    kind: str
    count: int


class Revision(Struct, frozen=True):
    """A parsed revision; ``at`` is UTC."""

    name: str
    at: datetime | None = None
    steps: tuple[RevisionStep, ...] = ()


def parse_revision(text: str, now: datetime | None = None) -> Revision:
    """Read a revision; InvalidRevision says what is wrong with it. Nothing is looked up.

    ``now``: what relative times are counted from, and whose zone those without one are of; without it there are none.
    """
    if len(text) > _MAX_LENGTH:
        raise InvalidRevision(text[:40] + "...", f"is longer than {_MAX_LENGTH} characters")
    tail = _STEPS.search(text)
    start = tail.start() if tail else len(text)
    name, at = _split_time(text[:start], now)
    steps = tuple(_step(text, kind, count) for kind, count in _STEP.findall(text[start:]))
    if not name:
        raise InvalidRevision(text, "names nothing")
    found = _FORBIDDEN.search(name)
    if found:
        raise InvalidRevision(text, f"must not contain {found.group()!r} there")
    return Revision(name, at, steps)


def fix_times(text: str, now: datetime) -> str:
    """A revision in which a time, if there is one, is absolute: another machine reads it as this one does.

    Whatever is no revision stays as it is.
    """
    tail = _STEPS.search(text)
    start = tail.start() if tail else len(text)
    name, at = _split_time(text[:start], now)
    return f"{name}@{{{at.isoformat()}}}{text[start:]}" if at else text


def parse_time(text: str, now: datetime | None = None) -> datetime:
    """An ISO 8601 date or time as UTC; a date means its first instant. InvalidRevision where it is neither.

    With ``now`` also ``5m`` and ``2 hours ago``, which count from it, ``18:27``, the last time that a clock said so,
    and ``yesterday``, a day ago; what names no zone is then of that of ``now``, else UTC.
    """
    try:
        when = _read_relative(text.strip().lower(), now) if now else None
        return (when or _read_iso(text, now)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidRevision(text, str(error), "time") from error


def is_relative_time(text: str) -> bool:
    """Whether ``text`` says how long ago, as ``5m`` does."""
    return _AGO.fullmatch(text.strip().lower()) is not None


def _read_iso(text: str, now: datetime | None) -> datetime:
    if not _TIME.fullmatch(text):
        more = ", 18:27, 5m, yesterday or '1 hour ago'" if now else ""
        raise InvalidRevision(text, f"expected one such as 2026-01-31 or 2026-01-31T12:00Z{more}", "time")
    when = datetime.fromisoformat(text)
    return when if when.tzinfo else when.replace(tzinfo=now.tzinfo if now else UTC)


def _read_relative(text: str, now: datetime) -> datetime | None:
    ago = _AGO.fullmatch(text)
    if ago and (ago["ago"] or len(ago["unit"]) == 1):
        return now - timedelta(**{_UNITS[ago["unit"][0]]: int(ago["count"])})
    clock = _CLOCK.fullmatch(text)
    if text == "now" or clock is None or not text:
        return now if text == "now" else None
    if clock["time"] is None:
        return now - timedelta(days=1) if clock["day"] == "yesterday" else now.replace(hour=0, minute=0, second=0)
    hour, minute, second = (*map(int, clock["time"].split(":")), 0)[:3]
    when = now.replace(hour=hour, minute=minute, second=second, microsecond=0)
    earlier = clock["day"] == "yesterday" or (clock["day"] is None and when > now)
    return when - timedelta(days=1) if earlier else when


def _split_time(text: str, now: datetime | None) -> tuple[str, datetime | None]:
    match = _AT_TIME.match(text) or (_AT_RELATIVE.match(text) if now else None)
    if not match:
        return text, None
    groups = match.groupdict()
    return groups["name"], parse_time(groups.get("braced") or groups["bare"] or "", now)


def _step(text: str, kind: str, digits: str) -> RevisionStep:
    count = int(digits) if digits and len(digits) < 9 else 1
    if len(digits) >= 9 or count > _MAX_STEPS:
        raise InvalidRevision(text, f"steps back more than {_MAX_STEPS} commits")
    return RevisionStep(kind, count)
