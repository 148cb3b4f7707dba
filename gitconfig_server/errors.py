"""Every error this package raises on purpose.

    GitConfigError
    ├── InvalidInput            the caller's words are wrong: a name, a revision, an option, a body
    │   ├── InvalidName
    │   ├── InvalidRevision
    │   ├── InvalidSettings
    │   ├── MalformedRequest    the wire format itself: a pkt-line, a pack, an encoding
    │   └── TooLarge            a stated limit was passed
    ├── NotFound
    │   ├── LabelNotFound
    │   ├── RevisionNotFound
    │   ├── SourceNotFound
    │   ├── FileNotFound
    │   └── BeforeJournal       a time earlier than anything the journal knows
    ├── Conflict
    │   ├── RefChanged          a compare-and-swap was lost
    │   ├── AmbiguousRevision
    │   └── UpdateRefused       rules forbid this move of refs
    ├── InvalidContent          a stored or offered file cannot be read
    └── StorageError
        ├── NotARepository
        ├── RepositoryExists
        ├── RepositoryReadOnly
        ├── StorageFull
        ├── StorageBusy         a lock was not to be had in time
        └── CorruptRepository   a stored object or record is missing or damaged

``code`` is stable: it names the error in problem documents, on the command line and in logs.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar


class GitConfigError(Exception):
    """Base of all; ``str(error)`` names the thing, the place and the way out."""

    code: ClassVar[str] = "error"


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
    """A revision that does not parse."""

    code = "invalid-revision"

    def __init__(self, text: str, reason: str) -> None:
        super().__init__(f"revision {text!r}: {reason}")
        self.text = text
        self.reason = reason


class InvalidSettings(InvalidInput):
    """A setting that is unknown or has a wrong value; the message names it and where it was read."""

    code = "invalid-settings"


class MalformedRequest(InvalidInput):
    """Bytes that do not follow the protocol they claim to follow."""

    code = "malformed-request"


class TooLarge(InvalidInput):
    """Something passed a limit; ``limit`` is in the unit that ``what`` names."""

    code = "too-large"

    def __init__(self, what: str, limit: int, setting: str = "") -> None:
        hint = f" (setting {setting})" if setting else ""
        super().__init__(f"{what} is over the limit of {limit}{hint}")
        self.limit = limit
        self.setting = setting


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


class AmbiguousRevision(Conflict):
    """A short id that several commits share."""

    code = "ambiguous-revision"

    def __init__(self, text: str, candidates: tuple[str, ...]) -> None:
        super().__init__(f"{text} could be any of {', '.join(candidates)}: give more digits")
        self.candidates = candidates


class UpdateRefused(Conflict):
    """A rule forbids this move of ``ref``; ``rule`` is a stable word such as ``non-fast-forward``."""

    code = "update-refused"

    def __init__(self, ref: bytes, rule: str, reason: str) -> None:
        super().__init__(f"{ref.decode(errors='replace')}: {reason}")
        self.ref = ref
        self.rule = rule
        self.reason = reason


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


class CorruptRepository(StorageError):
    """A stored object or record is missing or does not match its checksum."""

    code = "corrupt-repository"
