"""A running Manager as telnet's sessions want it: what they look at, stage, and put in force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gitconfig_server.errors import Conflict, GitConfigError, InvalidInput
from gitconfig_server.manager.bindings.types import to_plain, to_value
from gitconfig_server.manager.errors import ChildExists, LookupFailed, ManagerError, Misfit
from gitconfig_server.manager.nodes.differences import differences
from gitconfig_server.manager.nodes.paths import join_path
from gitconfig_server.manager.nodes.values import MISSING, Data, find_data, masked, read_json, unmasked
from gitconfig_server.manager.staging import Staging
from gitconfig_server.telnet.committing import COMMITTED, NOTHING, told_window
from gitconfig_server.telnet.notices import Notices
from gitconfig_server.telnet.target import Area, Path
from gitconfig_server.telnet.words import check_single


class ManagerTargets:
    """What the sessions on one Manager share: who edits exclusively, and what all are told."""

    def __init__(self, manager: Any) -> None:
        self.manager = manager
        self.notices = Notices()
        self.owner: StagedTarget | None = None

    def session(self, user: str) -> ManagerTarget:
        """What one user works on."""
        return ManagerTarget(self, user)

    def listen(self) -> None:
        """Tell all sessions when something is taken back."""
        self.manager.staging.reversal = self.notices.tell

    def stop(self) -> None:
        """Tell nobody any more."""
        self.manager.staging.reversal = None


class ManagerTarget:
    """A Manager as telnet wants it."""

    lacks = frozenset(["use", "update", "effective", "applications", "labels", "inheritance"])

    def __init__(self, targets: ManagerTargets, user: str) -> None:
        self.notices = targets.notices
        self.name = targets.manager.server_id
        self._manager = targets.manager
        self._targets = targets
        self._user = user

    async def running(self) -> Data:
        """What is in force."""
        return masked(await self._manager.get(""))

    async def status(self) -> Data:
        """``status`` of the tree."""
        return masked(await self._manager.get("/status"))

    async def edit(self, kind: str) -> Area:
        """One area; while somebody edits exclusively, nobody else gets the shared one."""
        if kind == "private":
            return StagedTarget(self._manager, self._manager.private_staging(), self)
        if self._targets.owner is not None:
            raise Conflict("another session edits exclusively: try configure private")
        area = StagedTarget(self._manager, self._manager.staging, self)
        if kind == "exclusive":
            self._targets.owner = area
        return area

    def release(self, area: StagedTarget) -> None:
        """The area is not edited any more."""
        if self._targets.owner is area:
            self._targets.owner = None

    async def effective(self) -> Data:
        """A service has one layer."""
        return await self.running()

    async def origins(self) -> Mapping[Path, str]:
        """Not told."""
        raise InvalidInput("where values come from is told by manager.origin(PATH)")

    async def places(self, kind: str) -> Sequence[str]:
        """A service is all there is."""
        return ()

    async def use(self, words: Mapping[str, str]) -> None:
        """There is nothing else."""
        raise InvalidInput("a service is all there is here")

    async def compare(self, older: int) -> Sequence[str]:
        """Running against what was saved."""
        now = await self._manager.running.refresh()
        return [str(one) for one in differences(await self.saved(older), now)]

    async def saved(self, older: int) -> Data:
        """What was saved that many saves ago."""
        found = await self._manager.list_saved(older + 1)
        if len(found) <= older:
            raise LookupFailed(str(older), f"rollback {older}", f"{len(found)} are saved: type history")
        return masked(await self._manager.load_saved(found[older].commit or found[older].name))

    async def history(self, limit: int) -> Sequence[tuple[str, str, str]]:
        """The saved ones."""
        return [(one.name, one.author, one.message) for one in await self._manager.list_saved(limit)]

    async def save(self, message: str) -> Sequence[str]:
        """Save what is running."""
        saved = await self._manager.save_running(message, author=self._user)
        return [f"saved as {saved.name} {saved.commit[:12]}".rstrip()] if saved else ["nothing to save"]

    async def restore(self) -> Sequence[str]:
        """Let running be what is saved."""
        return [str(one) for one in (await self._manager.restore_running()).changes] or ["nothing differs"]

    async def confirm(self) -> Sequence[str]:
        """Keep what is on probation, and save it."""
        self._manager.confirm()
        return ["confirmed", *await self.save("")]

    async def cancel(self) -> Sequence[str]:
        """Take it back; all sessions are told."""
        await self._manager.cancel()
        return []

    @property
    def user(self) -> str:
        """Who commits."""
        return self._user


class StagedTarget:
    """A staged configuration of a Manager."""

    def __init__(self, manager: Any, staging: Staging, target: ManagerTarget) -> None:
        self._manager = manager
        self._staging = staging
        self._target = target

    async def read(self) -> Data:
        """What is staged."""
        return masked(await self._staging.look())

    async def put(self, path: Path, value: Data) -> None:
        """Stage a value; a mask means that the secret stays."""
        await self._staging.edit(path, lambda old: unmasked(value, old))

    async def put_text(self, path: Path, text: str, *, quoted: bool) -> None:
        """Stage what was typed, as the type at the path has it; what can never stand there is refused now."""
        self._manager.running.check_place(path)
        await self._staging.edit(path, lambda old: self._meant(path, text, old, quoted=quoted))

    async def create(self, path: Path) -> None:
        """Stage an empty child."""
        self._manager.running.check_place(path)

        def made(old: Data) -> Data:
            if old is not MISSING:
                raise ChildExists(path[-1])
            return {}

        await self._staging.edit(path, made)

    async def delete(self, path: Path) -> None:
        """Stage that something goes."""

        def gone(old: Data) -> Data:
            if old is MISSING:
                raise LookupFailed(path[-1] if path else "", join_path(path))
            return MISSING

        await self._staging.edit(path, gone)

    async def replace(self, data: Data) -> None:
        """Stage a whole configuration."""
        await self._staging.edit((), lambda old: data)

    async def rollback(self, older: int) -> None:
        """Stage what was saved."""
        await self.replace(await self._target.saved(older))

    async def update(self) -> Sequence[str]:
        """A commit joins by key whatever is running."""
        return ["a commit joins what is staged with what is running: nothing has to be brought up to date"]

    async def check(self) -> Sequence[str]:
        """All problems."""
        return [str(one) for one in await self._staging.check()]

    async def compare(self, older: int | None) -> Sequence[str]:
        """Differences, a line each."""
        staged = await self._staging.look()
        if older is None:
            base = await self._manager.running.refresh()
        else:
            base = await self._target.saved(older)
        return [str(one) for one in differences(base, staged)]

    async def commit(self, comment: str, seconds: float | None) -> Sequence[str]:
        """In force and saved; or in force on probation, and saved by the next commit."""
        confirmed = self._staging.probation is not None
        if confirmed:
            self._manager.confirm()
        applied = await self._staging.deploy(seconds, None)
        told = [str(one) for one in applied.changes]
        if applied.restart_required:
            told.append(f"only a restart puts in force: {', '.join(applied.restart_required)}")
        if seconds is not None:
            return [*told, *told_window(seconds)]
        try:
            saved = await self._manager.save_running(comment, author=self._target.user)
        except GitConfigError as error:
            if not applied.changed:
                raise
            raise ManagerError(f"in force, but not saved: {error}") from error
        if saved is None and not applied.changed:
            return ["confirmed", COMMITTED] if confirmed else list(NOTHING)
        return [*told, COMMITTED, f"committed {saved.commit[:12] or saved.name}" if saved else "in force"]

    async def is_changed(self) -> bool:
        """Whether anything is staged that is not running."""
        staged = await self._staging.look()
        return any(differences(await self._manager.running.refresh(), staged))

    async def discard(self) -> None:
        """Drop it."""
        self._staging.discard()

    async def close(self) -> None:
        """Let others edit."""
        self._target.release(self)

    def _meant(self, path: Path, text: str, old: Data, *, quoted: bool) -> Data:
        """What a typed text is, by the type of the setter, of the present value, or by how it looks."""
        setter = self._manager.running.bindings.site(path).find("set", unmade=True)
        if setter is not None and setter.accessor.adapter is not None:
            value: Any = to_value(text, setter.accessor.adapter, path, text=True)
            return to_plain(value, setter.accessor.adapter, path)
        check_single(old, path, text)
        if quoted or isinstance(old, str) or (old is MISSING and self._is_text(path)):
            return text
        return unmasked(_guessed(text), old)

    def _is_text(self, path: Path) -> bool:
        """Whether text stands there by default."""
        try:
            return isinstance(find_data(self._manager.running.known, path), str)
        except LookupFailed:
            return False


def _guessed(text: str) -> Data:
    try:
        return read_json(text.encode("utf-8", "surrogatepass"))
    except Misfit:  # it is no JSON, so it is the text itself
        return text
