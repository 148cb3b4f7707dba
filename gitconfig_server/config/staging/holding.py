"""What hangs on a label to which something is to be applied: what would refuse that, and what is worth knowing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from gitconfig_server.config.running.clocks import Moment
from gitconfig_server.config.running.running import live_pending, live_pin
from gitconfig_server.git.objects.commits import SERVER, make_commit
from gitconfig_server.git.objects.reader import ObjectMap
from gitconfig_server.git.repository import GitRepository
from gitconfig_server.model.findings import Finding
from gitconfig_server.storage.base import RefUpdate
from gitconfig_server.storage.objects import RawObject


def tell_holds(
    git: GitRepository, ref: bytes, parents: tuple[bytes, ...], tree: bytes, objects: tuple[RawObject, ...], now: Moment
) -> Iterator[Finding]:
    """What an apply of ``tree``, made of ``objects``, to the label at ``ref`` and ``parents[0]`` would meet now.

    Fatal is what refuses it; a pin, or a pending that it does not touch, refuses an apply with a deadline alone.
    """
    commit = make_commit(tree, parents, author=SERVER, committer=SERVER, when=now.wall, message="")
    refusal = git.hindrance(RefUpdate(ref, parents[0], commit.id), ObjectMap((*objects, commit)))
    where = ref.decode(errors="replace")
    if refusal:
        yield Finding(where, refusal.rule, refusal.reason)
    pending, pin = live_pending(git, ref, now), live_pin(git, ref, now)
    no_deadline = "an apply with a deadline is refused"
    if pending and not (refusal and refusal.rule == "pending"):
        detail = f"{pending.id} is pending{_until(pending.deadline.wall)}: {no_deadline} till then"
        yield Finding(where, "pending", detail, fatal=False)
    if pin:
        end = _until(pin.deadline.wall) if pin.deadline else ""
        held = f"pinned to {pin.revision}{end} by {pin.actor}{f': {pin.why}' if pin.why else ''}"
        yield Finding(where, "pinned", f"{held}: readers go on to get that, and {no_deadline}", fatal=False)


def _until(moment: datetime) -> str:
    return f" until {moment.isoformat(timespec='seconds')}"
