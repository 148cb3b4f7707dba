"""A source as a write meets it: its files and documents, and which of them holds a key."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from gitconfig_server.formats.editing.edits import Nested
from gitconfig_server.formats.properties import merge
from gitconfig_server.formats.reading.documents import Document
from gitconfig_server.model.environments import Value

_EMPTY = Document(None, {}, {})


@dataclass(frozen=True, slots=True)
class Part:
    """One document of one file. ``active``: it takes part where exactly the source's profile is active."""

    path: str
    document: Document
    active: bool = True

    @property
    def number(self) -> int | None:
        """Which document it is, None where it is the only one."""
        return self.document.number

    @property
    def name(self) -> str:
        """The path, with the document's number where there are several."""
        return self.path if self.number is None else f"{self.path} (document #{self.number})"


def parts_of(path: str, documents: Sequence[Document], profiles: Collection[str]) -> Iterator[Part]:
    """The documents of a file, the strongest first; one without content where it has none."""
    for one in reversed(documents or (_EMPTY,)):
        yield Part(path, one, one.activation is None or one.activation.is_active(profiles))


def effective(parts: Iterable[Part]) -> dict[str, Value]:
    """What the active parts hold together."""
    return merge(part.document.properties for part in parts if part.active)


def distribute(
    parts: Sequence[Part], before: Mapping[str, Value], after: Mapping[str, Nested]
) -> Iterator[tuple[Part, dict[str, Nested]]]:
    """The parts that change, each with all it is to hold, so that together they hold ``after`` and not ``before``.

    A key changes where its effective value stands, and goes from wherever it stands. A list is one value: it changes
    in the strongest part that holds any of it. New keys go to the strongest part that is always active. The parts, of
    which one at least is active, are given and come back the strongest first.
    """
    active = [part for part in parts if part.active]
    groups = [{_group(key) for key in part.document.properties} for part in active]
    wanted: list[dict[str, Nested]] = [dict(part.document.properties) for part in active]
    left = {_group(key) for key in after}
    for key in before.keys() - after.keys():
        one_list = "[" in key and _group(key) in left
        for properties in [wanted[_first(groups, key, 0)]] if one_list else wanted:
            properties.pop(key, None)
    gone = {_group(key) for key in before} - left  # with what a stronger list had hidden
    wanted = [{key: one for key, one in properties.items() if _group(key) not in gone} for properties in wanted]
    home = next((index for index, part in enumerate(active) if part.document.activation is None), 0)
    for key, value in after.items():
        if key not in before or not is_same(before[key], value):
            wanted[_first(groups, key, home)][key] = value
    for part, properties in zip(active, wanted, strict=True):
        stored = part.document.properties
        if properties.keys() != stored.keys() or not all(is_same(stored[key], one) for key, one in properties.items()):
            yield part, properties


def is_same(stored: Value, wanted: Nested) -> bool:
    """Whether a stored value is the one that is wanted: ``1``, ``1.0``, ``true`` and ``"1"`` differ."""
    if wanted is None or isinstance(wanted, list | tuple):
        return stored == "" and not wanted
    return type(stored) is type(wanted) and stored == wanted


def _first(groups: Sequence[Collection[str]], key: str, otherwise: int) -> int:
    return next((index for index, keys in enumerate(groups) if _group(key) in keys), otherwise)


def _group(key: str) -> str:
    """A list is known by what stands before its first bracket, as in Spring's merge."""
    return key.partition("[")[0]
