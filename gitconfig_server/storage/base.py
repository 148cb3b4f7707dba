"""What a storage must do for the Git floor: objects (``objects.py``), refs with a compare-and-swap, a journal.

Ids are 40 lower-case hex digits as ``bytes``; ref names are ``bytes``. Every implementation must pass
``storage/conformance``. All methods may be called from any thread.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from msgspec import Struct, field

from gitconfig_server.errors import InvalidName
from gitconfig_server.storage.objects import CommitFacts, KeptPack, Objects, RawObject, ReceivedPack, WholePack
from gitconfig_server.storage.upkeep import Upkeep

Snapshot = Mapping[bytes, bytes]
"""Ref name -> id (not peeled), of one instant. Holds no symbolic ref and no HEAD."""

REQUEST_KEY = "idempotency-key"
"""The name in a record's ``details`` under which a request's key stands: a storage carries it out once."""

KEPT_FOR = timedelta(hours=24)
"""How long the key of a request is known, by the clock of the storage."""

FRESH_SECONDS = 1.0
"""How old what a storage shows may be, by ``StoredRepository.age``, unless it was told to bear more."""

Clock = Callable[[], datetime]
"""What a journal is dated with; tests pass their own."""

_ALLOWED = re.compile(r"[^./\\\x00-\x1f\x7f-][^/\\\x00-\x1f\x7f]*\Z")


class RefUpdate(Struct, frozen=True):
    """One ref's move. ``old`` None: the ref must not exist. ``new`` None: delete it."""

    ref: bytes
    old: bytes | None
    new: bytes | None


class JournalRecord(Struct, frozen=True):
    """One transaction of refs.

    ``seq`` counts from 1 without gaps, also where a new ``epoch`` begins; a storage sets both, and ``received_at``,
    when it stores the record (0, "" and None before). ``received_at`` is UTC and never runs backwards.
    ``reason`` is a stable word: ``init``, ``save``, ``push``, ``push-forced`` (a label lost commits by it),
    ``external`` (moved by stock Git, fast-forward or new), ``external-forced`` (moved by stock Git otherwise), and
    those that later capabilities add.
    """

    updates: tuple[RefUpdate, ...]
    reason: str
    actor: str = ""
    message: str = ""
    details: Mapping[str, str] = field(default_factory=dict)
    seq: int = 0
    epoch: str = ""
    received_at: datetime | None = None

    def moved(self, ref: bytes) -> RefUpdate | None:
        """What the record did to ``ref``."""
        return next((update for update in self.updates if update.ref == ref), None)


class Turn(Protocol):
    """The right to move refs: a repository gives it to anybody, ``turn()`` to one after the other."""

    def update_refs(
        self,
        updates: Sequence[RefUpdate],
        *,
        objects: Iterable[RawObject] = (),
        pack: ReceivedPack | None = None,
        record: JournalRecord,
    ) -> JournalRecord:
        """Store ``objects`` and ``pack``, then move all refs or none, together with the journal's record of it.

        ``pack`` lies in a folder from ``scratch``; it is moved away or read, as suits the storage. ``record.updates``
        must equal ``updates``, which name each ref once; without any, the record alone is kept. Durable when it
        returns: the record as it was stored. A ref that exists beside one named beneath it (``a`` and ``a/b``) is
        refused. Raises AlreadyRecorded where ``record.details`` names a request (``REQUEST_KEY``) that its actor's
        record of the last 24 hours names, RefChanged, UpdateRefused, StorageBusy, StorageFull, RepositoryReadOnly;
        then nothing has moved. After OutcomeUnknown it may have.
        """


class Lease(Protocol):
    """A task that one holder at a time has; it is lost with the holder's process or connection."""

    def is_held(self) -> bool:
        """Whether it is still ours: ask before each step that must not be done twice."""


