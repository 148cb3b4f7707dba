"""Asking worker threads beforehand for all that a request will ask for, in one switch instead of one for each.

A request that is known by its answer asks the same when it is worked on again. What was asked is noted by
``note_calls``; ``Rehearsal`` runs it anew in a thread; within ``expecting`` the results stand in for the switches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any

Call = partial[Any]

_NOTED: ContextVar[list[Call] | None] = ContextVar("noted", default=None)
_EXPECTED: ContextVar[Rehearsal | None] = ContextVar("expected", default=None)

_LONGEST = 16
"""Calls of a request that are noted."""


class Rehearsal:
    """The outcomes of some calls. May block when made."""

    def __init__(self, calls: Iterable[Call]) -> None:
        self._outcomes = {_key(call): _outcome(call) for call in calls}

    def outcome(self, call: Call) -> Callable[[], Any] | None:
        """What gives the outcome of ``call``, or raises it; None where it was not made."""
        if not _is_hashable(call):
            return None
        return self._outcomes.get(_key(call))


@contextmanager
def note_calls() -> Iterator[list[Call]]:
    """Note what is asked of worker threads within."""
    calls: list[Call] = []
    token = _NOTED.set(calls)
    try:
        yield calls
    finally:
        _NOTED.reset(token)


@contextmanager
def expecting(rehearsal: Rehearsal | None) -> Iterator[None]:
    """Within, ``rehearsal`` answers what it can."""
    token = _EXPECTED.set(rehearsal)
    try:
        yield
    finally:
        _EXPECTED.reset(token)


def rehearsed(call: Call) -> Callable[[], Any] | None:
    """Note ``call``, which is about to be made; what gives its outcome where that is known."""
    noted, expected = _NOTED.get(), _EXPECTED.get()
    if noted is not None and len(noted) < _LONGEST and _is_hashable(call):
        noted.append(call)
    return expected.outcome(call) if expected else None


def _key(call: Call) -> tuple[object, ...]:
    return (call.func, call.args, *call.keywords.items())


def _is_hashable(call: Call) -> bool:
    """Whether it depends on the request alone: what an earlier call answered holds maps, which have no hash."""
    try:
        hash(_key(call))
    except TypeError:
        return False
    return True


def _outcome(call: Call) -> Callable[[], Any]:
    try:
        result = call()
    except Exception as error:  # it is raised where the call is made again
        return partial(_raise, error)
    return lambda: result


def _raise(error: Exception) -> Any:
    raise error
