"""Pushing back: what was saved here goes upstream, outside every write.

Where upstream was last is remembered with the label (``git/upstream_refs.py``): whatever lies between that and the
label is still to be pushed, also after a crash.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import BinaryIO

from gitconfig_server.git.ref_names import label_of
from gitconfig_server.git.remotes.fetching import RemoteRefs
from gitconfig_server.git.remotes.pushing import push_request
from gitconfig_server.git.upstream_refs import seen_labels, seen_ref
from gitconfig_server.model.principals import Intent, Mover, Principal
from gitconfig_server.service.upstream.status import Trouble
from gitconfig_server.service.upstream.steps import BothRepositories, FollowedSide, SyncStep
from gitconfig_server.storage.base import RefUpdate


class Pushing:
    """The synchronous half of a push; only where ``side.push_back`` is set."""

    def __init__(self, side: FollowedSide) -> None:
        self._side = side

    def outgoing(self, remote: RemoteRefs) -> list[RefUpdate]:
        """What to ask the remote for, in the order in which it happened here."""
        if not self._side.push_back:
            return []
        compared = BothRepositories(self._side, remote, self._side.git.objects)
        refs = [ref for ref in compared.labels() if compared.step(ref) is SyncStep.PUSH]
        refs.sort(key=self._moved_last)
        return [RefUpdate(ref, compared.theirs.get(ref), compared.ours.get(ref)) for ref in refs]

    def request(self, remote: RemoteRefs, updates: Sequence[RefUpdate], out: BinaryIO) -> None:
        """Write the request for ``updates``, and go back to its start."""
        for piece in push_request(self._side.git.objects, remote, updates):
            out.write(piece)
        out.seek(0)

    def settle(self, pushed: Sequence[RefUpdate], report: Mapping[bytes, str]) -> list[Trouble]:
        """Remember what the remote took; the rest is trouble."""
        refs = self._side.git.snapshot()
        taken = [one for one in pushed if report.get(one.ref) == ""]
        seen = [RefUpdate(seen_ref(one.ref), refs.get(seen_ref(one.ref)), one.new) for one in taken]
        if moved := [one for one in seen if one.old != one.new]:
            note = Mover(Principal(self._side.remote), Intent.OWN)
            self._side.git.update_refs(self._side.git.judge(moved, by=note), note, reason="upstream-pushed")
        return [_refused(one, report.get(one.ref, "it says nothing about it")) for one in pushed if one not in taken]

    def unpushed(self) -> tuple[str, ...]:
        """The labels with moves that the remote has not taken yet."""
        if not self._side.push_back:
            return ()
        refs = self._side.git.snapshot()
        seen = seen_labels(refs)
        followed = {ref for ref in (*refs, *seen) if self._side.labels.match(ref)}
        return tuple(label_of(ref) or "" for ref in sorted(followed) if refs.get(ref) != seen.get(ref))

    def _moved_last(self, ref: bytes) -> tuple[int, bytes]:
        record = self._side.git.last_move(ref)
        return (record.seq if record else 0, ref)


def _refused(update: RefUpdate, reason: str) -> Trouble:
    ours, theirs = (update.new or b"").decode(), (update.old or b"").decode()
    return Trouble(label_of(update.ref) or "", "push-refused", f"the remote: {reason}", (), ours, theirs)
