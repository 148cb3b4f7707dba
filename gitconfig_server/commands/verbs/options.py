"""The options that verbs have in common."""

from __future__ import annotations

from typing import Annotated

import typer

from gitconfig_server.commands.verbs.completion import (
    SERVER_VARIABLE,
    complete_file,
    complete_key,
    complete_label,
    complete_source,
)
from gitconfig_server.model.findings import OnConflict


def fix_revision(text: str | None) -> str | None:
    """A revision with its time made absolute: ``main@5m`` counts from now, here."""
    from datetime import datetime

    from gitconfig_server.revisions import fix_times

    return text if text is None else fix_times(text, datetime.now().astimezone())


def _fix_time(text: str | None) -> str | None:
    """A time made absolute; InvalidRevision where it is none."""
    from datetime import datetime

    from gitconfig_server.revisions import parse_time

    return text if text is None else parse_time(text, datetime.now().astimezone()).isoformat()


Server = Annotated[
    str,
    typer.Option(
        "--server",
        "-s",
        envvar=SERVER_VARIABLE,
        metavar="URL|PATH",
        help="http(s)://[user:password@]host:port, or a repository: a path or file:///path.",
    ),
]
Revision = Annotated[
    str | None,
    typer.Option(
        "--label",
        "--revision",
        "-l",
        metavar="REVISION",
        help="What to read: a label, or any revision, such as v1, main~2, main@5m, an id. Else the default label.",
        autocompletion=complete_label,
        callback=fix_revision,
    ),
]
At = Annotated[
    str | None,
    typer.Option(
        "--at",
        metavar="TIME",
        help="As it was then: 5m, 18:27, yesterday, '1 hour ago', 2026-01-31, 2026-01-31T12:00Z.",
        callback=_fix_time,
    ),
]
Since = Annotated[
    str | None,
    typer.Option("--since", metavar="TIME", help="Received at or after: 2h, 2026-01-31.", callback=_fix_time),
]
Until = Annotated[str | None, typer.Option("--until", metavar="TIME", help="Received before.", callback=_fix_time)]
Label = Annotated[
    str | None,
    typer.Option(
        "--label", "-l", metavar="LABEL", help="Which one, else the default one.", autocompletion=complete_label
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Say it for machines, as the HTTP API does.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Do all but the write.")]
Message = Annotated[str, typer.Option("--message", "-m", metavar="TEXT", help="The commit's message.")]
AuthorText = Annotated[
    str | None,
    typer.Option(
        "--author", metavar="'NAME <EMAIL>'", help="Whose change it is; else GIT_AUTHOR_NAME or Git's user.name."
    ),
]
Expect = Annotated[
    str | None, typer.Option("--expect", metavar="COMMIT", help="Only if the label is at this commit, a full id.")
]
Base = Annotated[
    str | None,
    typer.Option("--base", metavar="COMMIT", help="What you have seen, a full id; merged by key with what came since."),
]
Keep = Annotated[
    list[str] | None,
    typer.Option(
        "--keep", metavar="PLACE=SIDE", help="Where both differ: staged, label or :=JSON, of a file, a key or FILE#KEY."
    ),
]
OnConflictOption = Annotated[
    OnConflict, typer.Option("--on-conflict", help="Which side is right where no --keep says so.")
]
Stage = Annotated[bool, typer.Option("--stage", help="Write to what is staged for the label, not to the label.")]
InFile = Annotated[
    str | None,
    typer.Option(
        "--path",
        metavar="PATH",
        help="Which of the source's files, or where to make one.",
        autocompletion=complete_file,
    ),
]
InDocument = Annotated[
    int | None, typer.Option("--document", min=0, metavar="N", help="Which document of the file, from 0.")
]

Source = Annotated[
    str,
    typer.Argument(metavar="APPLICATION[/PROFILE]", help="Such as orders/prod.", autocompletion=complete_source),
]
SomeSource = Annotated[
    str | None,
    typer.Argument(metavar="APPLICATION[/PROFILE]", help="Only this.", autocompletion=complete_source),
]
Keys = Annotated[
    list[str] | None,
    typer.Argument(metavar="KEY", help="Only these, and what stands beneath them.", autocompletion=complete_key),
]
