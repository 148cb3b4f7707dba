"""Files that hold refs, and the time stamps that tell whether they have changed."""

from __future__ import annotations

import errno
import os
import re
import time
from dataclasses import dataclass, field
from math import inf

from msgspec import Struct

_SETTLING_NS = 20_000_000
"""Two ticks of the clock that Linux stamps files with, at its coarsest (100 a second)."""

_VALUE = re.compile(rb"([0-9a-f]{40})(?:\s|\Z)")
_SYMBOLIC = b"ref:"
_NO_LOOSE_REF = frozenset({errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP})

Stamp = tuple[int, int, int]


@dataclass(slots=True)
class LooseRef:
    """What the file of one ref held."""

    value: bytes | None
    """None where the file holds no id: torn by a crash, or symbolic."""
    torn: bool
    target: bytes | None
    """The ref that a symbolic one names."""
    stamp: Stamp
    settled: bool = field(compare=False)  # what a Struct has no word for

    def is_still(self, entry: os.DirEntry[bytes]) -> bool:
        """Whether the file of this entry is known to hold the same: its stamp is, and can be trusted."""
        try:
            return self.settled and stamp_of(entry.stat(follow_symlinks=False)) == self.stamp
        except FileNotFoundError:
            return False


class TooMuchToRead(Exception):
    """More has changed than a hurried look may read; nothing is lost, the next look finds it again."""


class WatchedFile(Struct):
    """A file that is read again when its stamp says so; empty where there is none."""

    stamp: Stamp | None = None
    content: bytes = b""

    def look(self, path: bytes, most: float = inf) -> bool:
        """Whether the content has changed since the last look. TooMuchToRead, before it is read, for ``most`` bytes."""
        now = time.time_ns()  # taken first: what happens during the look must not count as settled
        try:
            stamp = stamp_of(os.stat(path))  # noqa: PTH116 - a hot path
            if stamp == self.stamp:
                return False
            if stamp[2] > most:
                raise TooMuchToRead
            content = _read(path, os.O_RDONLY)[0]
        except FileNotFoundError:
            stamp, content = (0, 0, 0), b""
        self.stamp = stamp if is_settled(stamp, now) else None
        changed = content != self.content
        self.content = content
        return changed


def read_loose(path: bytes) -> LooseRef | None:
    """The ref in this file; None where there is none, but a folder or a link, say."""
    try:
        content, status = _read(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError as error:
        if error.errno in _NO_LOOSE_REF:
            return None
        raise
    value = _VALUE.match(content)
    return LooseRef(
        value=value[1] if value else None,
        torn=value is None and not content.startswith(_SYMBOLIC),
        target=symbolic_target(content),
        stamp=stamp_of(status),
        settled=is_settled(stamp_of(status), time.time_ns()),
    )


def symbolic_target(content: bytes) -> bytes | None:
    """The ref that the content of a symbolic ref names."""
    return content[len(_SYMBOLIC) :].strip() if content.startswith(_SYMBOLIC) else None


def stamp_of(status: os.stat_result) -> Stamp:
    """What differs where a file or folder was changed or replaced."""
    return (status.st_mtime_ns, status.st_ino, status.st_size)


def is_settled(stamp: Stamp, now: int) -> bool:
    """Whether whatever happens after ``now`` gets another stamp."""
    return abs(now - stamp[0]) > _SETTLING_NS


def _read(path: bytes, flags: int) -> tuple[bytes, os.stat_result]:
    # the stamp is that of the open file: another may take its place between a stat by name and the reading
    descriptor = os.open(path, flags | os.O_CLOEXEC)
    try:
        status = os.fstat(descriptor)
        return os.read(descriptor, status.st_size), status
    finally:
        os.close(descriptor)
