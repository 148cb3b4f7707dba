"""The commands of the way over from a Spring Cloud Config Server."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gitconfig_server.errors import InvalidInput

if TYPE_CHECKING:
    from gitconfig_server.client.spring import SpringServer

Names = Annotated[list[str] | None, typer.Option(metavar="NAME", help="Only this one; may be given again.")]


def spring_settings(
    files: Annotated[list[Path], typer.Argument(help="Their application.yml, and further files, the strongest last.")],
    profile: Annotated[
        list[str] | None, typer.Option(help="A profile their server runs with, instead of those the files name.")
    ] = None,
    output: Annotated[Path | None, typer.Option(help="Write our settings there, instead of printing them.")] = None,
    accept: Annotated[bool, typer.Option("--accept", help="Exit with 0 though something stays behind.")] = False,
) -> None:
    """Turn the settings of a Spring Cloud Config Server into ours.

    Exit code 1 where something stays behind that there is no equivalent for.
    """
    from gitconfig_server.commands.spring.files import active_profiles, read_spring_files
    from gitconfig_server.commands.spring.translate import translate
    from gitconfig_server.commands.spring.translation import told

    if output is not None and any(file.exists() and output.exists() and file.samefile(output) for file in files):
        raise InvalidInput(f"{output}: is what is being read, name another --output")
    translation = translate(read_spring_files(files, tuple(profile or active_profiles(files))))
    if output is None:
        print(translation.as_yaml(), end="")
    else:
        _write(output, translation.as_yaml(), only_ours=True)
    for line in told(translation.notes):
        print(line, file=sys.stderr)
    if any(note.stays_behind for note in translation.notes) and not accept:
        raise typer.Exit(1)


def spring_compare(
    old: Annotated[str, typer.Argument(metavar="OLD_URL", help="The server in use; may carry user:password@.")],
    new: Annotated[str, typer.Argument(metavar="NEW_URL", help="The one that is to take over.")],
    application: Names = None,
    profile: Names = None,
    label: Names = None,
    report: Annotated[Path | None, typer.Option(help="Write the whole comparison there, as one HTML page.")] = None,
    show_secrets: Annotated[bool, typer.Option(help="Show values of keys that look secret.")] = False,
    timeout: Annotated[float, typer.Option(help="Seconds to wait for one answer.")] = 30,
) -> None:
    """Ask two servers for every application, profile and label, and compare the answers key by key.

    What is not named is what the new server lists, with every profile by itself: several are one name with commas.
    Exit code 1 where an environment differs.
    """
    from gitconfig_server.client.spring import SpringServer

    servers = SpringServer(old, timeout), SpringServer(new, timeout)
    same = asyncio.run(_compare(servers, (application, profile, label), report, show_secrets))
    if not same:
        raise typer.Exit(1)


async def _compare(
    servers: tuple[SpringServer, SpringServer],
    chosen: tuple[list[str] | None, list[str] | None, list[str] | None],
    report: Path | None,
    show_secrets: bool,
) -> bool:
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress

    from gitconfig_server.commands.spring.compare import compare
    from gitconfig_server.commands.spring.questions import questions
    from gitconfig_server.commands.spring.report import WIDE, print_report, write_page

    old, new = servers
    told = Console(stderr=True)
    try:
        columns = (*Progress.get_default_columns(), MofNCompleteColumn())
        with Progress(*columns, console=told, transient=True, disable=not told.is_terminal) as progress:
            task = progress.add_task("comparing", total=None)
            asked = await questions(new, *(names or [] for names in chosen))
            progress.update(task, total=len(asked))
            found = await compare(old, new, asked, lambda: progress.advance(task))
    finally:
        await old.close()
        await new.close()
    if not found:
        raise InvalidInput(f"{new.shown} has nothing to compare yet: see its /ready, or name an --application")
    out = Console(width=None if sys.stdout.isatty() else WIDE)
    print_report(out, found, show_secrets=show_secrets)
    if report is not None:
        text = write_page(old.shown, new.shown, found, show_secrets=show_secrets)
        _write(report, text, only_ours=show_secrets)
    return all(one.same for one in found)


def _write(file: Path, text: str, *, only_ours: bool) -> None:
    """``only_ours``: it may hold passwords, so nobody else is to read it."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600 if only_ours else 0o666)
        with open(descriptor, "w", encoding="utf-8") as out:  # noqa: PTH123 - a descriptor, for its mode
            out.write(text)
    except OSError as error:
        raise InvalidInput(f"{file}: {error.strerror or error}") from error
    print(f"written to {file}", file=sys.stderr)
