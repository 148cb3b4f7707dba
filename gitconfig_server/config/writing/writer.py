"""Writing: a change is a function of the head it is applied to, and is made again where the race for it was lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime
from functools import partial
from typing import Protocol

from msgspec import Struct, field

from gitconfig_server.config.branches import Head
from gitconfig_server.config.resolution.contributors import ReadDocuments
from gitconfig_server.config.resolution.resolve import DEFAULT_OPTIONS, ResolveOptions, read_documents
from gitconfig_server.config.running.records import pending_ref
from gitconfig_server.config.writing.answers import EarlierAnswers, FindAffected, cursor_of, remember
from gitconfig_server.config.writing.drafts import Draft, NewTree
from gitconfig_server.config.writing.heads import Precondition, head_to_build_on
from gitconfig_server.errors import (
    AlreadyRecorded,
    ContentRefused,
    GitConfigError,
    InvalidContent,
    RefChanged,
    StorageError,
)
from gitconfig_server.formats.reading.formats import parsing_once
from gitconfig_server.git.objects.commits import SERVER, Identity, make_commit
from gitconfig_server.git.objects.reader import ObjectMap
from gitconfig_server.git.ref_names import BRANCHES
from gitconfig_server.git.repository import GitRepository
from gitconfig_server.git.rules import Judged
from gitconfig_server.model.findings import FileConflict, Finding
from gitconfig_server.model.principals import Intent, Mover, Principal
from gitconfig_server.model.replace import replace
from gitconfig_server.model.writes import NO_OPTIONS, WriteOptions, WriteRequest, WriteResult
from gitconfig_server.storage.base import Clock, RefUpdate, Turn, utc_now
from gitconfig_server.storage.objects import RawObject

_TRIES = 50
"""How often a change is made anew. Only pushes can be quicker: whoever saves stands in line."""


class Edited(Struct, frozen=True):
    """What an edit did: a message for where the caller gave none, and the validator of what was written, if one.

    ``settled``: conflicts that the caller decided.
    ``keys``: how many keys it put, and how many it removed, where it counted them.
    """

    message: str
    validator: str | None = None
    settled: tuple[FileConflict, ...] = ()
    keys: tuple[int, int] | None = None


class DraftEdit(Protocol):
    """Changes the draft of a head's tree. Runs again, on another head, where the race for the label was lost."""

    def __call__(self, draft: Draft, seen: Precondition) -> Edited:
        """Call ``seen.require`` before changing anything; where it is not called, the label's commit must hold."""


class LabelMove(Struct, frozen=True):
    """Refs about to move, and what the caller is told. No ``updates``: there is nothing to change.

    ``own``: moves under ``refs/gitconfig/`` that go along, or, where the move is ``held``, that are made instead of
    ``updates``, once the door has let those pass. ``message`` and ``details`` are for the journal. ``deliberate``: a
    tag moves or a label goes. ``former``: a commit that comes back.
    """

    result: WriteResult
    updates: tuple[RefUpdate, ...] = ()
    objects: tuple[RawObject, ...] = ()
    message: str = ""
    details: Mapping[str, str] = field(default_factory=dict)
    deliberate: bool = False
    former: bytes | None = None
    own: tuple[RefUpdate, ...] = ()
    held: bool = False


