"""What a session works on: an application, a profile, a label; and what of it stands where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from gitconfig_server.errors import InvalidInput, InvalidName, LabelNotFound, SourceNotFound
from gitconfig_server.git.ref_names import branch_ref, is_staged
from gitconfig_server.model.history import HistoryEntry, HistoryQuery
from gitconfig_server.model.principals import Principal
from gitconfig_server.model.reads import Reading
from gitconfig_server.model.staging import EVERYTHING, Staged, StagedPart
from gitconfig_server.model.writes import SourcePlace
from gitconfig_server.service.base import ConfigService
from gitconfig_server.telnet.target import Data, Path

MANIFEST = "gitconfig.yml"
"""A source whose name reads backwards in two ways is declared in it, in the same commit."""


_MAX_SAVES = 500
"""How far back one can go by number; further back lead commits, over HTTP."""


class StoredPlace(Struct, frozen=True):
    """One source of one label (None: the default one), and who works on it."""

    service: ConfigService
    who: Principal
    application: str
    profile: str
    label: str | None

    @property
    def source(self) -> SourcePlace:
        """The source, for writes."""
        return SourcePlace(self.application, self.profile)

    @property
    def name(self) -> str:
        """As people say it."""
        return f"{self.application}/{self.profile}" + (f":{self.label}" if self.label else "")

    async def stored(self, reading: Reading) -> dict[str, Data] | None:
        """The source as it is stored, its documents joined, the weakest first; None where there is none."""
        return (await self.seen(reading))[0]

    async def seen(self, reading: Reading) -> tuple[dict[str, Data] | None, str | None]:
        """The same, and what names its content."""
        try:
            found = await self.service.source(self.who, self.application, self.profile, reading)
        except SourceNotFound:
            return None, None
        own: dict[str, Data] = {}
        for item in reversed(found.items):
            if item.name not in found.inactive:
                own = _overlaid(own, dict(item.nested if item.nested is not None else item.properties))
        return own, found.validator

    async def check_editable(self) -> None:
        """Raise where nothing can be staged: LabelNotFound, LabelReadOnly for tags and ids, InvalidName for staged."""
        if self.label is not None and is_staged(branch_ref(self.label)):
            raise InvalidName("label", self.label, "what is staged is edited at the label that it belongs to")
        await self.seen(Reading(self.label, staged=True))

    async def running(self) -> str:
        """The commit that readers get; LabelNotFound."""
        reading = Reading(self.label)
        return (await self.service.environment(self.who, (self.application,), (self.profile,), reading)).commit

    def mine(self, staged: Staged) -> StagedPart | None:
        """The part of what is staged that belongs to the source; None where none of it does."""
        own = [one for one in staged.files if (one.application, one.profile) == (self.application, self.profile)]
        paths = tuple(one.path for one in own)
        if not paths:
            return None
        declared = tuple(one.path for one in staged.files if one.path == MANIFEST)
        if len(staged.files) == len(paths) + len(declared):
            return EVERYTHING
        return StagedPart(paths=(*paths, *declared))


async def label_name(place: StoredPlace) -> str:
    """The label's own name, the default one's where none was chosen; LabelNotFound where nothing is stored yet."""
    if place.label:
        return place.label
    found = next((one.name for one in await place.service.labels(place.who) if one.default), None)
    if found is None:
        raise LabelNotFound("main")
    return found


async def saves(place: StoredPlace, limit: int) -> Sequence[HistoryEntry]:
    """The tips of the label that changed the source, newest first."""
    query = HistoryQuery(place.application, place.profile, limit=min(limit, _MAX_SAVES))
    return (await place.service.history(place.who, place.label, query)).entries


async def commit_of(place: StoredPlace, older: int) -> str:
    """The commit that was saved that many saves ago; InvalidInput where so many are not known."""
    found = await saves(place, older + 1)
    if len(found) <= older:
        raise InvalidInput(f"rollback {older}: {len(found)} are saved: type history")
    return found[older].tip.commit


def patch(own: dict[str, Data], path: Path, value: Data) -> tuple[Mapping[str, Any], ...]:
    """The operations of a JSON Patch that let ``value`` stand at a path, with maps on the way to it.

    InvalidInput where a value stands in the way.
    """
    if not path:
        if not isinstance(value, dict):
            raise InvalidInput("a configuration is a map at the top")
        return tuple(operations(own, value))
    here: Any = own
    for depth, word in enumerate(path):
        is_last = depth == len(path) - 1
        if isinstance(here, dict) and word in here:
            if is_last:
                return () if is_same(here[word], value) else (_operation("replace", path, value),)
            here = here[word]
        elif isinstance(here, list):
            index = _index(here, word, path[:depth])
            if index == len(here):
                return (_operation("add", path[: depth + 1], _nested(path[depth + 1 :], value)),)
            if is_last:
                return () if is_same(here[index], value) else (_operation("replace", path, value),)
            here = here[index]
        elif isinstance(here, dict):
            return (_operation("add", path[: depth + 1], _nested(path[depth + 1 :], value)),)
        else:
            raise InvalidInput(f"{' '.join(path[:depth])} is a value: delete it first")
    raise AssertionError(path)


def made_by(operations: Sequence[Mapping[str, Any]]) -> dict[str, Data]:
    """What the operations of a ``patch`` of nothing make: each adds one name."""
    return {one["path"][1:].replace("~1", "/").replace("~0", "~"): one["value"] for one in operations}


def removal(path: Path) -> tuple[Mapping[str, Any], ...]:
    """The operation that lets what stands at a path go."""
    return ({"op": "remove", "path": _pointer(path)},)


def operations(old: dict[str, Data], new: dict[str, Data], path: Path = ()) -> Iterator[Mapping[str, Any]]:
    """From one map to another; maps are entered, anything else, lists too, is replaced whole."""
    yield from (removal((*path, name))[0] for name in old if name not in new)
    for name, value in new.items():
        place = (*path, name)
        if name not in old:
            yield _operation("add", place, value)
        elif isinstance(value, dict) and isinstance(old[name], dict) and value and old[name]:
            yield from operations(old[name], value, place)
        elif not is_same(old[name], value):
            yield _operation("replace", place, value)


def is_same(one: Data, other: Data) -> bool:
    """Whether two values are equal; ``1``, ``1.0`` and ``true`` differ, and the order of a map does not count."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(is_same(value, other[name]) for name, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(is_same, one, other))
    return type(one) is type(other) and bool(one == other)


def walk(data: Data, path: Path = ()) -> Iterator[Path]:
    """The paths of all values."""
    if isinstance(data, dict | list) and data:
        for name, value in data.items() if isinstance(data, dict) else enumerate(data):
            yield from walk(value, (*path, str(name)))
    else:
        yield path


def _index(items: Sequence[Data], word: str, path: Path) -> int:
    if not (word.isascii() and word.isdigit() and len(word) < 10 and int(word) <= len(items)):
        raise InvalidInput(f"{' '.join(path)} is a list of {len(items)}: say the number of an item, from 0 on")
    return int(word)


def _nested(path: Path, value: Data) -> Data:
    for word in reversed(path):
        value = {word: value}
    return value


def _overlaid(weak: Data, strong: Data) -> Data:
    if not (isinstance(weak, dict) and isinstance(strong, dict)):
        return strong
    return {**weak, **{name: _overlaid(weak[name], one) if name in weak else one for name, one in strong.items()}}


def _operation(name: str, path: Path, value: Data) -> Mapping[str, Any]:
    return {"op": name, "path": _pointer(path), "value": value}


def _pointer(path: Path) -> str:
    return "".join("/" + word.replace("~", "~0").replace("/", "~1") for word in path)
