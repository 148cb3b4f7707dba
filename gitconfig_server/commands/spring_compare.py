"""Two Spring Cloud Config servers asked the same questions, and where their answers differ."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from gitconfig_server.client.spring_wire import Answered, SpringServer
from gitconfig_server.environments import Value
from gitconfig_server.errors import ServerUnreachable

AT_ONCE = 8
_ABSENT = object()


@dataclass(frozen=True, slots=True)
class Question:
    """What both servers are asked for."""

    application: str
    profile: str
    label: str | None

    def __str__(self) -> str:
        return "/".join(part for part in (self.application, self.profile, self.label) if part)


@dataclass(frozen=True, slots=True)
class KeyDifference:
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
        return "type" if str(self.old) == str(self.new) else "changed"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both answers to one question. ``error``: why one server gave none at all."""

    question: Question
    old: Answered | None = None
    new: Answered | None = None
    error: str = ""

    @property
    def keys(self) -> tuple[KeyDifference, ...]:
        """The keys whose effective values differ, sorted."""
        if self.old is None or self.new is None:
            return ()
        old, new = self.old.merged(), self.new.merged()
        names = sorted(key for key in old.keys() | new.keys() if _differ(old, new, key))
        return tuple(KeyDifference(key, old.get(key), new.get(key)) for key in names)

    @property
    def status_differs(self) -> bool:
        """Whether one server answers with another status."""
        return self.old is not None and self.new is not None and self.old.status != self.new.status

    @property
    def order_differs(self) -> bool:
        """Whether the same values come from sources in another order or of other content."""
        if self.old is None or self.new is None or self.keys:
            return False
        return [list(one.items()) for _, one in self.old.sources] != [list(one.items()) for _, one in self.new.sources]

    @property
    def same(self) -> bool:
        """Whether a client would notice nothing: status and effective values are equal."""
        return not (self.error or self.status_differs or self.keys)


def _differ(old: Mapping[str, Value], new: Mapping[str, Value], key: str) -> bool:
    """``1`` and ``true`` are not the same, nor are ``1`` and ``1.0``: clients see the difference."""
    one, other = old.get(key, _ABSENT), new.get(key, _ABSENT)
    return one != other or type(one) is not type(other)


async def questions(
    server: SpringServer, applications: Sequence[str], profiles: Sequence[str], labels: Sequence[str]
) -> list[Question]:
    """Every application x profile x label. What is not named is what ``server``, one of ours, lists.

    Of the labels, the working branches (``staged``) are left out. Raises ServerUnreachable.
    """
    found: dict[Question, None] = {}
    chosen = list(labels) or await _labels(server)
    for label in chosen:
        stored = {} if applications and profiles else await _stored(server, label)
        for application in applications or sorted(stored):
            for profile in profiles or sorted(
                {"default", *stored.get(application, ()), *stored.get("application", ())}
            ):
                found[Question(application, profile, label)] = None
    return list(found)


async def _labels(server: SpringServer) -> list[str]:
    names = [str(one["name"]) for one in await server.listed("labels?limit=1000", "labels")]
    return [name for name in names if name != "staged" and not name.startswith("staged-")]


async def _stored(server: SpringServer, label: str) -> dict[str, list[str]]:
    path = f"applications?limit=1000&label={quote(label, safe='')}"
    return {str(one["name"]): list(one["profiles"]) for one in await server.listed(path, "applications")}


async def compare(
    old: SpringServer, new: SpringServer, asked: Sequence[Question], done: Callable[[], None]
) -> list[Comparison]:
    """The answers to every question, in order; ``done`` is called after each."""
    room = asyncio.Semaphore(AT_ONCE)

    async def one(question: Question) -> Comparison:
        async with room:
            try:
                before, after = await asyncio.gather(_ask(old, question), _ask(new, question))
                result = Comparison(question, before, after)
            except ServerUnreachable as error:
                result = Comparison(question, error=str(error))
        done()
        return result

    return list(await asyncio.gather(*(one(question) for question in asked)))


async def _ask(server: SpringServer, question: Question) -> Answered:
    return await server.environment(question.application, question.profile, question.label)
