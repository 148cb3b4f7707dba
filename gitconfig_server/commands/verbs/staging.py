"""Verbs about what is staged: ``stage check apply discard``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gitconfig_server.commands.verbs import options as options
from gitconfig_server.commands.verbs.completion import DEFAULT_SERVER, complete_application, complete_label
from gitconfig_server.model.findings import OnConflict

Parts = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="APPLICATION|PATH",
        help="Only what is staged for these, or at or beneath these paths.",
        autocompletion=complete_application,
    ),
]

PartKeys = Annotated[
    list[str] | None,
    typer.Option("--key", metavar="KEY", help="Of that these keys alone, and what stands beneath them."),
]
From = Annotated[
    str | None,
    typer.Option("--from", metavar="BRANCH", help="Another branch than the staged one.", autocompletion=complete_label),
]

_INVALID, _CONFLICT = 4, 3


def stage(
    update: Annotated[bool, typer.Option("--update", help="Merge the label into what is staged.")] = False,
    keep: options.Keep = None,
    on_conflict: options.OnConflictOption = OnConflict.FAIL,
    message: options.Message = "",
    label: options.Label = None,
    author: options.AuthorText = None,
    expect: options.Expect = None,
    dry_run: options.DryRun = False,
    as_json: options.Json = False,
    server: options.Server = DEFAULT_SERVER,
) -> None:
    """Show what is staged.

    gitcfg set ... --stage stages; --update merges the label into what is staged, and settles conflicts with --keep.
    """
    from gitconfig_server.commands import session, staging

    if update or keep or on_conflict is not OnConflict.FAIL:
        by = session.Writing(message, author, expect, dry_run, keep or (), on_conflict)
        staging.update(server, label, by, as_json=as_json)
    else:
        staging.show_staged(server, label, as_json=as_json)


def check(
    names: Parts = None,
    keys: PartKeys = None,
    source: From = None,
    told: Annotated[
        str | None, typer.Option("--format", metavar="text|json|github", help="Of a folder: how it is told.")
    ] = None,
    label: options.Label = None,
    as_json: options.Json = False,
    server: options.Server = DEFAULT_SERVER,
) -> None:
    """Say what an apply would meet.

    Of a folder (. or ./PATH): what a push of it would meet. Exit code 3 where label and staged have changed the same
    key differently, 4 where something cannot be read, or a schema does not allow it. A folder needs no server.
    """
    from gitconfig_server.commands import folders, staging

    if folder := _folder(names, told):
        if not folders.check_folder(folder, told or ("json" if as_json else "text")):
            raise typer.Exit(_INVALID)
        return
    found = staging.check(server, label, staging.PartWords(names or (), keys or (), source), as_json=as_json)
    if not found.passed:
        raise typer.Exit(_CONFLICT if found.conflicts else _INVALID)


def _folder(names: list[str] | None, told: str | None) -> Path | None:
    """The folder that is meant, if one is."""
    from gitconfig_server.commands import folders
    from gitconfig_server.errors import InvalidInput

    if told is not None and told not in folders.FORMATS:
        raise InvalidInput(f"--format {told!r}: expected one of {', '.join(folders.FORMATS)}")
    if not names:
        return Path() if told else None
    if len(names) == 1 and names[0].startswith((".", "/")):
        folder = Path(names[0])
        if not folder.is_dir():
            raise InvalidInput(f"{names[0]} is no folder")
        return folder
    return None


def apply(
    names: Parts = None,
    keys: PartKeys = None,
    source: From = None,
    message: options.Message = "",
    label: options.Label = None,
    author: options.AuthorText = None,
    expect: options.Expect = None,
    dry_run: options.DryRun = False,
    confirm_within: Annotated[
        str | None,
        typer.Option("--confirm-within", metavar="DURATION", help="For so long (600, 10m), unless it is confirmed."),
    ] = None,
    confirm_if: Annotated[
        str | None,
        typer.Option("--confirm-if", metavar="COMMAND", help="Exit code 0 confirms, any other undoes."),
    ] = None,
    keep: options.Keep = None,
    on_conflict: options.OnConflictOption = OnConflict.FAIL,
    include_known_bad: Annotated[
        bool, typer.Option("--include-known-bad", help="Set again what a restore or revert took away.")
    ] = False,
    as_json: options.Json = False,
    server: options.Server = DEFAULT_SERVER,
) -> None:
    """Put what is staged in force.

    --confirm-within tries it out: readers get it at once, and what is saved again when the time is over, unless
    somebody confirms. A terminal is asked; exit code 3 where it was undone.
    """
    from gitconfig_server.commands import grammar, holding, session, staging

    by = session.Writing(message, author, expect, dry_run, keep or (), on_conflict, include_known_bad)
    words = staging.PartWords(names or (), keys or (), source)
    if confirm_within is not None or confirm_if is not None:
        seconds = grammar.read_duration(confirm_within or "10m")
        kept = holding.try_apply(server, label, words, seconds, confirm_if, by, as_json=as_json)
        raise typer.Exit(0 if kept else _CONFLICT)
    staging.apply(server, label, words, by, as_json=as_json)


def discard(
    names: Parts = None,
    keys: PartKeys = None,
    message: options.Message = "",
    label: options.Label = None,
    author: options.AuthorText = None,
    expect: options.Expect = None,
    dry_run: options.DryRun = False,
    as_json: options.Json = False,
    server: options.Server = DEFAULT_SERVER,
) -> None:
    """Drop what is staged."""
    from gitconfig_server.commands import session, staging

    by = session.Writing(message, author, expect, dry_run)
    staging.discard(server, label, staging.PartWords(names or (), keys or ()), by, as_json=as_json)
