"""Every error this package raises on purpose.

    GitConfigError
    ├── InvalidInput            the caller's words are wrong: a name, a revision, an option, a body
    │   ├── InvalidName
    │   ├── InvalidRevision
    │   ├── InvalidSettings
    │   ├── MalformedRequest    the wire format itself: a pkt-line, a pack, an encoding
    │   ├── UnknownKey          no encryption key has this alias, or its secret is another
    │   ├── CannotDecrypt       a text is not encrypted with the key
    │   ├── TooLarge            a stated limit was passed
    │   ├── CheckTimeout        what was offered takes too long to look at
    │   ├── InvalidChange       a body or patch that cannot be applied, with its place
    │   ├── InvalidEdit         a key that this file cannot get or lose in this way
    │   ├── ContentRefused      a write would put in force what cannot be read
    │   └── IdempotencyMismatch an Idempotency-Key that came with another request
    ├── NotFound
    │   ├── LabelNotFound
    │   ├── RevisionNotFound
    │   ├── SourceNotFound
    │   ├── FileNotFound
    │   ├── RepositoryNotFound
    │   ├── PendingNotFound     nothing of this id is or was pending
    │   ├── BrakeNotFound       the label is not pinned, or not frozen
    │   └── BeforeJournal       a time earlier than anything the journal knows
    ├── Conflict
    │   ├── RefChanged          a compare-and-swap was lost
    │   ├── AlreadyRecorded     a request with this key has been carried out
    │   ├── CursorLost          a place in the journal that is not in it
    │   ├── AmbiguousRevision
    │   ├── MergeConflict       both sides have changed the same files differently
    │   ├── UpdateRefused       rules forbid this move of refs
    │   │   ├── FollowedLabel   the label changes in the upstream repository alone
    │   │   ├── PendingApply    an apply that touches the same awaits its confirmation
    │   │   └── LabelFrozen     nobody saves, pushes or applies until the freeze is over
    │   ├── PendingEnded        what was to be confirmed is over
    │   ├── LabelPinned         readers get another revision, whatever the label holds
    │   ├── PreconditionFailed  what the caller saw is not there any more
    │   ├── LabelReadOnly       a tag or an id, which no save moves
    │   ├── LabelExists
    │   ├── LabelInUse          staged or pending changes hang on the label
    │   ├── SeveralFiles        a source of several files or documents: which one is meant?
    │   ├── KnownBad            what was undone would be set again
    │   ├── SharedAnchor        other keys get their value from the one to be changed
    │   └── ReadsBackDifferently  a file's name would mean another application or profile
    ├── InvalidContent          a stored or offered file cannot be read
    ├── Denied                  the server does not let this caller do that
    ├── ServerUnreachable       another server could not be asked
    ├── RemoteFailed            the upstream repository could not be read or written
    └── StorageError
        ├── NotARepository
        ├── RepositoryExists
        ├── RepositoryReadOnly
        ├── StorageFull
        ├── StorageBusy         a lock was not to be had in time
        │   └── StorageUnreachable  the database does not answer
        ├── StorageStale        what is known may be older than is promised, and the storage cannot be asked
        ├── OutcomeUnknown      the connection was lost while a change was being stored
        └── CorruptRepository   a stored object or record is missing or damaged

One file, though a long one: whoever catches, translates or documents errors goes by the whole tree.
``code`` is stable: it names the error in problem documents, on the command line and in logs.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from gitconfig_server.model.findings import FileConflict, Finding

_LONGEST = 500
"""Characters of what a caller sent that an error repeats."""


class GitConfigError(Exception):
    """Base of all; ``str(error)`` names the thing, the place and the way out.

    ``inside`` is what only who runs the server may read: hosts, paths, the words of a driver. It ends ``str(error)``
    in brackets, and is no part of ``public``, which callers from elsewhere are told.
    """

    code: ClassVar[str] = "error"
    _public: str | None = None

    def __init__(self, message: str = "", *, inside: object = "") -> None:
        super().__init__(f"{message} ({inside})" if inside else message)
        self._public = message

    @property
    def public(self) -> str:
        """What may be told to anybody who asks over a network."""
        return str(self) if self._public is None else self._public


class InvalidInput(GitConfigError):
    """What the caller sent cannot mean anything."""

    code = "invalid-input"


class InvalidName(InvalidInput):
    """A name nobody may use as ``kind`` (application, profile, label, ref, path)."""

    code = "invalid-name"

    def __init__(self, kind: str, name: str, reason: str) -> None:
        super().__init__(f"{kind} {name!r}: {reason}")
        self.kind = kind
        self.name = name
        self.reason = reason


class InvalidRevision(InvalidInput):
    """A revision that does not parse, or the time that stands in its place: ``kind`` says which."""

    code = "invalid-revision"

    def __init__(self, text: str, reason: str, kind: str = "revision") -> None:
        super().__init__(f"{kind} {text!r}: {reason}")
        self.text = text
        self.reason = reason


class InvalidSettings(InvalidInput):
    """A setting that is unknown or has a wrong value; the message names it and where it was read."""

    code = "invalid-settings"


class MalformedRequest(InvalidInput):
    """Bytes that do not follow the protocol they claim to follow."""

    code = "malformed-request"


class UnknownKey(InvalidInput):
    """No encryption key has this alias, or the secret that came with it does not open it."""

    code = "unknown-key"

    def __init__(self, alias: str) -> None:
        super().__init__(f"no encryption key {alias!r} can be opened here: see the settings of encrypt")
        self.alias = alias


class CannotDecrypt(InvalidInput):
    """A text is not encrypted with the key; why, nobody is told: that would help to guess what is in it."""

    code = "cannot-decrypt"

    def __init__(self) -> None:
        super().__init__("text not encrypted with this key")


class TooLarge(InvalidInput):
    """Something passed a limit; ``limit`` is in the unit that ``what`` names."""

    code = "too-large"

    def __init__(self, what: str, limit: int, setting: str = "") -> None:
        hint = f" (setting {setting})" if setting else ""
        super().__init__(f"{what} is over the limit of {limit}{hint}")
        self.limit = limit
        self.setting = setting


class CheckTimeout(InvalidInput):
    """What was offered takes longer to look at than the server gives it; ``seconds`` is that time."""

    code = "check-timeout"

    def __init__(self, seconds: float) -> None:
        super().__init__(f"the checks took more than {seconds:g} seconds: offer less at once (push.check_seconds)")
        self.seconds = seconds


class InvalidChange(InvalidInput):
    """The body or the patch cannot be applied; ``pointer`` (RFC 6901) names the place in what was sent.

    Both are shortened: they quote what callers send.
    """

    code = "invalid-change"

    def __init__(self, reason: str, pointer: str = "") -> None:
        self.reason = _shortened(reason)
        self.pointer = _shortened(pointer)
        super().__init__(f"{self.pointer}: {self.reason}" if pointer else self.reason)


class InvalidEdit(InvalidInput):
    """The file cannot get or lose ``key`` in this way; ``reason`` names the way out."""

    code = "invalid-edit"

    def __init__(self, path: str, key: str, reason: str) -> None:
        super().__init__(f"{path}: {key}: {reason}" if key else f"{path}: {reason}")
        self.path = path
        self.key = key
        self.reason = reason


class ContentRefused(InvalidInput):
    """The write would put in force what cannot be read; ``findings`` name every file, line and rule."""

    code = "content-refused"

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__("; ".join(str(finding) for finding in findings if finding.fatal))
        self.findings = findings


class IdempotencyMismatch(InvalidInput):
    """The Idempotency-Key came with another request in the last 24 hours: a new request needs a new key."""

    code = "idempotency-mismatch"

    def __init__(self, key: str) -> None:
        super().__init__(f"Idempotency-Key {key!r} came with another request before: a new request needs a new key")
        self.key = key


class NotFound(GitConfigError):
    """The named thing does not exist."""

    code = "not-found"


class LabelNotFound(NotFound):
    """No branch, tag or commit goes by this name."""

    code = "unknown-label"

    def __init__(self, label: str) -> None:
        super().__init__(f"no such label: {label}")
        self.label = label


class RevisionNotFound(NotFound):
    """The revision parses, but leads to no commit here."""

    code = "unknown-revision"

    def __init__(self, revision: str, reason: str = "") -> None:
        super().__init__(f"no such revision: {revision}" + (f" ({reason})" if reason else ""))
        self.revision = revision


class SourceNotFound(NotFound):
    """Nothing is stored for this application and profile at this revision."""

    code = "unknown-source"

    def __init__(self, application: str, profile: str, revision: str) -> None:
        super().__init__(f"nothing is stored for {application}/{profile} at {revision}")
        self.application = application
        self.profile = profile
        self.revision = revision


class FileNotFound(NotFound):
    """No file at this path of this revision."""

    code = "unknown-file"

    def __init__(self, path: str, revision: str) -> None:
        super().__init__(f"no such file: {path} at {revision}")
        self.path = path
        self.revision = revision


class RepositoryNotFound(NotFound):
    """There is no repository where the settings say that these names have theirs."""

    code = "unknown-repository"

    def __init__(self, setting: str, names: str) -> None:
        super().__init__(f"no repository for {names[:80]} (setting {setting})")


class PendingNotFound(NotFound):
    """Nothing of this id is pending for the label, or ever was."""

    code = "unknown-pending"

    def __init__(self, label: str, pending: str) -> None:
        super().__init__(f"nothing is pending for {label}" + (f" as {pending}" if pending else ""))
        self.label = label


class BrakeNotFound(NotFound):
    """The label is not pinned, or not frozen."""

    code = "unknown-brake"

    def __init__(self, label: str, kind: str) -> None:
        super().__init__(f"{label} is not {kind}")
        self.label = label


class BeforeJournal(NotFound):
    """Nothing is known of that time; ``earliest`` is the first time that is known."""

    code = "before-journal"

    def __init__(self, label: str, earliest: datetime | None) -> None:
        known = f"the journal of {label} begins at {earliest.isoformat()}" if earliest else f"{label} has no journal"
        super().__init__(f"no record of that time: {known}")
        self.label = label
        self.earliest = earliest


class Conflict(GitConfigError):
    """The request is sound, but the state it would meet forbids it."""

    code = "conflict"


class RefChanged(Conflict):
    """A ref did not hold the value the caller saw; nothing was changed."""

    code = "ref-changed"

    def __init__(self, ref: bytes, expected: bytes | None, actual: bytes | None) -> None:
        def show(value: bytes | None) -> str:
            return value.decode("ascii", "replace")[:12] if value else "nothing"

        where = ref.decode(errors="replace")
        super().__init__(f"{where} is at {show(actual)}, not at {show(expected)}: fetch and try again")
        self.ref = ref
        self.expected = expected
        self.actual = actual


class AlreadyRecorded(Conflict):
    """The journal holds a record of the request with this key: the one numbered ``seq``."""

    code = "already-recorded"

    def __init__(self, seq: int) -> None:
        super().__init__(f"the request was carried out before, as number {seq} of the journal")
        self.seq = seq


class CursorLost(Conflict):
    """A place in the journal that is not in it: it was lost with its server, or is of another repository."""

    code = "cursor-lost"


class AmbiguousRevision(Conflict):
    """A short id that several commits share."""

    code = "ambiguous-revision"

    def __init__(self, text: str, candidates: tuple[str, ...]) -> None:
        super().__init__(f"{text} could be any of {', '.join(candidates)}: give more digits")
        self.candidates = candidates


class MergeConflict(Conflict):
    """Both sides have changed files differently; nothing was changed. ``conflicts`` names them and who did it."""

    def __init__(self, conflicts: tuple[FileConflict, ...], way_out: str) -> None:
        shown = "; ".join(f"{one.place} by {one.sides[0]} and by {one.sides[1]}" for one in conflicts[:3])
        more = f" and {len(conflicts) - 3} more" if len(conflicts) > 3 else ""
        super().__init__(f"changed differently on both sides: {shown}{more}: {way_out}")
        self.conflicts = conflicts


class UpdateRefused(Conflict):
    """A rule forbids this move of ``ref`` (empty: of all); ``rule`` is a stable word such as ``non-fast-forward``."""

    code = "update-refused"

    def __init__(self, ref: bytes, rule: str, reason: str) -> None:
        super().__init__(f"{ref.decode(errors='replace')}: {reason}" if ref else reason)
        self.ref = ref
        self.rule = rule
        self.reason = reason


class FollowedLabel(UpdateRefused):
    """The label follows the upstream repository: change it there, or set upstream.push_back."""

    code = "followed-label"

    def __init__(self, ref: bytes) -> None:
        super().__init__(ref, "followed-label", "follows the upstream repository: change it there (upstream.push_back)")


class PendingApply(UpdateRefused):
    """What is pending for the label touches the same: confirm or cancel it, or wait until ``deadline``."""

    code = "pending"

    def __init__(self, ref: bytes, pending: str, deadline: datetime) -> None:
        until = deadline.isoformat(timespec="seconds")
        super().__init__(ref, "pending", f"{pending} is pending until {until}: confirm it, cancel it or wait")
        self.pending = pending
        self.deadline = deadline


class LabelFrozen(UpdateRefused):
    """Nobody saves, pushes or applies to the label; going back, confirming and pinning remain possible."""

    code = "frozen"

    def __init__(self, ref: bytes, why: str, actor: str, until: datetime | None) -> None:
        end = f" until {until.isoformat(timespec='seconds')}" if until else ""
        super().__init__(ref, "frozen", f"frozen{end} by {actor}{f': {why}' if why else ''}")
        self.until = until


class PendingEnded(Conflict):
    """What was pending is over: ``how`` (confirm, cancel, timeout, void), when it ended (``at``) and ``by`` whom."""

    code = "pending-ended"

    def __init__(self, pending: str, how: str, at: datetime, by: str = "") -> None:
        who = f" by {by}" if by else ""
        super().__init__(f"{pending} ended at {at.isoformat(timespec='seconds')}{who} ({how}): apply again")
        self.pending = pending
        self.how = how
        self.at = at
        self.by = by


class LabelPinned(Conflict):
    """Readers of the label get another revision: nobody would try out what is pending there."""

    code = "pinned"

    def __init__(self, label: str, revision: str, actor: str, until: datetime | None) -> None:
        who = f" by {actor}" if actor else ""
        end = f" until {until.isoformat(timespec='seconds')}" if until else ""
        super().__init__(f"{label} is pinned to {revision}{who}{end}: unpin it first, or apply without a deadline")
        self.label = label
        self.actor = actor
        self.until = until


class PreconditionFailed(Conflict):
    """What the caller saw is not what is there now: read again, then decide. ``commit`` is where the label is."""

    code = "precondition-failed"

    def __init__(self, what: str, label: str, commit: str) -> None:
        super().__init__(f"{what} is not as you saw it: {label} is at {commit or 'nothing'}, read it again")
        self.label = label
        self.commit = commit


class LabelReadOnly(Conflict):
    """Only branches are written: tags and ids stay where they are."""

    code = "read-only-label"

    def __init__(self, label: str, kind: str) -> None:
        super().__init__(f"{label} is {kind}, which cannot be written: write to a branch, or make one from it")
        self.label = label


class LabelExists(Conflict):
    """The label stands elsewhere already; ``commit`` is where."""

    code = "label-exists"

    def __init__(self, label: str, kind: str, commit: str, way_out: str) -> None:
        super().__init__(f"{label} is a {kind} at {commit}: {way_out}")
        self.label = label
        self.commit = commit


class LabelInUse(Conflict):
    """Staged or pending changes hang on the label."""

    code = "in-use"

    def __init__(self, label: str, by: str) -> None:
        super().__init__(f"{by} hangs on {label}: apply or discard that first")
        self.label = label


class SeveralFiles(Conflict):
    """The source has several files or documents, and the request does not say which.

    ``candidates``: each a path, and a document's number where the file has several.
    """

    code = "several-files"

    def __init__(self, source: str, candidates: tuple[tuple[str, int | None], ...], way_out: str) -> None:
        names = (path if number is None else f"{path} (document #{number})" for path, number in candidates)
        super().__init__(f"{source} is stored in {', '.join(names)}: {way_out}")
        self.candidates = candidates


class KnownBad(Conflict):
    """It would set again what a restore or revert, ``commit``, has taken away; ``keys`` are the places."""

    code = "known-bad"

    def __init__(self, place: str, commit: str, keys: tuple[str, ...]) -> None:
        more = f" and {len(keys) - 1} more" if len(keys) > 1 else ""
        way = "say include_known_bad to set it again"
        super().__init__(f"{place}{more} would be as it was before {commit[:8]} undid it: {way}")
        self.commit = commit
        self.keys = keys


class SharedAnchor(Conflict):
    """Other keys get their value by a YAML alias from the one to be changed; ``keys`` are the first of those."""

    code = "shared-anchor"

    def __init__(self, path: str, anchor: str, keys: tuple[str, ...]) -> None:
        shown = ", ".join(keys)
        source = anchor if anchor == "<<" else f"an alias of &{anchor}"
        super().__init__(f"{path}: {shown} would change too, by {source}: set those in the same write")
        self.path = path
        self.anchor = anchor
        self.keys = keys


class ReadsBackDifferently(Conflict):
    """The file's name, or that of another file beside it, would mean another application or profile."""

    code = "reads-back-differently"

    def __init__(self, path: str, meant: tuple[str, str], read: tuple[str, str]) -> None:
        super().__init__(
            f"{path} would be read as {'/'.join(read)} instead of {'/'.join(meant)}: choose another place with path="
        )
        self.path = path


