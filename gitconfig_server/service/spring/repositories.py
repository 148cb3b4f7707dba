"""The repositories that may answer a Spring request: those whose patterns match, and the main one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

from msgspec import Struct

from gitconfig_server.model.reads import Reading
from gitconfig_server.model.spring import Asked
from gitconfig_server.service.base import DEFAULT, ConfigService
from gitconfig_server.service.spring.bases import Watch
from gitconfig_server.service.spring.open_repositories import Manner, OpenRepositories
from gitconfig_server.service.spring.templates import Template


class Patterns(Struct, frozen=True):
    """Texts with ``*`` for any characters, as Spring reads them (``PatternMatchingJGitEnvironmentRepository``)."""

    texts: tuple[str, ...]

    @classmethod
    def of(cls, written: Sequence[str]) -> Patterns:
        """``team`` also means ``team/*``, and ``*/prod`` further profiles behind ``prod``."""
        profiles_free = [f"{text}/*" for text in written if "/" not in text]
        more_profiles = [f"{text},*" for text in written if not text.endswith("*")]
        return cls((*profiles_free, *written, *more_profiles))

    def match(self, asked: Asked) -> bool:
        """Whether they match one of the profiles, and also the comma list of all: the first profile decides."""
        one = any(self._match(f"{asked.name}/{profile}") for profile in asked.profiles)
        return one and self._match(f"{asked.name}/{asked.profile_text}")

    def _match(self, text: str) -> bool:
        return any(matches(pattern, text) for pattern in self.texts)


def matches(pattern: str, text: str) -> bool:
    """Whether ``text`` is ``pattern`` with something in the place of each ``*``; takes no longer than reading both."""
    first, *rest = pattern.split("*")
    if not rest:
        return text == pattern
    if not text.startswith(first):
        return False
    at = len(first)
    for part in rest[:-1]:
        found = text.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return len(text) - at >= len(rest[-1]) and text.endswith(rest[-1])


class ServedRepository(Struct, frozen=True):
    """A repository that is open. ``uri`` is what the names of its sources begin with.

    ``default`` is read where a request names no label. ``generation`` differs whenever a ref moves there; None for the
    served repository, whose moves are seen by whoever keeps answers.
    """

    service: ConfigService
    uri: str
    default: Reading = DEFAULT
    generation: Callable[[], int | None] | None = None

    def watch(self) -> Watch | None:
        """To be taken before reading."""
        return Watch(self.generation, self.generation()) if self.generation else None


class RepositoryCandidate(Protocol):
    """A repository that may answer."""

    def using(self) -> AbstractAsyncContextManager[ServedRepository]:
        """Open it for as long as the context lasts. RepositoryNotFound where there is none, StorageError."""


class RepositoryChoice(Struct, frozen=True):
    """Who may answer a request: ``matched`` in order, and where all of them stand back, ``main``."""

    main: RepositoryCandidate
    matched: Sequence[RepositoryCandidate] = ()


class Repositories(Protocol):
    """Which repositories may answer which request."""

    def choose(self, asked: Asked) -> RepositoryChoice:
        """Looks at the names alone; nothing is opened."""


class OneRepository:
    """The same repository for every request, open already."""

    def __init__(self, repository: ServedRepository) -> None:
        self._repository = repository
        self._choice = RepositoryChoice(self)

    def choose(self, asked: Asked) -> RepositoryChoice:
        """Itself alone."""
        return self._choice

    @asynccontextmanager
    async def using(self) -> AsyncIterator[ServedRepository]:
        """Nothing is to be opened or closed."""
        yield self._repository


class TemplateRepositories(Struct, frozen=True):
    """A repository for each of the names that are put into a template; ``main_label`` where a request has no label."""

    template: Template
    manner: Manner
    opened: OpenRepositories
    main_label: str = "main"
    default: Reading = DEFAULT

    def choose(self, asked: Asked) -> RepositoryChoice:
        """The repository of all the names as they are written, a comma list too."""
        return RepositoryChoice(self.candidate(asked, asked.profile_text))

    def candidate(self, asked: Asked, profile: str) -> RepositoryCandidate:
        """The repository of one profile."""
        return _Located(self, asked, profile)


class _Located(Struct, frozen=True):
    """A repository that is looked for when it is used."""

    of: TemplateRepositories
    asked: Asked
    profile: str

    @asynccontextmanager
    async def using(self) -> AsyncIterator[ServedRepository]:
        label = self.asked.label if self.asked.label is not None else self.of.main_label
        names = {"application": self.asked.name, "profile": self.profile, "label": label}
        location = self.of.template.locate(names)
        async with self.of.opened.using(location, self.of.manner) as service:
            generation = self.of.opened.generation(location, self.of.manner)
            yield ServedRepository(service, location.uri, self.of.default, generation)


class PatternedRepositories(Struct, frozen=True):
    """Further repositories in front of a main one, each with its patterns, in the order of the settings."""

    main: Repositories
    further: Sequence[tuple[Patterns, TemplateRepositories]]

    def choose(self, asked: Asked) -> RepositoryChoice:
        """A template with ``{profile}`` is tried with each profile, the last one first."""
        matched: list[RepositoryCandidate] = []
        for patterns, repositories in self.further:
            if patterns.match(asked):
                several = repositories.template.uses("profile")
                profiles = reversed(asked.profiles) if several else (asked.profile_text,)
                matched += (repositories.candidate(asked, profile) for profile in profiles)
        return RepositoryChoice(self.main.choose(asked).main, matched)
