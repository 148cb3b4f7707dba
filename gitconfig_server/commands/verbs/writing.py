"""Verbs that write: ``set unset edit restore revert tag branch``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gitconfig_server.commands.verbs import options as options
from gitconfig_server.commands.verbs.completion import (
    DEFAULT_SERVER,
    complete_assignment,
    complete_key,
    complete_label,
)
from gitconfig_server.model.findings import OnConflict

Assignments = Annotated[
    list[str],
    typer.Argument(
        metavar="KEY=VALUE",
        help="KEY:=JSON sets JSON, KEY=@FILE what a file says (@-: standard input).",
        autocompletion=complete_assignment,
    ),
]
SourceKeys = Annotated[list[str], typer.Argument(metavar="KEY", autocompletion=complete_key)]


def set_(
    source: options.Source,
    assignments: Assignments,
    text: Annotated[bool, typer.Option("--text", help="Take each VALUE as the text it is.")] = False,
    stage: options.Stage = False,
    message: options.Message = "",
    label: options.Label = None,
    path: options.InFile = None,
    document: options.InDocument = None,
    author: options.AuthorText = None,
    expect: options.Expect = None,
    base: options.Base = None,
    keep: options.Keep = None,
    on_conflict: options.OnConflictOption = OnConflict.FAIL,
    dry_run: options.DryRun = False,
    as_json: options.Json = False,
    server: options.Server = DEFAULT_SERVER,
) -> None:
    """Set keys.

    gitcfg set orders/prod db.pool=30 --stage -m "a larger pool"

    Numbers, true and false are what they look like, where they would be printed back the same; all else is text.
    """
    from gitconfig_server.commands import session, writing

    target = writing.WriteTarget(label, stage, path, document)
    by = session.Writing(message, author, expect, dry_run, keep or (), on_conflict, base=base)
    writing.set_keys(server, source, assignments, target, by, text=text, as_json=as_json)


def unset(
    source: options.Source,
    keys: SourceKeys,
    tidy: Annotated[bool, typer.Option("--tidy", help="What is left empty goes too.")] = False,
    stage: options.Stage = False,
    message: options.Message = "",
    label: options.Label = None,
    path: options.InFile = None,
    document: options.InDocument = None,
    author: options.AuthorText = None,
    expect: options.Expect = None,
    base: options.Base = None,
    keep: options.Keep = None,
    on_conflict: options.OnConflictOption = OnConflict.FAIL,
    dry_run: options.DryRun = False,
    as_json: options.Json = False,
    server: options.Server = DEFAULT_SERVER,
) -> None:
    """Remove keys, and what stands beneath them; what they stood in stays, empty if need be."""
    from gitconfig_server.commands import session, writing

    target = writing.WriteTarget(label, stage, path, document)
    by = session.Writing(message, author, expect, dry_run, keep or (), on_conflict, base=base)
    writing.unset_keys(server, source, keys, target, by, tidy=tidy, as_json=as_json)


def edit(
    source: options.Source,
    stage: options.Stage = False,
    message: options.Message = "",
    label: options.Label = None,
    path: options.InFile = None,
    author: options.AuthorText = None,
    expect: options.Expect = None,
    base: options.Base = None,
    keep: options.Keep = None,
    on_conflict: options.OnConflictOption = OnConflict.FAIL,
    dry_run: options.DryRun = False,
    as_json: options.Json = False,
    server: options.Server = DEFAULT_SERVER,
) -> None:
    """Edit the stored file in $VISUAL or $EDITOR."""
    from gitconfig_server.commands import editing, session, writing

    target = writing.WriteTarget(label, stage, path)
    by = session.Writing(message, author, expect, dry_run, keep or (), on_conflict, base=base)
    editing.edit(server, source, target, by, as_json=as_json)


def restore(
    revision: Annotated[
        str,
        typer.Argument(
            metavar="REVISION",
            help="When it was as it should be: v1, main~2, main@5m.",
            autocompletion=complete_label,
        ),
    ],
    context: typer.Context,
    source: options.SomeSource = None,
    keys: options.Keys = None,
    stage: options.Stage = False,
    message: options.Message = "",
    label: options.Label = None,
    path: options.InFile = None,
    author: options.AuthorText = None,
    expect: options.Expect = None,
    cancel_pending: Annotated[
        bool, typer.Option("--cancel-pending", help="What is pending for the label goes, whatever it touches.")
    ] = False,
    dry_run: options.DryRun = False,
    as_json: options.Json = False,
    server: options.Server = DEFAULT_SERVER,
) -> None:
    """Let things be as they were, by a new commit.

    The whole label, or one application, source, file, or some keys.

    gitconfig-server restore FILE TO brings back a whole repository, journal included, from a file that backup has made;
    TO is a path or a storage URL where nothing is yet.
    """
    from gitconfig_server.commands import moving, session, writing

    if moving.is_backup(revision, source):
        _refuse_others(context, "revision", "source")
        moving.bring_back(Path(revision), source)
        return
    revision = options.fix_revision(revision) or revision
    target, by = (
        writing.WriteTarget(label, stage, path),
        session.Writing(message, author, expect, dry_run, cancel_pending=cancel_pending),
    )
    writing.restore(server, revision, source, keys or [], target, by, as_json=as_json)


def revert(
    commit: Annotated[
        str,
        typer.Argument(
            metavar="COMMIT",
            help="Any revision.",
            autocompletion=complete_label,
            callback=options.fix_revision,
        ),
    ],
    mainline: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Of a merge: the parent whose side is to remain, from 1.")
    ] = None,
    stage: options.Stage = False,
    message: options.Message = "",
    label: options.Label = None,
    author: options.AuthorText = None,
    expect: options.Expect = None,
    keep: options.Keep = None,
    on_conflict: options.OnConflictOption = OnConflict.FAIL,
    dry_run: options.DryRun = False,
    as_json: options.Json = False,
    server: options.Server = DEFAULT_SERVER,
) -> None:
    """Undo one commit, by a new one.

    What was done since stays; where it touched the same files, that is a conflict.
    """
    from gitconfig_server.commands import session, writing

    target, by = (
        writing.WriteTarget(label, stage),
        session.Writing(message, author, expect, dry_run, keep or (), on_conflict),
    )
    writing.revert(server, commit, mainline, target, by, as_json=as_json)


def tag(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="Without one: list them.", autocompletion=complete_label)
    ] = None,
    revision: Annotated[
        str | None,
        typer.Argument(
            metavar="REVISION",
            help="Else the default label.",
            autocompletion=complete_label,
            callback=options.fix_revision,
        ),
    ] = None,
    delete: Annotated[bool, typer.Option("--delete", "-d", help="Remove it.")] = False,
    force: Annotated[bool, typer.Option("--force", "-f", help="Move it, where it is there already.")] = False,
    message: options.Message = "",
    author: options.AuthorText = None,
    expect: options.Expect = None,
    dry_run: options.DryRun = False,
    as_json: options.Json = False,
    server: options.Server = DEFAULT_SERVER,
) -> None:
    """Make a tag; move, remove or list tags.

    With -m it is an annotated one.
    """
    from gitconfig_server.commands import labels, session

    by = session.Writing(message, author, expect, dry_run)
    labels.tag(server, name, revision, by, delete=delete, force=force, as_json=as_json)


def branch(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="Without one: list them.", autocompletion=complete_label)
    ] = None,
    revision: Annotated[
        str | None,
        typer.Argument(
            metavar="REVISION",
            help="Where it begins; else at the default label.",
            autocompletion=complete_label,
            callback=options.fix_revision,
        ),
    ] = None,
    delete: Annotated[bool, typer.Option("--delete", "-d", help="Remove it.")] = False,
    expect: options.Expect = None,
    dry_run: options.DryRun = False,
    as_json: options.Json = False,
    server: options.Server = DEFAULT_SERVER,
) -> None:
    """Make a branch; remove or list branches."""
    from gitconfig_server.commands import labels, session

    by = session.Writing(expect=expect, dry_run=dry_run)
    labels.branch(server, name, revision, by, delete=delete, as_json=as_json)


def _refuse_others(context: typer.Context, *known: str) -> None:
    """A usage error where more is given on the command line than what ``known`` names."""
    for name in context.params:
        given = context.get_parameter_source(name)
        if name not in known and given and given.name == "COMMANDLINE":
            context.fail(f"A backup is brought back whole: expected FILE TO, without {name.replace('_', '-')}")
