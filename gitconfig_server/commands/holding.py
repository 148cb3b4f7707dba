"""What hangs on a label: trying an apply out, confirming it, pinning readers and freezing writers."""

from __future__ import annotations

import select
import subprocess
import sys
import time
from collections.abc import Iterator
from shlex import quote

from gitconfig_server.commands.session import Writing, ask
from gitconfig_server.commands.staging import PartWords, apply_part
from gitconfig_server.errors import PendingEnded, PendingNotFound
from gitconfig_server.model.pending import Brake, Hanging, Pending
from gitconfig_server.model.principals import ANONYMOUS
from gitconfig_server.model.writes import WriteResult
from gitconfig_server.service.base import ConfigService
from gitconfig_server.text.rendering import SHORT, put_json, put_table, say, time_text
from gitconfig_server.text.results import of_label, tell
from gitconfig_server.wire.holding import HangingAnswer


def show_holding(server: str, label: str | None, *, as_json: bool) -> None:
    """Print what hangs on a label."""
    found = ask(server, lambda service: service.hanging(ANONYMOUS, label))
    if as_json:
        put_json(HangingAnswer.of(found).members())
        return
    put_table(("what", "which", "until", "by", "why"), hanging_rows(found))
    if found.pending:
        say(f"next: {_ways(found.pending.id, label)}")
    if not (found.pending or found.pin or found.freeze):
        say("nothing is pending, pinned or frozen")


def hanging_rows(found: Hanging) -> Iterator[tuple[str, ...]]:
    """What hangs on a label: what it is, which, until when, by whom, and why."""
    if one := found.pending:
        yield "pending", one.id, time_text(one.deadline), one.actor, one.message
    if pin := found.pin:
        yield "pinned", pin.revision, time_text(pin.until), pin.actor, pin.reason
    if freeze := found.freeze:
        yield "frozen", "", time_text(freeze.until), freeze.actor, freeze.reason


def try_apply(
    server: str,
    label: str | None,
    words: PartWords,
    seconds: int,
    command: str | None,
    writing: Writing,
    *,
    as_json: bool,
) -> bool:
    """Apply with a deadline, then let ``command`` or whoever sits at the terminal decide; False where it was undone.

    Without either the answer says how to confirm.
    """
    result = ask(server, lambda service: apply_part(service, label, words, writing, seconds))
    pending = result.pending
    if pending is None or result.dry_run:
        tell(result, f"applied to {result.label} for {seconds} s", "nothing is staged", as_json=as_json)
        return True
    following = () if command or _is_attended() else (_ways(pending, label),)
    tell(result, f"applied to {result.label} until it is confirmed as {pending}", "", following, as_json=as_json)
    if command is None and not _is_attended():
        return True
    end = time.monotonic() + seconds
    agreed = _run(command, end) if command else _ask_terminal(end)
    if agreed is None:
        say("its time is over: readers get again what is saved")
        return False
    return _decide(server, label, pending, writing, agreed=agreed)


def confirm(server: str, label: str | None, pending: str | None, writing: Writing, *, as_json: bool) -> None:
    """Let the label have what is pending."""

    async def work(service: ConfigService) -> WriteResult:
        name = pending or (await _only_pending(service, label)).id
        return await service.confirm(writing.who, label, name, writing.options)

    result = ask(server, work)
    undo = f"gitcfg revert {(result.commit or '')[:SHORT]} --mainline 1{of_label(label)}"
    tell(result, f"confirmed on {result.label}", "it is confirmed already", (undo,), as_json=as_json)


def cancel(server: str, label: str | None, pending: str | None, writing: Writing, *, as_json: bool) -> None:
    """Let readers get again what is saved."""

    async def work(service: ConfigService) -> WriteResult:
        name = pending or (await _only_pending(service, label)).id
        return await service.cancel(writing.who, label, name, writing.options)

    result = ask(server, work)
    tell(result, f"cancelled on {result.label}", "", (f"gitcfg stage{of_label(label)}",), as_json=as_json)


def extend(
    server: str, label: str | None, pending: str | None, seconds: int, writing: Writing, *, as_json: bool
) -> None:
    """Give what is pending a new deadline."""

    async def work(service: ConfigService) -> WriteResult:
        name = pending or (await _only_pending(service, label)).id
        return await service.extend(writing.who, label, name, seconds, writing.options)

    result = ask(server, work)
    tell(result, f"extended on {result.label}: {seconds} s from now", "", (), as_json=as_json)


def pin(server: str, label: str | None, brake: Brake, writing: Writing, *, as_json: bool) -> None:
    """Let readers get one revision."""
    result = ask(server, lambda service: service.pin(writing.who, label, brake, writing.options))
    done = f"pinned {result.label} to {brake.revision or 'what readers get now'}"
    tell(result, done, "", (f"gitcfg unpin{of_label(label)}",), as_json=as_json)


def unpin(server: str, label: str | None, writing: Writing, *, as_json: bool) -> None:
    """Let them get again what the label holds."""
    result = ask(server, lambda service: service.unpin(writing.who, label, writing.options))
    tell(result, f"unpinned {result.label}", "", as_json=as_json)


def freeze(server: str, label: str | None, brake: Brake, writing: Writing, *, as_json: bool) -> None:
    """Refuse saves, pushes and applies."""
    result = ask(server, lambda service: service.freeze(writing.who, label, brake, writing.options))
    tell(result, f"froze {result.label}", "", (f"gitcfg unfreeze{of_label(label)}",), as_json=as_json)


def unfreeze(server: str, label: str | None, writing: Writing, *, as_json: bool) -> None:
    """Let the label be written again."""
    result = ask(server, lambda service: service.unfreeze(writing.who, label, writing.options))
    tell(result, f"unfroze {result.label}", "", as_json=as_json)


def _decide(server: str, label: str | None, pending: str, writing: Writing, *, agreed: bool) -> bool:
    try:
        if agreed:
            confirm(server, label, pending, writing, as_json=False)
        else:
            cancel(server, label, pending, writing, as_json=False)
    except PendingEnded as error:
        say(str(error))
        return error.how == "confirm"
    return agreed


def _run(command: str, end: float) -> bool | None:
    """Whether a command of the shell says yes; None where the deadline came first."""
    try:
        code = subprocess.run(command, shell=True, timeout=max(0.1, end - time.monotonic()), check=False).returncode
    except subprocess.TimeoutExpired:
        return None
    say(f"{command}: exit code {code}")
    return code == 0


def _ask_terminal(end: float) -> bool | None:
    """Whether whoever sits there says yes; None where the deadline came first."""
    while (left := end - time.monotonic()) > 0:
        print(f"\rconfirm? y or n, else it is undone in {left:.0f} s  ", end="", file=sys.stderr, flush=True)
        ready, _, _ = select.select([sys.stdin], [], [], min(1.0, left))
        if ready and (word := sys.stdin.readline().strip().lower()) in ("y", "yes", "n", "no"):
            return word.startswith("y")
    print(file=sys.stderr)
    return None


def _is_attended() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


async def _only_pending(service: ConfigService, label: str | None) -> Pending:
    found = (await service.hanging(ANONYMOUS, label)).pending
    if found is None:
        raise PendingNotFound(label or "the default label", "")
    return found


def _ways(pending: str, label: str | None) -> str:
    return ", ".join(f"gitcfg {verb} {quote(pending)}{of_label(label)}" for verb in ("confirm", "cancel"))
