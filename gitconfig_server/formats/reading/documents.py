"""What reading one configuration file yields: its documents, and how far a reader may go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct, field

from gitconfig_server.formats.reading.activation import Activation
from gitconfig_server.formats.reading.directives import Directives
from gitconfig_server.formats.values import without_brackets
from gitconfig_server.model.environments import Position, Value
from gitconfig_server.model.findings import Finding

Place = tuple[int, int]
"""Line and column of a value, counted from 1; a ``Position`` at a fifth of its cost."""

NOWHERE: Place = (0, 0)
"""Of a value that Spring shows without a place, though it stands in a file that has places."""


class ReadLimits(Struct, frozen=True):
    """Bounds on one file, so that a hostile one costs its reader little.

    ``depth`` is SnakeYAML's. ``aliases`` counts aliases of collections: Spring sets no bound there, we set a wide one,
    because ``keys`` and ``characters`` (of flat keys, and of the values that aliases repeat) bound what they expand to.
    """

    bytes: int = 2 * 1024 * 1024
    documents: int = 1000
    depth: int = 50
    aliases: int = 1000
    keys: int = 200_000
    characters: int = 32 * 1024 * 1024


DEFAULT_LIMITS = ReadLimits()
_MAX_REMARKS = 100
"""Remarks kept for one document."""


class Remark(Struct, frozen=True):
    """Something odd about one key that does not stop the file from parsing; ``rule`` is a stable word."""

    rule: str
    key: str
    detail: str
    line: int = 0
    column: int = 0

    def finding(self, path: str, *, fatal: bool = False) -> Finding:
        """The remark as a finding about ``path``."""
        return Finding(path=path, rule=self.rule, detail=self.detail, line=self.line, column=self.column, fatal=fatal)


class FlatDocument(Struct, frozen=True):
    """One non-empty document as the reader of a format yields it: flattened, in file order.

    ``index`` counts all of the file, empty ones too.
    """

    properties: dict[str, Value] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    remarks: list[Remark] = field(default_factory=list)
    index: int = 0

    def put(self, key: str, value: Value, place: Place, rule: str = "second-spelling") -> None:
        """Set ``key``; the last value wins, and a key that was there is remarked upon under ``rule``."""
        if key in self.properties and len(self.remarks) < _MAX_REMARKS:
            first = self.places[key][0]
            self.remarks.append(Remark(rule, key, f"{key} is already set in line {first}; this value wins", *place))
        self.properties[key] = value
        self.places[key] = place

    def note_spellings(self) -> None:
        """Remark upon keys that differ in brackets alone, ``a[0]`` and ``a.0``: one name to Spring's binder."""
        named: dict[str, str] = {}
        for key in self.properties:
            if "[" not in key:
                continue
            name = without_brackets(key)
            first = named.setdefault(name, key)
            first = name if first == key else first
            if first != key and first in self.properties and len(self.remarks) < _MAX_REMARKS:
                one, other = sorted((first, key), key=self.places.__getitem__)
                detail = f"{other} is another spelling of {one}"
                self.remarks.append(Remark("second-spelling", other, detail, *self.places[other]))


class Document(Struct, frozen=True):
    """One document of a file. It knows no path, so that files of equal content can share it.

    ``number`` counts the file's non-empty documents from 0, inactive ones included, as Spring does; None where there is
    only one. ``index`` counts empty ones too.
    ``activation`` None: always active. ``chooses_profiles`` tells of a key that only base files may hold.
    ``directives`` None: it asks for no further profiles or files.
    """

    number: int | None
    properties: Mapping[str, Value]
    positions: Mapping[str, Position]
    activation: Activation | None = None
    remarks: tuple[Remark, ...] = ()
    chooses_profiles: Remark | None = None
    directives: Directives | None = None
    index: int = 0


class Positions(Mapping[str, Position]):
    """Key -> position, each made when it is asked for: most readers never ask."""

    __slots__ = ("_places",)

    def __init__(self, places: Mapping[str, Place]) -> None:
        self._places = places

    def __getitem__(self, key: str) -> Position:
        return Position(*self._places[key])

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)
