"""Following: what the upstream repository has is checked as a push is, and taken label by label, or not."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from tempfile import TemporaryFile
from typing import BinaryIO

from gitconfig_server.errors import GitConfigError, InvalidName, RefChanged, RemoteFailed
from gitconfig_server.git.receiving.connectivity import ObjectChecks
from gitconfig_server.git.receiving.pack_scan import PackLimits
from gitconfig_server.git.receiving.quarantine import Quarantine
from gitconfig_server.git.ref_names import branch_ref, check_writable, label_of
from gitconfig_server.git.remotes.fetching import RemoteRefs, fetch_request, read_pack, recent_commits
from gitconfig_server.model.findings import Finding
from gitconfig_server.service.upstream.status import HELD, Trouble
from gitconfig_server.service.upstream.steps import BothRepositories, FollowedSide
from gitconfig_server.service.upstream.taking import Taking
from gitconfig_server.storage.base import Clock, utc_now

_TRIES = 5
_FILES = 20


class UnsoundObjects(GitConfigError):
    """What came would not be taken from a push; ``findings`` say why."""

    code = "unsound-objects"

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__(str(self.findings[0]))


class Following:
    """The synchronous half of a round. What cannot be taken is remembered, so that it is not fetched each time."""

    def __init__(
        self, side: FollowedSide, limits: PackLimits, *, default_label: str = "", clock: Clock = utc_now
    ) -> None:
        self._side = side
        self._limits = limits
        self._default_label = default_label
        self._clock = clock
        self._hopeless: dict[bytes, Trouble] = {}
        self._unreadable: dict[bytes, Trouble] = {}

    def request(self, remote: RemoteRefs, among: Collection[bytes]) -> bytes:
        """What to ask the remote for; nothing where all of ``among`` is here."""
        objects = self._side.git.objects
        wanted = {remote.refs[ref] for ref in among if ref in remote.refs}
        lacking = sorted(wanted - objects.contains_many(wanted))
        if not lacking:
            return b""
        return fetch_request(remote, lacking, recent_commits(objects, self._side.git.snapshot().values()))

    def lacking(self, remote: RemoteRefs) -> list[bytes]:
        """The labels to fetch: those whose new tips are not here, and have not been found wanting before."""
        compared = BothRepositories(self._side, remote, self._side.git.objects)
        here = self._side.git.objects.contains_many(set(compared.theirs.values()))
        return [ref for ref, at in compared.theirs.items() if at not in here and not self._known_trouble(compared, ref)]

    def take(
        self, remote: RemoteRefs, answer: BinaryIO | None = None, among: Collection[bytes] | None = None
    ) -> list[Trouble]:
        """Move our labels (those of ``among``, where given) to where upstream's are, with what the answer brings.

        Answers what stands in the way of single labels. Raises UnsoundObjects, TooLarge, MalformedRequest and
        RemoteFailed because of the answer, and the door's errors; some labels may have been taken by then.
        """
        if not remote.refs and any(BothRepositories(self._side, remote, self._side.git.objects).seen):
            raise RemoteFailed("the remote has no labels any more: what was fetched last stays")
        with Quarantine(self._side.git.stored, self._side.git.objects, self._limits) as quarantine:
            if answer is not None:
                self._receive(quarantine, answer, remote, among)
            return self._settle(remote, quarantine, among)

    def default_label(self, remote: RemoteRefs) -> str:
        """The label of requests that name none, as it would be if all that the remote has were here."""
        usual = (branch_ref("main"), branch_ref("master"))
        found = next((ref for ref in usual if ref in remote.refs and self._side.labels.match(ref)), remote.head)
        return self._default_label or label_of(found or b"") or ""

    def give_up(self, remote: RemoteRefs, ref: bytes, error: GitConfigError) -> None:
        """Remember that what a label needs cannot be taken, until it moves."""
        compared = BothRepositories(self._side, remote, self._side.git.objects)
        findings = error.findings if isinstance(error, UnsoundObjects) else ()
        self._hopeless[ref] = Trouble(
            label_of(ref) or "",
            findings[0].rule if findings else error.code,
            error.public,
            tuple(str(finding) for finding in findings[:_FILES]),
            (compared.ours.get(ref) or b"").decode(),
            (compared.theirs.get(ref) or b"").decode(),
        )

    def _receive(
        self, quarantine: Quarantine, answer: BinaryIO, remote: RemoteRefs, among: Collection[bytes] | None
    ) -> None:
        checks = ObjectChecks(quarantine, self._side.git.objects, links=True)
        with TemporaryFile() as pack:
            read_pack(answer, remote, pack)
            pack.seek(0)
            for one in quarantine.receive(pack):
                checks.look(one)
        wanted = among if among is not None else ()
        if findings := checks.conclude(remote.refs[ref] for ref in wanted if ref in remote.refs):
            raise UnsoundObjects(findings)

    def _settle(self, remote: RemoteRefs, quarantine: Quarantine, among: Collection[bytes] | None) -> list[Trouble]:
        for tries_left in reversed(range(_TRIES)):
            taking = Taking(self._side, remote, quarantine, self._default_label, self._clock)
            troubles = self._passed_over(taking.compared, among)
            try:
                troubles |= taking.carry_out([ref for ref in taking.labels(among) if ref not in troubles])
            except RefChanged:  # somebody saved meanwhile: decide anew
                if not tries_left:
                    raise
                continue
            self._remember(troubles)
            troubles |= {ref: one for ref, one in self._held(taking.compared, among).items() if ref not in troubles}
            if not taking.again:
                break
        return [trouble for _, trouble in sorted(troubles.items())]

    def _passed_over(self, compared: BothRepositories, among: Collection[bytes] | None) -> dict[bytes, Trouble]:
        """Labels that nothing can be done about."""
        troubles = {}
        for ref in compared.labels() if among is None else among:
            if trouble := self._known_trouble(compared, ref):
                troubles[ref] = trouble
            elif ref in compared.theirs and (reason := _unusable(ref)):
                troubles[ref] = Trouble(label_of(ref) or "", "name", reason)
        return troubles

    def _known_trouble(self, compared: BothRepositories, ref: bytes) -> Trouble | None:
        """Why the label could not be taken before, if both sides are where they were then."""
        known = self._hopeless.get(ref)
        here, there = compared.ours.get(ref) or b"", compared.theirs.get(ref) or b""
        return known if known and (known.ours, known.theirs) == (here.decode(), there.decode()) else None

    def _held(self, compared: BothRepositories, among: Collection[bytes] | None) -> dict[bytes, Trouble]:
        """The labels that are still where they were when files of theirs could not be read."""
        refs = [ref for ref in self._unreadable if among is None or ref in among]
        return {ref: one for ref in refs if (one := self._unreadable[ref]).theirs.encode() == compared.theirs.get(ref)}

    def hold(self, troubles: Iterable[Trouble]) -> None:
        """Know what an earlier process found unreadable."""
        for one in troubles:
            if one.rule == HELD:
                self._unreadable.setdefault(branch_ref(one.label), one)

    def _remember(self, troubles: dict[bytes, Trouble]) -> None:
        for ref, trouble in troubles.items():
            if trouble.rule == HELD:
                self._unreadable[ref] = trouble
            elif trouble.theirs and not self._side.git.objects.contains_many({trouble.theirs.encode()}):
                self._hopeless[ref] = trouble


def _unusable(ref: bytes) -> str:
    try:
        check_writable(ref)
    except InvalidName as error:
        return error.reason
    return ""