class Writer:
    """Changes the labels of a repository. Safe to use from any thread.

    ``resolve_options`` and ``read`` say what file names and contents mean, as they do in reading.
    """

    def __init__(
        self,
        git: GitRepository,
        resolve_options: ResolveOptions = DEFAULT_OPTIONS,
        read: ReadDocuments = read_documents,
        clock: Clock = utc_now,
        affected: FindAffected | None = None,
    ) -> None:
        self._answers = EarlierAnswers(git, affected)
        self.git = git
        self.resolve_options = resolve_options
        self.read = read
        self._clock = clock

    def save(self, request: WriteRequest, edit: DraftEdit, trailers: Mapping[str, str] | None = None) -> WriteResult:
        """One commit on the label, or none where the edit changes nothing.

        Durable when it returns. Raises what ``edit`` raises, LabelNotFound, LabelReadOnly, PreconditionFailed,
        ContentRefused, IdempotencyMismatch, UpdateRefused, StorageError; then nothing has changed.
        """
        return self.move(partial(self._committed, edit, request, trailers or {}), request)

    def move(self, plan: Callable[[], LabelMove], request: WriteRequest) -> WriteResult:
        """Carry out what ``plan`` makes of the refs as they are; it is asked again where they moved meanwhile."""
        # Outside the turn: an ending is a transaction of its own, and a turn has room for one.
        self._remove_ended(request)
        with self._turn(request.options) as turn, parsing_once():
            for left in reversed(range(_TRIES)):
                before = self._answers.find(request)
                if before:
                    return before
                try:
                    return self._carry_out(plan(), request, turn)
                # AlreadyRecorded: the same request came in by another server; its answer is found at the next try.
                except (RefChanged, AlreadyRecorded):
                    if not left:
                        raise
                # A storage that fails cannot be asked for an earlier answer either.
                except StorageError:
                    raise
                except GitConfigError:
                    before = self._answers.find(request)  # another server has carried it out: that is what refuses it
                    if before is None:
                        raise
                    return before
        raise AssertionError("unreachable: the last try returns or raises")

    def commit(
        self,
        request: WriteRequest,
        tree: bytes,
        parents: tuple[bytes, ...],
        message: str,
        trailers: Mapping[str, str] | None = None,
    ) -> RawObject:
        """A commit of ``tree``, by the author the caller named, else by the caller."""
        author, committer = author_of(request.options, request.who), author_of(NO_OPTIONS, request.who)
        return make_commit(
            tree,
            parents,
            author=author,
            committer=committer,
            when=self.now(),
            message=message,
            trailers={**(trailers or {}), **_said_why(request.options)},
        )

    def upon(
        self,
        request: WriteRequest,
        head: Head,
        new: NewTree,
        edited: Edited,
        trailers: Mapping[str, str] | None = None,
    ) -> LabelMove:
        """One commit of a new tree upon ``head``; where it is the head's own tree, nothing is to move."""
        previous = head.commit or None
        if new.tree == head.tree:
            none = 0 if edited.keys else None
            same = WriteResult(
                label=head.label, commit=previous, previous=previous, changed=False, validator=edited.validator
            )
            return LabelMove(replace(same, settled=edited.settled, keys_set=none, keys_removed=none))
        message = request.options.message.strip() or edited.message
        parents = (head.parent,) if head.parent else ()
        commit = self.commit(request, new.tree, parents, message, trailers)
        put, gone = edited.keys or (None, None)
        result = WriteResult(
            label=head.label,
            commit=commit.id.decode(),
            previous=previous,
            changed=True,
            paths=new.paths,
            validator=edited.validator,
            settled=edited.settled,
            keys_set=put,
            keys_removed=gone,
        )
        update = RefUpdate(head.ref, head.tip, commit.id)
        return LabelMove(result, (update,), (*new.objects, commit), _subject(message), head.details)

    def now(self) -> datetime:
        """The time by which this writer dates what it makes."""
        return self._clock()

    def _committed(self, edit: DraftEdit, request: WriteRequest, trailers: Mapping[str, str]) -> LabelMove:
        head = head_to_build_on(self.git, request)
        seen = Precondition(request.options, head)
        draft = Draft(self.git.objects, head.tree, head.label)
        edited = edit(draft, seen)
        seen.settle()
        tree, objects = draft.finish()
        new = NewTree(tree, tuple(objects), draft.paths)
        return self.upon(request, head, new, edited, trailers)

    def _carry_out(self, move: LabelMove, request: WriteRequest, turn: Turn | None) -> WriteResult:
        options = request.options
        own = (*move.own, *self._cancelled(move, request))
        intent = Intent.DELIBERATE if move.deliberate else Intent.WRITE
        by = Mover(request.who, intent, move.former, settles=tuple(update.ref for update in own))
        # Before anything is stored: a refused change leaves no objects, and a dry run needs none.
        judged = self.git.judge(move.updates, ObjectMap(move.objects), by)
        result = replace(move.result, findings=_let_through(judged), dry_run=options.dry_run)
        if result.changed:
            result = replace(result, affected=self._answers.find_affected(move.updates, move.objects, request))
        if options.dry_run:
            return replace(result, commit=None) if result.changed else result
        moving = [*([] if move.held else judged), *self.git.judge(own, by=replace(by, intent=Intent.OWN))]
        if not moving and not options.idempotency:
            return replace(result, cursor=self._position())
        record = self.git.update_refs(
            moving,
            by,
            objects=move.objects,
            reason=request.reason,
            message=move.message,
            details={**move.details, **_said_why(options), **remember(options, result)},
            turn=turn,
        )
        return replace(result, cursor=cursor_of(record))

    def _turn(self, options: WriteOptions) -> AbstractContextManager[Turn | None]:
        return nullcontext() if options.dry_run else self.git.turn()

    def _remove_ended(self, request: WriteRequest) -> None:
        """What is over leaves the journal a record of its own, before anything else moves the label."""
        label = request.label
        if not request.options.dry_run:
            named = BRANCHES + label.encode(errors="replace") if label is not None else self.git.default_ref()
            self.git.remove_ended([named])

    def _position(self) -> str:
        """The cursor of the journal's last record, empty where there is none."""
        last = next(self.git.stored.journal(newest_first=True, limit=1), None)
        return cursor_of(last) if last else ""

    def _cancelled(self, move: LabelMove, request: WriteRequest) -> tuple[RefUpdate, ...]:
        """What is pending for a label that moves, where the caller wants it gone."""
        refs = self.git.snapshot() if request.options.cancel_pending else {}
        wanted = (pending_ref(update.ref) for update in move.updates if update.ref.startswith(BRANCHES))
        return tuple(RefUpdate(ref, refs[ref], None) for ref in wanted if ref in refs)


def author_of(options: WriteOptions, who: Principal) -> Identity:
    """Who the caller says a change is by, else the caller; the server for those who said no name."""
    if options.author:
        return Identity(options.author.name, options.author.email)
    return Identity(who.name, who.email) if who.name else SERVER


def _let_through(judged: list[Judged]) -> tuple[Finding, ...]:
    """The remarks of the door; ContentRefused or UpdateRefused where it says no."""
    for one in judged:
        if one.refusal and one.refusal.rule == "invalid-content":
            raise ContentRefused(one.findings)
        if one.refusal:
            raise one.refusal
    return tuple(finding for one in judged for finding in one.findings)


def _said_why(options: WriteOptions) -> dict[str, str]:
    """Why the caller writes, as trailers."""
    return {name: said for name, said in (("Reason", options.why), ("Ticket", options.ticket)) if said.strip()}


def _subject(message: str) -> str:
    return message.strip().partition("\n")[0]


@contextmanager
def refusing_unreadable() -> Iterator[None]:
    """Let InvalidContent be ContentRefused: what the request names cannot be read, while the server is not broken."""
    try:
        yield
    except InvalidContent as error:
        finding = Finding(path=error.path, rule=error.rule, detail=error.detail, line=error.line, column=error.column)
        raise ContentRefused((finding,)) from error