class InvalidContent(GitConfigError):
    """A file cannot be read as configuration. Lines and columns count from 1; 0 means unknown."""

    code = "invalid-content"

    def __init__(self, path: str, rule: str, detail: str, line: int = 0, column: int = 0) -> None:
        place = f"{path}:{line}:{column}" if line else path
        super().__init__(f"{place}: {detail} [{rule}]")
        self.path = path
        self.rule = rule
        self.detail = detail
        self.line = line
        self.column = column


class Denied(GitConfigError):
    """The server does not let this caller do that, or wants to know first who is asking."""

    code = "denied"


class ServerUnreachable(GitConfigError):
    """A server could not be asked, or what it said is no answer of a configuration server."""

    code = "server-unreachable"


class RemoteFailed(GitConfigError):
    """The upstream repository is not to be reached, refuses us, or speaks nonsense; the message names it."""

    code = "remote-failed"


class StorageError(GitConfigError):
    """What lies beneath failed."""

    code = "storage-error"


class NotARepository(StorageError):
    """No repository of ours or of Git stands at this place."""

    code = "not-a-repository"


class RepositoryExists(StorageError):
    """A repository would be made where something stands already."""

    code = "repository-exists"


class RepositoryReadOnly(StorageError):
    """The place cannot be written."""

    code = "read-only"


class StorageFull(StorageError):
    """No room is left; what was being written has been taken back."""

    code = "storage-full"


class StorageBusy(StorageError):
    """Another writer held the lock for longer than the bounded wait."""

    code = "storage-busy"


class StorageUnreachable(StorageBusy):
    """The database does not answer."""

    code = "storage-unreachable"


class StorageStale(StorageError):
    """What is known may be older than is promised, and the storage has not been asked, or did not answer."""

    code = "storage-stale"


class OutcomeUnknown(StorageError):
    """The connection was lost while a change was being stored, and nobody could say whether it was."""

    code = "outcome-unknown"


class CorruptRepository(StorageError):
    """A stored object or record is missing or does not match its checksum."""

    code = "corrupt-repository"


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
