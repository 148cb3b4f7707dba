"""What is said after a write: what was done, where, what the checks remarked on, and what comes next."""

from __future__ import annotations

from collections.abc import Sequence
from shlex import quote

from gitconfig_server.model.writes import WriteResult
from gitconfig_server.text.rendering import SHORT, put, put_json, say
from gitconfig_server.wire.writes import WriteAnswer

_SHOWN = 3
"""Files that are named; of more, only how many they are."""


def tell(result: WriteResult, done: str, nothing: str, following: Sequence[str] = (), *, as_json: bool) -> None:
    """Say what a write did.

    ``done`` goes on after "would have", too: ``set 2 keys of orders/prod on main``. ``nothing`` is said where nothing
    had to be changed. ``following``: commands that make sense now.
    """
    if as_json:
        put_json(WriteAnswer.of(result).members())
        return
    for finding in result.findings:
        say(f"warning: {finding}")
    if not result.changed:
        put(f"nothing changed: {nothing}")
        return
    commit = f" (commit {result.commit[:SHORT]})" if result.commit else ""
    put(f"{'would have ' if result.dry_run else ''}{done}{_files(result.paths)}{commit}")
    if following:
        say(f"next: {', '.join(following)}")


def of_label(label: str | None) -> str:
    """What suggested commands carry to mean the same label."""
    return "" if label is None else f" --label {quote(label)}"


def _files(paths: Sequence[str]) -> str:
    if not paths:
        return ""
    return f", in {', '.join(paths)}" if len(paths) <= _SHOWN else f", in {len(paths)} files"
