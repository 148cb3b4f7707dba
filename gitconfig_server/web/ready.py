"""Whole answers that are ready to be sent, for as long as one look at the refs holds: a few milliseconds.

Nearly all known requests find theirs here, at little more than what a bare protocol of the same loop costs. So what
is asked of each is written out over plain variables, and what can be counted a moment later is.
"""

from __future__ import annotations

import time
from asyncio import get_running_loop
from collections.abc import Callable, Iterator
from operator import length_hint
from random import getrandbits
from typing import Protocol

from msgspec import Struct

from gitconfig_server.model.environments import Until
from gitconfig_server.storage.base import Sighting
from gitconfig_server.web.tallies import Row

_LAST_DIGITS = [b"%03x\r\n\r\n" % number for number in range(512)]
"""Of the ids of requests that a ready answer is given to; once they are used up it is made ready anew."""

_NO_DIGITS = [b"\r\n\r\n"] * len(_LAST_DIGITS)

_OVERHEAD = 700
"""Bytes that an answer takes beside its own and its request's: objects, places in the dictionary."""

_SETTLE = 0.02
"""Seconds after which what was given is counted where everybody sees it."""


class Versioned(Protocol):
    """A policy."""

    @property
    def version(self) -> int:
        """As ``Policy.version``."""


class Connection(Protocol):
    """Who asks."""

    rests: bool
    """Whether nothing has happened on it since a known answer, and it can take another one."""
    answered_at: float

    @property
    def write(self) -> Callable[[bytes], None]:
        """What writes."""

    def receive(self, data: bytes) -> None:
        """Take in what nothing is ready for."""


class Grounds(Struct, eq=False):
    """All that an answer is right by, and where it is counted: at ``place`` of ``row``."""

    sighting: Sighting
    policy: Versioned
    version: int
    until: Until | None
    row: Row
    place: int


class _Given(Struct, eq=False):
    """How often an answer was given: as many digits as are gone."""

    digits: Iterator[bytes]
    row: Row
    place: int
    counted: int = 0

    def settle(self) -> int:
        """Count what was given since the last time; how much that is."""
        given = len(_LAST_DIGITS) - length_hint(self.digits) - self.counted
        self.row[self.place] += given
        self.counted += given
        return given


class ReadyAnswers:
    """Answers by the bytes of whole requests, bounded in bytes. Belongs to one event loop.

    ``give`` has the bytes for a request that came this instant, or None where nothing is ready. ``receiver`` makes what
    receives the data of a connection, and gives to it what is ready.
    """

    def __init__(self, bound: int, now: Callable[[], float] = time.monotonic) -> None:
        self.give, self.receiver, self._put, self._begin = _make_table(now)
        self._bound = bound
        self._size = 0
        self._added: object = None
        self._grounds: Grounds | None = None
        self._given: list[_Given] = []
        self._settles = False

    def put(self, request: bytes, grounds: Grounds, begin: bytes, given_id: bytes, body: bytes, added: object) -> None:
        """Keep an answer. ``added`` are the server's own headers that ``begin`` has, which ends where the id begins."""
        size = len(request) + len(begin) + len(body) + _OVERHEAD
        if size > self._bound:
            return
        if not self._is_on(grounds, added) or self._size + size > self._bound:
            self.settle()
            self._given.clear()
            self._size, self._grounds, self._added = 0, grounds, added
            self._begin(grounds)
        self._size += size
        digits = iter(_NO_DIGITS if given_id else _LAST_DIGITS)
        self._put(request, (begin + (given_id or b"%013x" % getrandbits(52)), digits, body, grounds.until))
        self._given.append(_Given(digits, grounds.row, grounds.place))
        if not self._settles:
            self._settles = True
            get_running_loop().call_later(_SETTLE, self._settle_again)

    def settle(self) -> int:
        """Count what was given; how much that is."""
        return sum(given.settle() for given in self._given)

    def _settle_again(self) -> None:
        if self.settle():
            get_running_loop().call_later(_SETTLE, self._settle_again)
        else:  # nobody asks any more
            self._settles, self._grounds = False, None
            self._given.clear()
            self._begin(_NO_GROUNDS)

    def _is_on(self, grounds: Grounds, added: object) -> bool:
        mine = self._grounds
        return (
            mine is not None
            and mine.sighting is grounds.sighting
            and (mine.policy, mine.version) == (grounds.policy, grounds.version)
            and self._added is added
        )


class _NoPolicy:
    version = 0


_NO_GROUNDS = Grounds(Sighting((0,), -1, -1, 0.0, -1), _NoPolicy(), 0, None, memoryview(b""), 0)

_Answer = tuple[bytes, Iterator[bytes], bytes, Until | None]


def _make_table(
    now: Callable[[], float],
) -> tuple[
    Callable[[bytes], bytes | None],
    Callable[[Connection], Callable[[bytes], None]],
    Callable[[bytes, _Answer], None],
    Callable[[Grounds], None],
]:
    answers: dict[bytes, _Answer] = {}
    find, join = answers.get, b"".join
    sighting, policy, version = _NO_GROUNDS.sighting, _NO_GROUNDS.policy, _NO_GROUNDS.version
    words, moves, begun = sighting.words, sighting.moves, sighting.begun

    def give(request: bytes) -> bytes | None:
        answer = find(request)
        if answer is None or now() >= sighting.until or policy.version != version:
            return None
        if (word := words[0]) != moves and word != begun:
            return None
        begin, digits, body, until = answer
        if (until is not None and until.has_passed()) or (last := next(digits, None)) is None:
            return None
        return join((begin, last, body)) if body else begin + last

    def receiver(connection: Connection) -> Callable[[bytes], None]:
        def receive(data: bytes) -> None:
            # as ``give``, whose call alone would be a fifth of this
            if connection.rests and (answer := find(data)) is not None:
                came = now()
                word = words[0]
                at_rest = word == moves or word == begun  # a tuple would cost more
                if at_rest and came < sighting.until and policy.version == version:
                    begin, digits, body, until = answer
                    if (until is None or not until.has_passed()) and (last := next(digits, None)) is not None:
                        write = connection.write
                        write(join((begin, last, body)) if body else begin + last)
                        connection.answered_at = came
                        return
            connection.receive(data)

        return receive

    def begin(grounds: Grounds) -> None:
        nonlocal sighting, policy, version, words, moves, begun
        answers.clear()
        sighting, policy, version = grounds.sighting, grounds.policy, grounds.version
        words, moves, begun = sighting.words, sighting.moves, sighting.begun

    return give, receiver, answers.__setitem__, begin
