"""The server's side of ``git push``: from the request's bytes to the door, and what the pusher is told on the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import BinaryIO

from gitconfig_server.disclosure import disclose
from gitconfig_server.errors import GitConfigError, RefChanged, UpdateRefused
from gitconfig_server.git.folder_settings import RECEIVE
from gitconfig_server.git.objects.trees import TreeView, changed_files
from gitconfig_server.git.pkt_line import Sideband
from gitconfig_server.git.receiving.connectivity import ObjectChecks
from gitconfig_server.git.receiving.folder_hooks import FolderHooks
from gitconfig_server.git.receiving.pack_scan import PackLimits
from gitconfig_server.git.receiving.quarantine import Quarantine
from gitconfig_server.git.receiving.report import PushReport, concern_lines, views_of
from gitconfig_server.git.receiving.request import PushRequest, read_push_request
from gitconfig_server.git.ref_names import PRIVATE, label_of
from gitconfig_server.git.repository import GitRepository
from gitconfig_server.git.rules import Judged, Looked
from gitconfig_server.model.findings import Finding
from gitconfig_server.model.principals import Intent, Mover, Principal
from gitconfig_server.model.replace import replace
from gitconfig_server.storage.base import RefUpdate

MAX_FINDINGS = 20
"""Findings of one file that are shown to the pusher; the rest is counted."""

_COUNTED_FILES = 1000
_PROGRESS_STEP = 5000
_FETCH_FIRST = "fetch first"
_TRIES = 20
"""How often a push is judged anew because what is pending for its labels has moved."""


def receive_pack(repository: GitRepository, body: BinaryIO, limits: PackLimits, who: Principal) -> Iterator[bytes]:
    """Answer one push. ``body`` is the whole request, at its start.

    What is wrong with the push itself is told in the answer. MalformedRequest and TooLarge, raised before the first
    chunk, mean that the request could not even be read. Nothing is yielded for git's probe, which has no commands.
    """
    request = read_push_request(body)
    if request.updates:
        yield from filter(None, _Push(repository, request, limits, who).answer(body))


class _Push:
    """One push on its way through the checks."""

    def __init__(self, repository: GitRepository, request: PushRequest, limits: PackLimits, who: Principal) -> None:
        self._repository = repository
        updates, self._named = _meant(repository, request.updates)
        self._request = request = replace(request, updates=updates)
        self._limits = _within(limits, repository.folder.largest_pack())
        self._by = Mover(who, Intent.PUSH)
        self._deadline = repository.deadline()
        self._hooks = FolderHooks(repository.hooked_folder, request.options)
        self._band = Sideband() if b"side-band-64k" in request.capabilities else Sideband(0)
        self._report = PushReport(request.updates)
        self._commits = 0
        self._looked: Looked | None = None

    def answer(self, body: BinaryIO) -> Iterator[bytes]:
        """The response's bytes; messages go out as soon as they are known."""
        yield from self._look_at_refs()
        if self._pass_on():
            yield from self._receive(body)
            yield from self._tell_moved()
            yield from self._tell_hooks()
        # Counted before the report goes out: a client that leaves while it reads has been refused all the same.
        self._repository.refused_pushes += len(self._report.refused)
        if b"report-status" in self._request.capabilities:
            yield self._band.data(self._report.encoded(self._named))
        yield self._band.close()

    def _look_at_refs(self) -> Iterator[bytes]:
        """Refuse what cannot happen whatever the pack holds, and settle what has happened."""
        refs, updates = self._repository.snapshot(fresh=True), self._request.updates
        for ref in self._repository.folder.hidden(RECEIVE, [update.ref for update in updates]):
            self._report.refuse([update for update in updates if update.ref == ref], "deny updating a hidden ref")
        if len(updates) > self._limits.refs:
            self._report.refuse(updates, f"a push may name {self._limits.refs} refs (setting push.max_refs)")
        symbolic = self._repository.symbolic()
        for update in updates:
            if update.ref in symbolic:
                name = symbolic[update.ref].decode(errors="replace")
                self._report.refuse([update], f"it stands for {name}: push to that")
            elif refs.get(update.ref) != update.old:
                self._report.refuse([update], _FETCH_FIRST)
            elif update.new is None and update.old is None:
                self._report.settled.add(update.ref)
                yield self._band.progress(f"gitconfig: warning: {update.ref.decode(errors='replace')} does not exist")

    def _pass_on(self) -> bool:
        """Whether anything is left to do; an atomic push ends with its first refusal."""
        # git push --atomic: all refs or none, so one refusal is that of all.
        if self._request.atomic and self._report.refused:
            self._report.refuse(self._request.updates, "atomic push: another ref was refused")
        return bool(self._report.standing())

    def _receive(self, body: BinaryIO) -> Iterator[bytes]:
        with Quarantine(self._repository.stored, self._repository.objects, self._limits) as quarantine:
            try:
                if self._request.needs_pack:
                    yield from self._unpack(quarantine, body)
            except GitConfigError as error:
                self._report.refuse_pack(disclose(error))
            try:
                if self._pass_on():
                    yield from self._decide(quarantine)
            except GitConfigError as error:
                self._report.refuse(self._request.updates, disclose(error))

    def _unpack(self, quarantine: Quarantine, body: BinaryIO) -> Iterator[bytes]:
        checks = ObjectChecks(quarantine, self._repository.objects, deadline=self._deadline)
        for count, one in enumerate(quarantine.receive(body), 1):
            checks.look(one)
            if count % _PROGRESS_STEP == 0 and b"quiet" not in self._request.capabilities:
                yield self._band.counter(f"gitconfig: {count} objects checked")
        self._commits, self._looked = len(checks.commits), Looked(checks.trees, checks.commits)
        findings = checks.conclude(update.new for update in self._report.standing() if update.new)
        yield self._tell(findings)
        if findings:
            self._report.refuse_pack(findings[0].detail)

    def _decide(self, quarantine: Quarantine) -> Iterator[bytes]:
        self._repository.snapshot(fresh=True)  # the push took its time: others may have moved labels elsewhere
        judged = self._judge(quarantine)
        for one in judged:
            yield self._tell(_placed(one))
        if self._hooks.asks and self._pass_on():
            yield from self._ask_hooks(quarantine)
        tries = _TRIES
        while self._pass_on():
            standing = {update.ref for update in self._report.standing()}
            try:
                if self._move([one for one in judged if one.update.ref in standing], quarantine):
                    return
            except RefChanged:  # not a label has moved, but what is pending for one: it is looked at again
                tries -= 1
                if not tries:
                    raise
                judged = self._judge(quarantine)

    def _ask_hooks(self, quarantine: Quarantine) -> Iterator[bytes]:
        """Let the folder's owner refuse a ref."""
        objects = quarantine.object_folder()
        for update in self._report.standing():
            agrees, said = self._hooks.may_move(update, objects, self._deadline)
            yield b"".join(map(self._band.progress, said))
            if not agrees:
                self._report.refuse([update], "hook declined")

    def _tell_hooks(self) -> Iterator[bytes]:
        """Let the folder's owner hear of what has moved; nothing undoes that any more."""
        moved = [update for update in self._report.standing() if update.old != update.new]
        try:
            for line in self._hooks.tell(moved, self._repository.deadline()) if moved else ():
                yield self._band.progress(line)
        except GitConfigError as error:
            yield self._band.progress(f"gitconfig: warning: a hook of the folder was ended: {disclose(error)}")

    def _judge(self, quarantine: Quarantine) -> list[Judged]:
        judged = self._repository.judge(
            self._report.standing(), quarantine, self._by, deadline=self._deadline, looked=self._looked
        )
        for one in judged:
            if one.refusal:
                self._report.refuse([one.update], one.refusal.reason)
        return judged

    def _move(self, judged: Sequence[Judged], quarantine: Quarantine) -> bool:
        """Pass the door; False where a ref was refused there, and the others may try again.

        RefChanged where what goes along with a label has moved meanwhile, and no label has.
        """
        moving = [one for one in judged if one.update.old != one.update.new]
        pack = (
            quarantine.pack if quarantine.pack and quarantine.pack.path.exists() else None
        )  # a lost try may have taken it
        try:
            if moving:
                self._repository.update_refs(
                    moving,
                    self._by,
                    objects=quarantine.objects,
                    pack=pack,
                    reason="push-forced" if any(one.is_forced for one in moving) else "push",
                    details=self._details(),
                )
        except RefChanged as error:
            # What hangs on a label is the server's own: the pusher cannot fetch it first, so the push is judged anew.
            if error.ref.startswith(PRIVATE):
                raise
            self._refuse_at_door(judged, error.ref, _FETCH_FIRST)
        except UpdateRefused as error:
            self._refuse_at_door(judged, error.ref, error.reason)
        else:
            return True
        return False

    def _refuse_at_door(self, judged: Sequence[Judged], ref: bytes, reason: str) -> None:
        """Refuse the ref that the door named; all of them should it name none of ours."""
        named = [one.update for one in judged if one.update.ref == ref]
        self._report.refuse(named or [one.update for one in judged], reason)

    def _details(self) -> Mapping[str, str]:
        details = {"commits": str(self._commits)} if self._commits else {}
        if self._request.options:
            details["options"] = "\n".join(self._request.options)
        return details

    def _tell(self, findings: Sequence[Finding]) -> bytes:
        told: Counter[str] = Counter()
        lines = []
        for finding in findings:
            told[finding.path] += 1
            if told[finding.path] <= MAX_FINDINGS:
                lines.append(str(finding) if finding.fatal else f"warning: {finding}")
        lines += [f"{path}: and {count - MAX_FINDINGS} more" for path, count in told.items() if count > MAX_FINDINGS]
        return b"".join(self._band.progress(f"gitconfig: {line}") for line in lines)

    def _tell_moved(self) -> Iterator[bytes]:
        for update in self._report.standing() if b"quiet" not in self._request.capabilities else ():
            label = label_of(update.ref)
            if update.new is None:
                yield self._band.progress(f"gitconfig: {label} is deleted")
            elif update.old != update.new:
                views = views_of(update, self._repository.objects, self._deadline)
                extent = _extent(*views) if views else ""
                yield self._band.progress(f"gitconfig: {label} is now at {update.new[:7].decode()}{extent}")
                for line in self._concerned(update, *views) if views else ():
                    yield self._band.progress(f"gitconfig: {line}")

    def _concerned(self, update: RefUpdate, old: TreeView, new: TreeView) -> Sequence[str]:
        """Whose environments a label's move changed; nothing where that cannot be told in time."""
        try:
            return concern_lines(self._repository.concerned(update, old, new))
        except GitConfigError:
            return ()  # the ref has moved: nothing that is only told may undo that


