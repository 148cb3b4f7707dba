"""What Git keeps: immutable objects, the packs they travel in, and how a storage gives and takes them.

Ids are 40 hex digits as ``bytes`` unless it says 20.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

from msgspec import Struct

COMMIT, TREE, BLOB, TAG = 1, 2, 3, 4
"""Git's type numbers, as in pack entries and in dulwich."""


class RawObject(Struct, frozen=True):
    """One object, ready to store: ``raw`` is its content without Git's header."""

    id: bytes
    type: int
    raw: bytes


class PackEntry(NamedTuple):
    """One object as an entry of a pack; ids are 20 bytes, as on the wire.

    ``size`` is that of what ``deflated`` inflates to: the content, or, with a ``base``, a delta on that object.
    ``type`` means nothing for a delta: it has its base's.
    """

    id: bytes
    type: int
    size: int
    base: bytes | None
    deflated: bytes | memoryview


class WholePack(Protocol):
    """A pack that a storage holds ready to be sent; ids are 20 bytes."""

    @property
    def count(self) -> int:
        """How many objects it has."""

    def __contains__(self, name: bytes) -> bool: ...

    def __iter__(self) -> Iterator[bytes]: ...

    def body(self) -> Iterable[bytes | memoryview]:
        """The entries as they lie, in pieces, without the pack's header of 12 bytes and its checksum."""

    def index(self) -> Iterator[tuple[bytes, int, int]]:
        """Of each entry id, place in the pack, and crc32 of its bytes."""


class KeptPack(Struct, frozen=True):
    """What the commits ``heads`` (hex) lead to: exactly the objects of ``pack``, the heads included.

    But for the annotated ``tags`` (20 bytes each), which it holds too, and which lead to some of it.
    """

    heads: frozenset[bytes]
    pack: WholePack
    tags: frozenset[bytes] = frozenset()


class ReceivedPack(Struct, frozen=True):
    """A complete, checked pack of ``count`` objects: the file ``path`` (``.pack``) with its ``.idx`` beside it."""

    path: Path
    count: int


class CommitFacts(Struct, frozen=True):
    """What walks of the commit graph need to know of a commit; ``time`` is the committer's, in seconds."""

    id: bytes
    tree: bytes
    parents: tuple[bytes, ...]
    time: int


class Objects(Protocol):
    """Immutable objects by id."""

    def get_raw(self, name: bytes) -> tuple[int, bytes]:
        """Type number and content of the object named by 40 hex digits or 20 raw bytes; KeyError where absent."""

    def get_many_raw(self, ids: Iterable[bytes]) -> Iterator[tuple[bytes, int, bytes]]:
        """``(id, type, content)`` of each of ``ids``, in any order; KeyError names the first absent one."""

    def get_many_z(self, ids: Iterable[bytes]) -> Iterator[tuple[bytes, int, int, bytes]]:
        """``(id, type, content length, zlib stream of the content)``: what a pack entry needs, ready for the wire."""

    def get_entries(self, ids: Collection[bytes]) -> Iterator[PackEntry]:
        """Each object of ``ids`` (20 bytes) once, as it lies: a delta only on one of ``ids``, and behind it.

        A storage that holds no deltas gives whole objects. KeyError names the first absent one.
        """

    def whole_pack(self, ids: Collection[bytes]) -> WholePack | None:
        """A stored pack, large enough to be worth it, of which ``ids`` (20 bytes) hold every object."""

    def contains_many(self, ids: Iterable[bytes]) -> set[bytes]:
        """Those of ``ids`` that are stored, and that garbage collection does not intend to remove."""

    def iter_prefix(self, prefix: bytes) -> Iterator[bytes]:
        """The ids that begin with ``prefix`` (hex, at least 4 digits)."""

    def put(self, objects: Iterable[RawObject]) -> None:
        """Store objects; one that is there already is kept and counts as new for garbage collection.

        Durable only once an ``update_refs`` that follows has returned.
        """

    def __iter__(self) -> Iterator[bytes]:
        """Every stored id, in any order."""

    def close(self) -> None:
        """Release files and connections."""
