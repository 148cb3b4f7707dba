"""Environments and files as Spring's clients get them; every one of Spring's faces reads here and nowhere else.

The way of a request: the repositories that may answer are tried in order (``repositories``), each label of the
request is read, ``{cipher}`` values are opened, the overrides are put in front (``property_sources``).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import ParamSpec, TypeVar

from gitconfig_server.errors import (
    GitConfigError,
    InvalidRevision,
    LabelNotFound,
    RepositoryNotFound,
    RevisionNotFound,
    StorageError,
    TooLarge,
)
from gitconfig_server.model.principals import Principal
from gitconfig_server.model.reads import Reading
from gitconfig_server.model.replace import replace
from gitconfig_server.model.spring import Asked, ServedEnvironment, ServedFile, ServedSource
from gitconfig_server.revisions import parse_revision
from gitconfig_server.service.crossing import Crossing, aside, weigh
from gitconfig_server.service.spring.bases import SeveralLabels, Watch, Watched
from gitconfig_server.service.spring.property_sources import (
    Decrypt,
    DecryptText,
    decrypted,
    holds_ciphers,
    overrides_source,
    served_source,
)
from gitconfig_server.service.spring.repositories import Repositories, RepositoryChoice, ServedRepository

_MAX_LABELS = 20


def split_labels(label: str) -> tuple[str, ...]:
    """The items of a comma list as Spring reads it: not trimmed, the empty ones left out.

    Raises LabelNotFound where nothing is left, TooLarge past _MAX_LABELS.
    """
    labels = tuple(filter(None, label.split(",")))
    if len(labels) > _MAX_LABELS:
        raise TooLarge("number of labels", _MAX_LABELS)
    if not labels:
        raise LabelNotFound(label)
    return labels


def check_plain_label(label: str) -> str:
    """``label`` itself where it may name a branch, a tag or an id; steps and times are not Spring's: LabelNotFound."""
    try:
        revision = parse_revision(label)
    except InvalidRevision as error:
        raise LabelNotFound(label) from error
    if revision.steps or revision.at:
        raise LabelNotFound(label)
    return label


_Found = TypeVar("_Found", ServedEnvironment, ServedFile)
_P = ParamSpec("_P")
_T = TypeVar("_T")

_MISSING = (LabelNotFound, RevisionNotFound)

_PASSED_OVER = (*_MISSING, RepositoryNotFound, StorageError)
"""What makes a matched repository stand back. A broken file does not: another repository's values are no answer."""


