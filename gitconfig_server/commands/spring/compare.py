"""Two Spring Cloud Config servers asked the same questions, and where their answers differ."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from gitconfig_server.client.spring import Answered, SpringServer
from gitconfig_server.commands.spring.questions import Question
from gitconfig_server.errors import ServerUnreachable
from gitconfig_server.model.environments import Value

_AT_ONCE = 8

_HOPELESS = 2 * _AT_ONCE
"""After so many questions without a single answer, no more are asked."""

_ABSENT = object()


class KeyDifference(Struct, frozen=True):
    """One key whose effective value differs; ``None`` where a server does not have it."""

    key: str
    old: Value | None
    new: Value | None

    @property
    def kind(self) -> str:
        """``missing`` (the old server alone has it), ``added``, ``type`` (the same text) or ``changed``."""
        if self.new is None:
            return "missing"
        if self.old is None:
            return "added"
        return "type" if show_value(self.old) == show_value(self.new) else "changed"


class ServerComparison(Struct, frozen=True):
    """What the answers to one question have in common. It keeps the differences alone, for there are many questions.

    ``statuses`` and ``messages`` are the old server's, then the new one's. ``keys``: those whose effective values
    differ, sorted. ``order_differs``: the same values come from sources in another order or of other content.
    ``error``: why one server gave no answer at all.
    """

    question: Question
    statuses: tuple[int, int] | None = None
    messages: tuple[str, str] = ("", "")
    keys: tuple[KeyDifference, ...] = ()
    order_differs: bool = False
    error: str = ""

    @property
    def status_differs(self) -> bool:
        """Whether one server answers with another status."""
        return self.statuses is not None and self.statuses[0] != self.statuses[1]

    @property
    def same(self) -> bool:
        """Whether a client would notice nothing: status and effective values are equal."""
        return not (self.error or self.status_differs or self.keys)


def show_value(value: Value) -> str:
    """A value as JSON and YAML write it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _compare_servers(question: Question, old: Answered, new: Answered) -> ServerComparison:
    """Where two answers to ``question`` differ."""
    statuses, messages = (old.status, new.status), (old.message, new.message)
    if old.status != new.status:
        return ServerComparison(question, statuses, messages)
    before, after = old.merged(), new.merged()
    names = sorted(key for key in before.keys() | after.keys() if _differ(before, after, key))
    keys = tuple(KeyDifference(key, before.get(key), after.get(key)) for key in names)
    orders = [[list(properties.items()) for _, properties in one.sources] for one in (old, new)]
    return ServerComparison(question, statuses, messages, keys, not keys and orders[0] != orders[1])


def _differ(old: Mapping[str, Value], new: Mapping[str, Value], key: str) -> bool:
    """``1`` and ``true`` are not the same, nor are ``1`` and ``1.0``: clients see the difference."""
    one, other = old.get(key, _ABSENT), new.get(key, _ABSENT)
    return one != other or type(one) is not type(other)


async def compare(
    old: SpringServer, new: SpringServer, asked: Sequence[Question], done: Callable[[], None]
) -> list[ServerComparison]:
    """What came of every question, in order; ``done`` is called after each. ServerUnreachable where nothing did."""
    room = asyncio.Semaphore(_AT_ONCE)
    answered: list[ServerComparison] = []
    failed: list[ServerComparison] = []

    async def one(question: Question) -> ServerComparison:
        async with room:
            if len(failed) >= _HOPELESS and not answered:
                return failed[0]
            result = await _compared(old, new, question)
            (failed if result.error else answered).append(result)
            done()
            return result

    found = await asyncio.gather(*(one(question) for question in asked))
    if failed and not answered:
        raise ServerUnreachable(failed[0].error)
    return found


async def _compared(old: SpringServer, new: SpringServer, question: Question) -> ServerComparison:
    before, after = await asyncio.gather(_ask(old, question), _ask(new, question))
    if isinstance(before, ServerUnreachable):
        return ServerComparison(question, error=str(before))
    if isinstance(after, ServerUnreachable):
        return ServerComparison(question, error=str(after))
    return _compare_servers(question, before, after)


async def _ask(server: SpringServer, question: Question) -> Answered | ServerUnreachable:
    try:
        return await server.environment(question.application, question.profile, question.label)
    except ServerUnreachable as error:
        return error
