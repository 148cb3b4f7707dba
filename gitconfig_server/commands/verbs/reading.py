"""Verbs that read: ``list get search cat status labels log show diff``."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from gitconfig_server.commands.verbs import options as options
from gitconfig_server.commands.verbs.completion import (
    DEFAULT_SERVER,
    complete_application,
    complete_file,
    complete_label,
    complete_source,
)


def get(
    source: options.Source,
    keys: options.Keys = None,
    stored: Annotated[
        bool, typer.Option("--stored", help="What is stored for exactly this, not what it gets.")
    ] = False,
    show_origin: Annotated[bool, typer.Option("--show-origin", help="Also of one key: where it comes from.")] = False,
    label: options.Revision = None,
    at: options.At = None,
    as_json: options.Json = False,
    server: options.Server = DEFAULT_SERVER,
) -> None:
    """Say what clients get, and where it comes from.

    Each key with its effective value, and the file and line that comes from. Of one KEY the value alone. Exit code 5
    if nothing is stored.
    """
    from gitconfig_server.commands import reading

    found = reading.get(server, source, label, at, stored=stored)
    reading.show_properties(found, keys or [], show_origin=show_origin, as_json=as_json)


def list_(
    application: Annotated[
        str | None, typer.Argument(metavar="APPLICATION", help="Only this.", autocompletion=complete_application)
    ] = None,
    label: options.Revision = None,
    at: options.At = None,
    as_json: options.Json = False,
    server: options.Server = DEFAULT_SERVER,
) -> None:
    """List applications and their profiles."""
    from gitconfig_server.commands import overview
    from gitconfig_server.model.reads import Reading

    overview.list_applications(server, application, Reading(label, at), as_json=as_json)


def schema(
    application: Annotated[str, typer.Argument(metavar="APPLICATION", autocompletion=complete_application)],
    label: options.Revision = None,
    at: options.At = None,
    server: options.Server = DEFAULT_SERVER,
) -> None:
    """Suggest a first schema, as what an application gets now says."""
    from gitconfig_server.commands import schemas
    from gitconfig_server.model.reads import Reading

    schemas.suggest_schema(server, application, Reading(label, at))


def search(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="Part of a key or value; capitals do not count.")],
    application: Annotated[
        str | None, typer.Argument(metavar="APPLICATION", help="Only here.", autocompletion=complete_application)
    ] = None,
    label: options.Revision = None,
    at: options.At = None,
    as_json: options.Json = False,
    server: options.Server = DEFAULT_SERVER,
) -> None:
    """Find keys and values in what is stored for all applications.

    Exit code 5 where nothing is found.
    """
    from gitconfig_server.commands import overview
    from gitconfig_server.model.reads import Reading

    overview.search(server, text, application, Reading(label, at), as_json=as_json)


def status(as_json: options.Json = False, server: options.Server = DEFAULT_SERVER) -> None:
    """Say where things stand: ready or not, the default label, what hangs on it, what is staged."""
    from gitconfig_server.commands import overview

    overview.show_status(server, as_json=as_json)


def cat(
    path: Annotated[str, typer.Argument(help="A file of the repository.", autocompletion=complete_file)],
    label: options.Revision = None,
    at: options.At = None,
    server: options.Server = DEFAULT_SERVER,
) -> None:
    """Print a stored file."""
    from gitconfig_server.commands import reading

    reading.cat(server, path, label, at)


def labels(as_json: options.Json = False, server: options.Server = DEFAULT_SERVER) -> None:
    """List branches and tags."""
    from gitconfig_server.commands import labels

    labels.list_labels(server, as_json=as_json)


def log(
    source: options.SomeSource = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="How many at most.")] = 20,
    since: options.Since = None,
    until: options.Until = None,
    label: options.Label = None,
    as_json: options.Json = False,
    server: options.Server = DEFAULT_SERVER,
) -> None:
    """Say what was in force, and when.

    The tips a label had, newest first, by when the server got them.
    """
    from gitconfig_server.commands import history

    history.log(server, source, label, history.Window(limit, since, until), as_json=as_json)


def show(
    commit: Annotated[
        str,
        typer.Argument(
            metavar="COMMIT",
            help="Any revision.",
            autocompletion=complete_label,
            callback=options.fix_revision,
        ),
    ],
    as_json: options.Json = False,
    server: options.Server = DEFAULT_SERVER,
) -> None:
    """Show one commit.

    What it says, what it changed, and when it was in force.
    """
    from gitconfig_server.commands import history

    history.show(server, commit, as_json=as_json)


def diff(
    old: Annotated[
        str | None,
        typer.Argument(
            metavar="FROM",
            help="The earlier revision.",
            autocompletion=complete_label,
            callback=options.fix_revision,
        ),
    ] = None,
    new: Annotated[
        str | None,
        typer.Argument(
            metavar="TO", help="The later revision.", autocompletion=complete_label, callback=options.fix_revision
        ),
    ] = None,
    source: Annotated[
        str | None,
        typer.Argument(metavar="APPLICATION[/PROFILE]", help="Only this.", autocompletion=complete_source),
    ] = None,
    effective: Annotated[bool, typer.Option("--effective", help="What clients of it get, not what is stored.")] = False,
    form: Annotated[
        Literal["keys", "unified", "json-patch", "deepdiff"], typer.Option("--format", help="How to tell it.")
    ] = "keys",
    label: options.Label = None,
    as_json: options.Json = False,
    server: options.Server = DEFAULT_SERVER,
) -> None:
    """Compare two revisions, key by key.

    Without TO: against the label as it is. Without either: what is staged for it. Exit code 1 where something differs.
    """
    from gitconfig_server.commands import comparing

    words = comparing.Words(old, new, source, label)
    if comparing.diff(server, words, form, effective=effective, as_json=as_json):
        raise typer.Exit(1)