class SpringReader:
    """Reads for Spring's faces.

    Without ``decrypt`` values pass through as they are stored, and without ``decrypt_text`` the text of files does.
    ``told`` hears why a matched repository was passed over.
    """

    def __init__(
        self,
        repositories: Repositories,
        crossing: Crossing,
        *,
        decrypt: Decrypt | None = None,
        decrypt_text: DecryptText | None = None,
        overrides: Mapping[str, str] | None = None,
        skip_missing_labels: bool = False,
        told: Callable[[GitConfigError], None] = lambda _: None,
    ) -> None:
        self._repositories = repositories
        self._crossing = crossing
        self._decrypt = decrypt
        self.decrypt_text = decrypt_text
        self._overrides = (overrides_source(overrides),) if overrides else ()
        self._skip_missing_labels = skip_missing_labels
        self._told = told

    async def environment(self, who: Principal, asked: Asked) -> ServedEnvironment:
        """The sources of the first repository that has the label, the strongest first.

        Of several labels the last one's come first. Raises LabelNotFound and its kin, RepositoryNotFound, TooLarge, and
        InvalidContent for a stored file that cannot be read.
        """

        choice = self._repositories.choose(asked)

        async def read(repository: ServedRepository, *, is_main: bool = False) -> ServedEnvironment:
            if asked.label is None or "," not in asked.label:
                return await self._read(repository, who, asked, asked.label)
            return await self._read_several(repository, who, asked, split_labels(asked.label), is_main=is_main)

        return await self._finished(await self._from_first(choice, read, partial(read, is_main=True)))

    async def file(self, who: Principal, asked: Asked, path: str) -> ServedFile:
        """The plain file that ``path`` means for these applications and profiles; FileNotFound where there is none.

        A comma in the label belongs to its name.
        """

        choice = self._repositories.choose(asked)

        async def read(repository: ServedRepository) -> ServedFile:
            reading = _reading(repository, asked.label)
            return await repository.service.plain_file(who, asked.applications, asked.profiles, path, reading)

        return await self._from_first(choice, read, read)

    async def work(self, function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """``function(*args, **kwargs)`` in a worker thread: work on what was read, which can take long."""
        return await self._crossing.run(function, *args, **kwargs)

    async def _from_first(
        self,
        choice: RepositoryChoice,
        read: Callable[[ServedRepository], Awaitable[_Found]],
        read_main: Callable[[ServedRepository], Awaitable[_Found]],
    ) -> _Found:
        """What the first repository answers that can, the main one last."""
        silent: list[Watch] = []
        is_sure = True
        for candidate in choice.matched:
            watch = None
            try:
                async with candidate.using() as repository:
                    watch = repository.watch()
                    return _watch(await read(repository), watch, silent, is_sure)
            except _PASSED_OVER as error:
                self._told(error)
                is_sure = is_sure and watch is not None and isinstance(error, _MISSING)
                silent += [watch] if watch else []
        async with choice.main.using() as repository:
            watch = repository.watch()
            return _watch(await read_main(repository), watch, silent, is_sure)

    async def _read(
        self, repository: ServedRepository, who: Principal, asked: Asked, label: str | None
    ) -> ServedEnvironment:
        reading = _reading(repository, label)
        read = await repository.service.environment(who, asked.applications, asked.profiles, reading)
        sources = tuple(served_source(repository.uri, source) for source in read.sources)
        return ServedEnvironment(read.commit, sources, basis=read.basis, running=read.running)

    async def _read_several(
        self, repository: ServedRepository, who: Principal, asked: Asked, labels: Sequence[str], *, is_main: bool
    ) -> ServedEnvironment:
        """Spring's order: the last label's sources first, the commits in the order of the request.

        Where missing labels are passed over, a matched repository that has none of them misses them, and stands back.
        """
        found: list[ServedEnvironment] = []
        missed: GitConfigError | None = None
        for label in labels:
            try:
                found.append(await self._read(repository, who, asked, label))
            except _MISSING as error:
                missed = error
                if not self._skip_missing_labels or len(labels) == 1:
                    raise
        if missed and not found and not is_main:
            raise missed
        version = ",".join(one.version or "" for one in found)
        running = next((one.running for one in reversed(found) if one.running), None)
        sources = tuple(source for one in reversed(found) for source in one.sources)
        bases = tuple(one.basis for one in found if one.basis)
        basis = SeveralLabels(bases) if len(bases) == len(labels) else None
        return ServedEnvironment(version, sources, basis=basis, running=running)

    async def _finished(self, environment: ServedEnvironment) -> ServedEnvironment:
        """With secrets opened and overrides in front."""
        sources, secret = environment.sources, False
        weight = weigh(source.properties for source in sources)
        if self._decrypt:
            secret = await aside(weight, _hold_ciphers, sources)
        if self._decrypt and secret:
            sources = await self._crossing.run(_opened, sources, self._decrypt)
        return replace(environment, sources=self._overrides + sources, secret=secret)


def _watch(found: _Found, source: Watch | None, silent: Sequence[Watch], is_sure: bool) -> _Found:
    """What was found, with a basis that ends when one of the repositories moves; none where that cannot be seen.

    A repository that is not there, or cannot be read, may come at any time.
    """
    if not is_sure or found.basis is None:
        return replace(found, basis=None)
    if source is None and not silent:
        return found
    return replace(found, basis=Watched(found.basis, source, tuple(silent)))


def _reading(repository: ServedRepository, label: str | None) -> Reading:
    return repository.default if label is None else Reading(check_plain_label(label))


def _hold_ciphers(sources: Sequence[ServedSource]) -> bool:
    return any(map(holds_ciphers, sources))


def _opened(sources: Sequence[ServedSource], decrypt: Decrypt) -> tuple[ServedSource, ...]:
    return tuple(decrypted(source, decrypt) if holds_ciphers(source) else source for source in sources)
