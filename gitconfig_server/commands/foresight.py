"""What going back will do, said before it is done: the commit, and the keys that it changes."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from gitconfig_server.commands.comparing import put_changes
from gitconfig_server.commands.grammar import keys_beneath
from gitconfig_server.model.history import CommitSummary, DiffQuery, FileChange, KeyChange, Op
from gitconfig_server.model.principals import ANONYMOUS
from gitconfig_server.model.reads import Reading
from gitconfig_server.model.replace import replace
from gitconfig_server.model.writes import Restore
from gitconfig_server.service.base import ConfigService
from gitconfig_server.text.rendering import authored_text, say, short_id

_SHOWN = 5
"""Applications that are named; of more, only how many they are."""

_BACK = {Op.ADD: Op.REMOVE, Op.REMOVE: Op.ADD, Op.CHANGE: Op.CHANGE}


class Foreseen(Struct, frozen=True):
    """The commit that somebody goes back to, or that is undone, and what differs then."""

    commit: CommitSummary
    changes: tuple[KeyChange, ...]
    files: tuple[FileChange, ...]


async def foresee_restore(service: ConfigService, label: str | None, asked: Restore, *, changes: bool) -> Foreseen:
    """What a label would get from a revision: with ``changes``, the differences between the two, of what is asked."""
    details = await service.commit_details(ANONYMOUS, asked.to)
    if not changes:
        return Foreseen(details.summary, (), ())
    query = DiffQuery(asked.application, asked.profile)
    found = await service.diff(ANONYMOUS, Reading(label), Reading(asked.to), query)
    keys = asked.keys
    chosen = [one for one in found.changes if not keys or any(keys_beneath(key, [one.key]) for key in keys)]
    return Foreseen(details.summary, tuple(chosen), () if keys else found.files)


async def foresee_revert(service: ConfigService, commit: str) -> Foreseen:
    """What undoing a commit changes: what it did, the other way round."""
    details = await service.commit_details(ANONYMOUS, commit)
    changes = tuple(replace(one, op=_BACK[one.op], old=one.new, new=one.old) for one in details.changes)
    files = tuple(replace(one, op=_BACK[one.op]) for one in details.files)
    return Foreseen(details.summary, changes, files)


def put_foreseen(seen: Foreseen, paths: Sequence[str], *, dry_run: bool) -> None:
    """Print the commit, and for a dry run the keys; else which applications the files at ``paths`` are of."""
    commit = seen.commit
    say(f"{short_id(commit.commit)} {authored_text(commit)} {commit.author}: {commit.subject}")
    if dry_run:
        changes = [one for one in seen.changes if one.path in paths]
        put_changes(changes, [one for one in seen.files if one.path in paths])
    touched = sorted({file.application for file in seen.files if file.path in paths and file.application})
    if touched:
        names = ", ".join(touched[:_SHOWN]) + (f" and {len(touched) - _SHOWN} more" if len(touched) > _SHOWN else "")
        say(f"applications touched: {names}")