def _meant(
    repository: GitRepository, asked: Sequence[RefUpdate]
) -> tuple[tuple[RefUpdate, ...], Sequence[tuple[bytes, bytes]]]:
    """The updates of the refs that symbolic ones name, each once; and each ref as it was asked for, with what it means.

    To delete a symbolic one is for the owner of the folder, and who asks for two things of one ref gets the first: both
    stay as they are, to be refused.
    """
    targets = [repository.target_of(one.ref) if one.new else one.ref for one in asked]
    made = {one.ref: one for one, target in zip(asked, targets, strict=True) if target == one.ref}
    named = []
    for one, target in zip(asked, targets, strict=True):
        fits = made.setdefault(target, replace(one, ref=target)).new == one.new
        if not fits:
            made[one.ref] = one
        named.append((one.ref, target if fits else one.ref))
    return tuple(made.values()), named


def _within(limits: PackLimits, most: int | None) -> PackLimits:
    """The limits, with a smaller one of the folder's own in place of ours."""
    if most is None or most >= limits.pack_bytes:
        return limits
    return replace(limits, pack_bytes=most, pack_setting="receive.maxInputSize of the repository")


def _extent(old: TreeView, new: TreeView) -> str:
    """How many files a label's move changed; empty where that cannot be told."""
    try:
        count = sum(1 for _ in islice(changed_files(old, new), _COUNTED_FILES + 1))
    except GitConfigError:
        return ""  # as above
    more = "more than " if count > _COUNTED_FILES else ""
    return f" ({more}{min(count, _COUNTED_FILES)} {'file' if count == 1 else 'files'} changed)"


def _placed(judged: Judged) -> list[Finding]:
    """The findings, each with a commit: those of the tip come without."""
    tip = (judged.update.new or b"").decode()
    return [finding if finding.commit else replace(finding, commit=tip) for finding in judged.findings]
