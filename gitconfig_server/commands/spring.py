"""The commands of the way over from a Spring Cloud Config Server."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gitconfig_server.errors import InvalidInput, ServerUnreachable

if TYPE_CHECKING:
    from gitconfig_server.client.spring_wire import SpringServer

Names = Annotated[list[str] | None, typer.Option(metavar="NAME", help="Only this one; may be given again.")]


def spring_settings(
    files: Annotated[list[Path], typer.Argument(help="Their application.yml, and further files, the strongest last.")],
    profile: Annotated[list[str] | None, typer.Option(help="A profile their server runs with.")] = None,
    output: Annotated[Path | None, typer.Option(help="Write our settings there, instead of printing them.")] = None,
) -> None:
    """Turn the settings of a Spring Cloud Config Server into ours."""
    from gitconfig_server.commands.spring_settings import read_spring_files, told, translate

    translation = translate(read_spring_files(files, tuple(profile or ["default"])))
    if output is None:
        print(translation.as_yaml(), end="")
    else:
        _write(output, translation.as_yaml())
    for line in told(translation.notes):
        print(line, file=sys.stderr)


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

    What is not named is what the new server lists. Exit code 1 where an environment differs.
    """
    from gitconfig_server.client.spring_wire import SpringServer

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
    from rich.progress import Progress

    from gitconfig_server.commands import compare_report
    from gitconfig_server.commands.spring_compare import compare, questions

    old, new = servers
    try:
        asked = await questions(new, *(names or [] for names in chosen))
        with Progress(console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("comparing", total=len(asked))
            found = await compare(old, new, asked, lambda: progress.advance(task))
    finally:
        await old.close()
        await new.close()
    if found and all(one.error for one in found):
        raise ServerUnreachable(found[0].error)
    compare_report.print_report(Console(), found, show_secrets=show_secrets)
    if report is not None:
        _write(report, compare_report.page(old.shown, new.shown, found, show_secrets=show_secrets))
    return all(one.same for one in found)


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, "utf-8")
    except OSError as error:
        raise InvalidInput(f"{file}: {error.strerror or error}") from error
    print(f"written to {file}", file=sys.stderr)
