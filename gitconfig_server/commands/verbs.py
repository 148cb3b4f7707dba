"""The verbs of the command line, as its help lists them."""

from __future__ import annotations

from collections.abc import Callable

import typer

from gitconfig_server.commands import verbs_reading, verbs_staging, verbs_writing

_VERBS: dict[str, dict[str, Callable[..., None]]] = {
    "Configuration": {
        "get": verbs_reading.get,
        "set": verbs_writing.set_,
        "unset": verbs_writing.unset,
        "edit": verbs_writing.edit,
        "cat": verbs_reading.cat,
    },
    "Staged changes": {
        "stage": verbs_staging.stage,
        "check": verbs_staging.check,
        "apply": verbs_staging.apply,
        "discard": verbs_staging.discard,
    },
    "History": {
        "diff": verbs_reading.diff,
        "log": verbs_reading.log,
        "show": verbs_reading.show,
        "restore": verbs_writing.restore,
        "revert": verbs_writing.revert,
        "labels": verbs_reading.labels,
        "tag": verbs_writing.tag,
    },
}


def add_verbs(app: typer.Typer) -> None:
    """Make ``app`` understand them. What they do is imported when one runs."""
    for panel, verbs in _VERBS.items():
        for name, verb in verbs.items():
            app.command(name, rich_help_panel=panel)(verb)
