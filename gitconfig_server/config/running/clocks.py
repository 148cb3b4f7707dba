"""Time on two clocks, so that setting one of them back never gives a deadline more time than was granted."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from msgspec import Struct

from gitconfig_server.storage.base import Clock, StoredRepository, utc_now

_SLACK = timedelta(seconds=5)


class Moment(NamedTuple):
    """A time of day, and the seconds since ``boot``, which go on however the time of day is set.

    ``boot`` differs on each machine and after each of its starts; where it does, the time of day alone counts.
    """

    wall: datetime
    boot: str = ""
    ticks: float = 0.0


Moments = Callable[[], Moment]
"""The present, as whoever judges a deadline sees it."""


class Grant(Struct, frozen=True):
    """``seconds`` from ``started`` on. It is data: whoever reads it judges for himself whether it has passed."""

    started: Moment
    seconds: float

    def __post_init__(self) -> None:
        _ = self.wall  # OverflowError, ValueError: a deadline past all times is none

    @property
    def wall(self) -> datetime:
        """The time of day at which it passes, at the latest."""
        return self.started.wall + timedelta(seconds=self.seconds)

    def has_passed(self, now: Moment) -> bool:
        """Whether either clock says so. On another machine, and after a restart, a clock behind the start is not
        believed, but for what two machines' views of one clock may differ by."""
        if now.wall >= self.wall:
            return True
        # Ticks of another machine, or from before a restart, have another zero: the time of day is all there is.
        if now.boot != self.started.boot:
            return now.wall < self.started.wall - _SLACK
        return now.ticks - self.started.ticks >= self.seconds

    def left(self, now: Moment) -> float:
        """Seconds until it passes, by the clock that is ahead; 0 where it has passed."""
        if self.has_passed(now):
            return 0.0
        left = (self.wall - now.wall).total_seconds()
        if now.boot == self.started.boot:
            left = min(left, self.seconds - (now.ticks - self.started.ticks))
        return min(left, self.seconds)


class Expiry(Struct, frozen=True):
    """A deadline, and the clocks to judge it by: what is kept of an answer carries it (an ``Until``)."""

    deadline: Grant
    moments: Moments

    def has_passed(self) -> bool:
        """Whether it has passed by now."""
        return self.deadline.has_passed(self.moments())


def storage_moments(stored: StoredRepository) -> Moments:
    """The storage's clock, which is one for all replicas of a database, and that of this machine's run."""
    return system_moments(stored.now)


def system_moments(clock: Clock = utc_now) -> Moments:
    """The clocks of this machine; ``clock`` says the time of day."""
    return lambda: Moment(clock(), _BOOT, _ticks())


def _ticks() -> float:
    return time.clock_gettime(_CLOCK)


def _boot() -> str:
    """What names this run of the machine; of this process alone where the system has no name for it."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return uuid4().hex


# BOOTTIME goes on while the machine sleeps, which MONOTONIC does not: a laptop must not stretch a deadline.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC) if os.name == "posix" else 0
_BOOT = _boot()