class Sighting:
    """A generation that was seen: right while ``words[0]`` is ``moves`` or ``begun``, and ``until`` is to come.

    For who must ask at each of very many requests, and has no time for a call. ``begun`` says that a move is under way
    which nobody has seen or been told of. ``until`` (monotonic) is the past once anybody in this process has seen
    another generation.
    """

    __slots__ = ("begun", "generation", "moves", "until", "words")

    def __init__(self, words: Sequence[int], moves: int, begun: int, until: float, generation: int) -> None:
        self.words, self.moves, self.begun, self.until, self.generation = words, moves, begun, until, generation


class GitFolder(Protocol):
    """The folder of a repository that stock Git opens too."""

    @property
    def root(self) -> Path:
        """Where it is."""

    def symbolic(self) -> Mapping[bytes, bytes]:
        """Each symbolic ref with the ref that it leads to in the end, be it there or not; HEAD is not among them."""

    def generation_at_once(self) -> int | None:
        """As ``StoredRepository.generation``, for an event loop; None where it would take more than milliseconds."""

    def settings(self, *names: tuple[bytes, bytes]) -> Sequence[bytes]:
        """All values of some settings (section and name), in the order of the repository's own configuration."""


class StoredRepository(Turn, Protocol):
    """One repository in a storage."""

    @property
    def name(self) -> str:
        """Its name in the storage."""

    @property
    def writable(self) -> bool:
        """False where nothing can be stored (a read-only folder)."""

    @property
    def objects(self) -> Objects:
        """The objects."""

    def snapshot(self, *, fresh: bool = False) -> Snapshot:
        """All refs under ``refs/``, read as of one instant. Moves the journal does not know are journalled first.

        Holds every move that this server acknowledged. With ``fresh`` every move that anybody was acknowledged
        before the call; without, those of other servers within the bound that the storage states.
        """

    def head(self) -> bytes | None:
        """The ref HEAD points at, whether it exists or not; None where HEAD is detached or absent."""

    def set_head(self, ref: bytes) -> None:
        """Point HEAD at ``ref``."""

    def turn(self) -> AbstractContextManager[Turn]:
        """Stand in line with all who make their change from the present refs: one at a time, first come first served.

        So that no change is made in vain, and nobody loses again and again. Within it ``snapshot`` holds what was
        there when the turn began, and the value's ``update_refs`` moves refs; whoever takes no turn may still be
        quicker (RefChanged). Not reentrant. Raises StorageBusy, RepositoryReadOnly.
        """

    def journal(
        self,
        *,
        after: int = 0,
        before: int | None = None,
        ref: bytes | None = None,
        newest_first: bool = False,
        limit: int | None = None,
    ) -> Iterator[JournalRecord]:
        """Records with ``after`` < ``seq`` < ``before``, oldest first unless said otherwise, at most ``limit``.

        With ``ref`` only those that moved it. Reads no more than it gives, so it may be left half way.
        """

    def journal_at(self, ref: bytes, time: datetime) -> JournalRecord | None:
        """The last record that moved ``ref`` and was received at ``time`` or before."""

    def recorded(self, actor: str, key: str) -> JournalRecord | None:
        """The record of the request that ``actor`` named ``key`` within ``KEPT_FOR``."""

    def commits(
        self, tips: Iterable[bytes], stop: Iterable[bytes] = (), limit: int | None = None
    ) -> Iterator[CommitFacts]:
        """The commits reached from ``tips`` by way of parents, each once, tips first, in bulk.

        Does not give those in ``stop`` or go beyond them; stops quietly where history is cut off. KeyError where a
        tip is absent or no commit.
        """

    def lease(self, name: str) -> AbstractContextManager[Lease | None]:
        """The lease ``name`` if nobody has it; held within the block, which begins at once."""

    def now(self) -> datetime:
        """The time by the storage's clock."""

    @property
    def folder(self) -> GitFolder | None:
        """The folder that it is for stock Git; None where it is none."""

    @property
    def shared_folder(self) -> Path | None:
        """A folder of this machine for small files of all processes that have the repository open here.

        None where there is but one process.
        """

    def reach(self, epoch: str, seq: int, timeout: float) -> None:
        """Let ``snapshot`` hold at least the record ``seq`` of ``epoch``, for which this waits ``timeout`` seconds.

        CursorLost where the journal has no such record and never will; StorageStale where it does not come in time.
        """

    def age(self) -> float:
        """Seconds since what is shown was last known to be all there is; 0 where it always is."""

    def generation(self, *, ask: bool = False) -> int:
        """Differs whenever any ref moved, whoever moved it; cheap enough to ask at every read: no I/O.

        It never misses a move that this server acknowledged; it shows those of other servers, and of stock Git in the
        folder, within the bound that the storage states, and raises StorageStale rather than pass it. With ``ask`` the
        storage is asked then: what is answered holds every move that was acknowledged before the call.
        """

    def sighting(self) -> Sighting | None:
        """What was seen last, however long ago; None where only ``generation`` can tell what is right now."""

    def wait(self, generation: int, timeout: float) -> int:
        """Block until ``generation()`` differs from ``generation`` or ``timeout`` seconds passed; the value now."""

    @property
    def upkeep(self) -> Upkeep | None:
        """Its housekeeping; None where there is none to do."""

    def kept_packs(self) -> Sequence[KeptPack]:
        """The packs that were kept, the last one first; none where the storage keeps none."""

    def keep_pack(self, pack: Path, heads: Iterable[bytes], tags: Iterable[bytes] = ()) -> None:
        """Keep a complete pack (as for ``update_refs``) of all that ``heads`` lead to, to be sent again.

        ``tags``: the annotated ones (20 bytes each) that are in it too. It is a copy of what is stored elsewhere: a
        storage drops old ones as it likes, and failing is no harm.
        """

    def note_heads(self, pack: WholePack, heads: Iterable[bytes], tags: Iterable[bytes] = ()) -> None:
        """As ``keep_pack``, of a pack that ``objects.whole_pack`` answered: it lies there, so no copy is made."""

    def scratch(self) -> AbstractContextManager[Path]:
        """A private empty folder, removed on leaving, on the file system the objects live on where that matters."""

    def adopt(self, records: Sequence[JournalRecord]) -> None:
        """Take over the journal of another repository, with its numbers, times and epochs, and put refs where it leads.

        All of it or nothing. StorageError unless this journal is empty. A storage whose journal has one epoch keeps the
        last one.
        """

    def repair(self) -> str | None:
        """Mend what ``damage`` tells, as far as that is possible: what was done, None where nothing was to do."""

    def damage(self) -> str | None:
        """What is known to be damaged; asked for by probes, so it costs little where nothing has changed."""

    def notices(self) -> Sequence[str]:
        """What about the storage is not as it should be, and what may be lost by it."""

    def prepare(self, *, stale_reads: float = 0.0) -> Sequence[str]:
        """Make the repository ready to be served; what about it is not as it should be.

        ``stale_reads``: so many seconds old may be what is shown while the storage cannot be asked, except where
        ``fresh``, ``reach`` or a write asks for more.
        """

    def close(self) -> None:
        """Release files and connections. The repository is not used afterwards."""


class Storage(Protocol):
    """A place that holds repositories by name."""

    @property
    def lasting(self) -> bool:
        """Whether its repositories outlive the process, so that others may open them too."""

    def create(self, name: str, default_branch: str = "main") -> StoredRepository:
        """A new empty repository; RepositoryExists where there is one."""

    def open(self, name: str) -> StoredRepository:
        """An existing repository; NotARepository where there is none."""

    def names(self) -> list[str]:
        """The repositories, sorted."""

    def drop(self, name: str) -> None:
        """Remove a repository and all it holds."""

    def close(self) -> None:
        """Release what the storage holds open, its repositories included."""


def utc_now() -> datetime:
    """The present, with its zone."""
    return datetime.now(UTC)


def check_repository_name(name: str) -> None:
    """Refuse what is not the plain name of one folder, or would hide it."""
    if len(name.encode(errors="replace")) > 200 or not _ALLOWED.match(name):
        raise InvalidName("repository", name, "one folder name, not beginning with a dot or a dash")
