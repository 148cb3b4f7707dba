"""Building and reading commits and tags."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone

from msgspec import Struct

from gitconfig_server.errors import CorruptRepository, InvalidInput
from gitconfig_server.git.objects.reader import ObjectReader, make_object
from gitconfig_server.storage.objects import COMMIT, TAG, RawObject

_FORBIDDEN_IN_IDENTITY = re.compile(r"[\x00-\x1f\x7f<>]")
_TRAILER = re.compile(r"([A-Za-z][A-Za-z0-9-]*): (.*)")
_FIRST, _LAST = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, 23, 59, 59, tzinfo=UTC)
"""What stands for a time beyond it, dates in milliseconds for one; a day is left for the zone of whoever is told."""

_LONGEST_TIME = 19
"""Digits of seconds that are read."""

_IDENTITY = re.compile(rb"(.*?) ?<([^<>]*)> (-?\d+) ([+-])(\d\d)(\d\d)", re.DOTALL)


class Identity(Struct, frozen=True):
    """A name and an address, as Git records them."""

    name: str
    email: str

    def encoded(self) -> bytes:
        """``name <email>``; InvalidInput where Git could not read it back."""
        for text in (self.name, self.email):
            if _FORBIDDEN_IN_IDENTITY.search(text):
                raise InvalidInput(f"identity {text!r}: control characters and angle brackets are not allowed")
        return f"{self.name} <{self.email}>".encode()


SERVER = Identity("gitconfig-server", "gitconfig-server@localhost")
"""Who commits where nobody else is known."""


class Signature(Struct, frozen=True):
    """An identity at a time, as read from a commit; times keep the zone the writer gave.

    ``written``: seconds since 1970 and the zone as the commit has them, where ``when`` only stands for a time that
    Python's calendar does not hold; else empty.
    """

    name: str
    email: str
    when: datetime
    written: str = ""


class Commit(Struct, frozen=True):
    """One commit, read."""

    id: bytes
    tree: bytes
    parents: tuple[bytes, ...]
    author: Signature
    committer: Signature
    message: str

    @property
    def subject(self) -> str:
        """The first line of the message."""
        return self.message.partition("\n")[0]


def make_commit(
    tree: bytes,
    parents: Sequence[bytes],
    *,
    author: Identity,
    committer: Identity,
    when: datetime,
    message: str,
    trailers: Mapping[str, str] | None = None,
) -> RawObject:
    """A commit, ready to store. ``when`` must know its zone; seconds are kept, fractions dropped."""
    stamp = _stamp(when)
    lines = [b"tree " + tree, *(b"parent " + parent for parent in parents)]
    lines += [b"author " + author.encoded() + stamp, b"committer " + committer.encoded() + stamp]
    text = _with_trailers(message, trailers or {})
    return make_object(COMMIT, b"\n".join(lines) + b"\n\n" + text.encode(errors="replace"))


def make_tag(commit: bytes, name: str, tagger: Identity, when: datetime, message: str) -> RawObject:
    """An annotated tag of a commit, ready to store; ``when`` must know its zone."""
    lines = [b"object " + commit, b"type commit", b"tag " + name.encode(), b"tagger " + tagger.encoded() + _stamp(when)]
    return make_object(TAG, b"\n".join(lines) + b"\n\n" + _with_trailers(message, {}).encode(errors="replace"))


def read_commit(objects: ObjectReader, commit: bytes) -> Commit:
    """The commit by this id; CorruptRepository where it is missing, is no commit, or does not parse."""
    raw = _raw_commit(objects, commit)
    head, _, body = raw.partition(b"\n\n")
    fields: dict[bytes, list[bytes]] = {}
    for line in head.split(b"\n"):
        key, _, value = line.partition(b" ")
        fields.setdefault(key, []).append(value)
    try:
        return Commit(
            commit,
            fields[b"tree"][0],
            tuple(fields.get(b"parent", ())),
            _signature(fields[b"author"][0]),
            _signature(fields[b"committer"][0]),
            body.decode(errors="replace"),
        )
    except (KeyError, ValueError) as error:
        raise CorruptRepository(f"commit {commit.decode()} cannot be read: {error}") from error


def tree_of(objects: ObjectReader, commit: bytes) -> bytes:
    """The root tree of a commit."""
    return _raw_commit(objects, commit)[5:45]


def parents_of(objects: ObjectReader, commit: bytes) -> tuple[tuple[bytes, ...], int]:
    """The parents of a commit and its committer's seconds (0 where unreadable): what walking needs."""
    raw = _raw_commit(objects, commit)
    parents, at = [], 46
    while raw.startswith(b"parent ", at):
        parents.append(raw[at + 7 : at + 47])
        at += 48
    start = raw.find(b"\ncommitter ", at)
    end = raw.find(b"\n", start + 1)
    seconds = raw[start:end].rsplit(b" ", 2)[-2:-1]
    sound = seconds and seconds[0].isdigit() and len(seconds[0]) <= _LONGEST_TIME
    return tuple(parents), int(seconds[0]) if sound else 0


