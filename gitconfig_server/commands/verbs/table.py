"""The verbs of the command line, as its help lists them."""

from __future__ import annotations

from collections.abc import Callable

import typer

from gitconfig_server.commands.verbs import helping, reading, staging, writing

_VERBS: dict[str, dict[str, Callable[..., None]]] = {
    "Configuration": {
        "get": reading.get,
        "set": writing.set_,
        "unset": writing.unset,
        "edit": writing.edit,
        "cat": reading.cat,
    },
    "Staged changes": {
        "stage": staging.stage,
        "check": staging.check,
        "apply": staging.apply,
        "discard": staging.discard,
    },
    "History": {
        "diff": reading.diff,
        "log": reading.log,
        "show": reading.show,
        "restore": writing.restore,
        "revert": writing.revert,
        "labels": reading.labels,
        "tag": writing.tag,
    },
    "Help": {
        "help": helping.help_,
    },
}


def add_verbs(app: typer.Typer) -> None:
    """Make ``app`` understand them. What they do is imported when one runs."""
    for panel, verbs in _VERBS.items():
        for name, verb in verbs.items():
            app.command(name, rich_help_panel=panel)(verb)
