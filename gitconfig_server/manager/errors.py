"""What goes wrong in a Manager. Each class is ours and, where aioconfig had one for it, that one as well.

``AsynchronousConfigException`` is aioconfig's root; ``ApplyAborted`` is no error but what a prepared accessor is told.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from gitconfig_server.errors import Conflict, GitConfigError, InvalidInput, InvalidName, NotFound


class AsynchronousConfigException(Exception):
    """The root of aioconfig's errors."""


class ManagerError(GitConfigError, AsynchronousConfigException):
    """A GitConfigError that is told in one sentence, also where it is a KeyError as well."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class BadStorageURLFormat(ManagerError, InvalidInput):
    """The URL of a store cannot be read."""

    code = "bad-storage-url"


class BadStorageURLScheme(ManagerError, InvalidInput):
    """The scheme of a URL is none that anybody offers."""

    code = "bad-storage-scheme"


class UnknownScheme(BadStorageURLScheme, KeyError):
    """No adaptor and no storage is registered for the scheme."""

    def __init__(self, scheme: str, known: Sequence[str] = ()) -> None:
        hint = f": expected one of {', '.join(known)}" if known else ""
        super().__init__(f"No implementation for scheme {scheme}{hint}")
        self.scheme = scheme


class SchemeTaken(ManagerError, Conflict, KeyError):
    """An adaptor is registered for the scheme already."""

    code = "scheme-taken"

    def __init__(self, scheme: str) -> None:
        super().__init__(f"Adaptor scheme {scheme} already registered")
        self.scheme = scheme


class BadServerId(InvalidName, AsynchronousConfigException):
    """A ``server_id`` that names no application."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__("server_id", name, reason)


class LookupFailed(ManagerError, NotFound, NameError):
    """Nothing stands at the path; ``segment`` is the first name that leads nowhere."""

    code = "unknown-path"

    def __init__(self, segment: str, path: str = "", hint: str = "") -> None:
        where = f" (in {path})" if path and path != segment else ""
        super().__init__(f"Lookup failed: {segment}{where}{': ' + hint if hint else ''}")
        self.segment = segment
        self.path = path or segment


class ChildExists(ManagerError, Conflict, KeyError):
    """The parent has a child of this name."""

    code = "child-exists"

    def __init__(self, name: str) -> None:
        super().__init__(f"Child name already exists: {name}")
        self.name = name


class NoSuchChild(ManagerError, NotFound, KeyError):
    """The parent has no child of this name."""

    code = "unknown-child"

    def __init__(self, name: str) -> None:
        super().__init__(f"No such child: {name}")
        self.name = name


class NotAllowed(ManagerError, Conflict):
    """What stands at ``path`` cannot be changed in this way; ``allowed`` are the verbs that can be used there."""

    code = "not-allowed"

    def __init__(self, path: str, reason: str, allowed: Sequence[str] = ()) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.allowed = tuple(allowed)


class NotNow(ManagerError, Conflict):
    """What is asked for makes no sense in the present state: nothing awaits a confirmation, or nothing is started."""

    code = "not-now"


class Problem(Struct, frozen=True):
    """One reason why a configuration does not fit, and where; ``path`` is one of the configuration.

    ``kind``: ``unknown``, ``read-only``, ``fixed`` (it cannot be made or deleted), or empty for anything else.
    """

    path: str
    reason: str
    kind: str = ""

    def __str__(self) -> str:
        return f"{self.path or '/'}: {self.reason}"


class Misfit(ManagerError, InvalidInput):
    """A configuration that the service does not take; ``problems`` are all of them. Nothing has changed."""

    code = "does-not-fit"

    def __init__(self, problems: Sequence[Problem]) -> None:
        shown = "; ".join(str(problem) for problem in problems[:5])
        more = f" and {len(problems) - 5} more" if len(problems) > 5 else ""
        super().__init__(shown + more)
        self.problems = tuple(problems)


class CannotBeSaved(Misfit):
    """A value whose saved text would not read back equal."""

    code = "cannot-be-saved"


class Busy(ManagerError):
    """Another change is under way, or an accessor of ``path`` has not ended yet: try again."""

    code = "busy"

    def __init__(self, reason: str, path: str = "") -> None:
        super().__init__(f"{path}: {reason}" if path else reason)
        self.path = path


class Refused(ManagerError, ValueError):
    """What an accessor may raise to say that it takes no such value and has changed nothing; as any ValueError does."""

    code = "refused"


class TimedOut(ManagerError):
    """An accessor did not end in time. ``lingers``: it may still finish later."""

    code = "timed-out"

    def __init__(self, path: str, seconds: float, lingers: bool) -> None:
        super().__init__(f"{path}: did not end within {seconds:g} s" + (" and is still running" if lingers else ""))
        self.lingers = lingers


class ApplyInProgress(ManagerError, Conflict):
    """An accessor called its own Manager while that was applying a change: the call would wait for itself."""

    code = "apply-in-progress"


class ApplyFailed(ManagerError):
    """A change that could not be carried out; what had been done has been undone.

    ``path``: where it failed, ``cause`` says why. ``unknown``: paths of which nobody can say what they hold now.
    ``recreated``: what had been deleted and was made again, with its values but as another object.
    """

    code = "apply-failed"

    def __init__(
        self,
        path: str,
        reason: str,
        *,
        unknown: Sequence[str] = (),
        recreated: Sequence[str] = (),
        refused: bool = False,
    ) -> None:
        more = f"; unknown now: {', '.join(unknown)}" if unknown else ""
        more += f"; made again: {', '.join(recreated)}" if recreated else ""
        super().__init__(f"{path}: {reason}{more}")
        self.path = path
        self.reason = reason
        self.unknown = tuple(unknown)
        self.recreated = tuple(recreated)
        self.refused = refused


class Diverged(ManagerError, Conflict):
    """Keys were changed here and in the store; ``sides`` tells both values of each."""

    code = "diverged"

    def __init__(self, sides: Sequence[tuple[str, object, object]]) -> None:
        shown = "; ".join(f"{path} is {here!r} here and {there!r} in the store" for path, here, there in sides[:3])
        super().__init__(f"changed on both sides: {shown}: say which is right with prefer='running' or 'saved'")
        self.sides = tuple(sides)


class Unsettled(ManagerError, Conflict):
    """Nobody can say what ``paths`` hold, so that no configuration with them can be saved.

    ``running``: those of them whose accessors ran out of time and have not ended yet.
    """

    code = "unknown-value"

    def __init__(self, paths: Sequence[str], running: Sequence[str] = ()) -> None:
        waits = [one for one in paths if one in running]
        lost = [one for one in paths if one not in running]
        reasons = []
        if waits:
            reasons.append(f"{', '.join(waits)}: an accessor has not ended yet: save again when it has")
        if lost:
            reasons.append(f"{', '.join(lost)}: could be neither set nor put back: set it again, or restore")
        super().__init__("what it holds is unknown: " + "; ".join(reasons))
        self.paths = tuple(paths)


class NotFoundYet(ManagerError, Conflict):
    """There is no version of the model yet."""

    code = "not-started"


class ApplyAborted(BaseException):
    """Thrown into a prepared accessor at its ``yield``: somebody else refused, so nothing is swapped."""