def peel(objects: ObjectReader, name: bytes) -> bytes | None:
    """The commit an id leads to through annotated tags; None where it leads to something else or nothing."""
    for _ in range(10):
        try:
            kind, raw = objects.get_raw(name)
        except KeyError:
            return None
        if kind == COMMIT:
            return name
        if kind != TAG:
            return None
        name = raw[7:47]
    return None


def read_trailers(message: str) -> dict[str, str]:
    """The ``Key: value`` lines of the last paragraph; empty where it holds anything else."""
    paragraphs = message.strip().split("\n\n")
    if len(paragraphs) < 2:
        return {}
    found = [_TRAILER.fullmatch(line) for line in paragraphs[-1].split("\n")]
    return {match[1]: match[2] for match in found if match} if all(found) else {}


def _raw_commit(objects: ObjectReader, commit: bytes) -> bytes:
    try:
        kind, raw = objects.get_raw(commit)
    except KeyError as error:
        raise CorruptRepository(f"commit {commit.decode()} is missing: run git fsck") from error
    if kind != COMMIT:
        raise CorruptRepository(f"{commit.decode()} is not a commit")
    return raw


def _with_trailers(message: str, trailers: Mapping[str, str]) -> str:
    text = message.replace("\r\n", "\n").replace("\0", "").strip() or "update"
    lines = [f"{key}: {' '.join(value.split())}" for key, value in trailers.items()]
    if not lines:
        return text + "\n"
    glue = "\n" if read_trailers(text) else "\n\n"
    return text + glue + "\n".join(lines) + "\n"


def _stamp(when: datetime) -> bytes:
    minutes = int((when.utcoffset() or timedelta()).total_seconds()) // 60
    sign = "-" if minutes < 0 else "+"
    return f" {int(when.timestamp())} {sign}{abs(minutes) // 60:02}{abs(minutes) % 60:02}".encode()


def _signature(raw: bytes) -> Signature:
    match = _IDENTITY.fullmatch(raw)
    if not match:
        raise ValueError("its identity line is malformed")
    name, email, seconds, sign, hours, minutes = match.groups()
    offset = timedelta(hours=int(hours), minutes=int(minutes)) * (-1 if sign == b"-" else 1)
    zone = timezone(offset) if abs(offset) < timedelta(hours=24) else UTC
    written = ""
    try:
        when = datetime.fromtimestamp(int(seconds), zone)
    except (OverflowError, OSError, ValueError):
        when = datetime.min.replace(tzinfo=UTC) if seconds.startswith(b"-") else datetime.max.replace(tzinfo=UTC)
    if not _FIRST <= when <= _LAST:
        when = min(max(when, _FIRST), _LAST)
        written = raw.rpartition(b"> ")[2].decode()
    return Signature(name.decode(errors="replace"), email.decode(errors="replace"), when, written)
