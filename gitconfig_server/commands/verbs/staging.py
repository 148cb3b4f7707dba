"""Verbs about what is staged: ``stage check apply discard``."""

from __future__ import annotations

from typing import Annotated

import typer

from gitconfig_server.commands.verbs import options as options
from gitconfig_server.commands.verbs.completion import DEFAULT_SERVER, complete_application

Parts = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[APPLICATION|PATH]...",
        help="Only what is staged for these, or at or beneath these paths.",
        autocompletion=complete_application,
    ),
]

_INVALID, _CONFLICT = 4, 3


def stage(
    update: Annotated[bool, typer.Option("--update", help="Merge the label into what is staged.")] = False,
    keep: Annotated[
        list[str] | None,
        typer.Option("--keep", metavar="PATH=SIDE", help="With --update: staged or label, where both changed a file."),
    ] = None,
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

    if update or keep:
        by = session.Writing(message, author, expect, dry_run)
        staging.update(server, label, keep or [], by, as_json=as_json)
    else:
        staging.show_staged(server, label, as_json=as_json)


def check(
    names: Parts = None,
    label: options.Label = None,
    as_json: options.Json = False,
    server: options.Server = DEFAULT_SERVER,
) -> None:
    """Say what an apply would meet.

    Exit code 3 where label and staged have changed the same file differently, 4 where something cannot be read.
    """
    from gitconfig_server.commands import staging

    found = staging.check(server, label, names or [], as_json=as_json)
    if not found.passed:
        raise typer.Exit(_CONFLICT if found.conflicts else _INVALID)


def apply(
    names: Parts = None,
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
    as_json: options.Json = False,
    server: options.Server = DEFAULT_SERVER,
) -> None:
    """Put what is staged in force.

    --confirm-within tries it out: readers get it at once, and what is saved again when the time is over, unless
    somebody confirms. A terminal is asked; exit code 3 where it was undone.
    """
    from gitconfig_server.commands import grammar, holding, session, staging

    by = session.Writing(message, author, expect, dry_run)
    if confirm_within is not None or confirm_if is not None:
        seconds = grammar.read_duration(confirm_within or "10m")
        kept = holding.try_apply(server, label, names or [], seconds, confirm_if, by, as_json=as_json)
        raise typer.Exit(0 if kept else _CONFLICT)
    staging.apply(server, label, names or [], by, as_json=as_json)


def discard(
    names: Parts = None,
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
    staging.discard(server, label, names or [], by, as_json=as_json)
