"""Verbs about what hangs on a label: ``pending confirm cancel extend pin unpin freeze unfreeze``."""

from __future__ import annotations

from typing import Annotated

import typer

from gitconfig_server.commands.verbs import options as options
from gitconfig_server.commands.verbs.completion import DEFAULT_SERVER, complete_label

PendingId = Annotated[
    str | None, typer.Argument(metavar="ID", help="What the apply was answered; else what is pending now.")
]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why.")]
Until = Annotated[
    str | None,
    typer.Option("--until", metavar="TIME", help="2026-01-31T13:00Z, or 2h from now; else until it is lifted."),
]


def pending(
    label: options.Label = None, as_json: options.Json = False, server: options.Server = DEFAULT_SERVER
) -> None:
    """Show what is pending, pinned or frozen."""
    from gitconfig_server.commands import holding

    holding.show_holding(server, label, as_json=as_json)


def confirm(
    pending: PendingId = None,
    label: options.Label = None,
    expect: options.Expect = None,
    as_json: options.Json = False,
    server: options.Server = DEFAULT_SERVER,
) -> None:
    """Keep what was applied for a while."""
    from gitconfig_server.commands import holding, session

    holding.confirm(server, label, pending, session.Writing(expect=expect), as_json=as_json)


def cancel(
    pending: PendingId = None,
    label: options.Label = None,
    as_json: options.Json = False,
    server: options.Server = DEFAULT_SERVER,
) -> None:
    """Undo what was applied for a while."""
    from gitconfig_server.commands import holding, session

    holding.cancel(server, label, pending, session.Writing(), as_json=as_json)


def extend(
    duration: Annotated[str, typer.Argument(metavar="DURATION", help="From now on: 600, 10m, 2h.")],
    pending: PendingId = None,
    label: options.Label = None,
    as_json: options.Json = False,
    server: options.Server = DEFAULT_SERVER,
) -> None:
    """Give what is pending a new deadline."""
    from gitconfig_server.commands import grammar, holding, session

    seconds = grammar.read_duration(duration)
    holding.extend(server, label, pending, seconds, session.Writing(), as_json=as_json)


def pin(
    revision: Annotated[
        str | None,
        typer.Argument(metavar="REVISION", help="Else what readers get now.", autocompletion=complete_label),
    ] = None,
    reason: Reason = "",
    until: Until = None,
    label: options.Label = None,
    expect: options.Expect = None,
    as_json: options.Json = False,
    server: options.Server = DEFAULT_SERVER,
) -> None:
    """Let readers of a label get one revision, whatever it holds."""
    from gitconfig_server.commands import grammar, holding, session
    from gitconfig_server.model.pending import Brake

    brake = Brake(reason, grammar.read_end(until), revision)
    holding.pin(server, label, brake, session.Writing(expect=expect), as_json=as_json)


def unpin(label: options.Label = None, as_json: options.Json = False, server: options.Server = DEFAULT_SERVER) -> None:
    """Let readers get again what the label holds."""
    from gitconfig_server.commands import holding, session

    holding.unpin(server, label, session.Writing(), as_json=as_json)


def freeze(
    reason: Reason = "",
    until: Until = None,
    label: options.Label = None,
    expect: options.Expect = None,
    as_json: options.Json = False,
    server: options.Server = DEFAULT_SERVER,
) -> None:
    """Refuse saves, pushes and applies to a label."""
    from gitconfig_server.commands import grammar, holding, session
    from gitconfig_server.model.pending import Brake

    brake = Brake(reason, grammar.read_end(until))
    holding.freeze(server, label, brake, session.Writing(expect=expect), as_json=as_json)


def unfreeze(
    label: options.Label = None, as_json: options.Json = False, server: options.Server = DEFAULT_SERVER
) -> None:
    """Let a label be written again."""
    from gitconfig_server.commands import holding, session

    holding.unfreeze(server, label, session.Writing(), as_json=as_json)
