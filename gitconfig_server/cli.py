"""The command ``gitconfig-server``, ``gitcfg`` for short.

Each command imports what it needs when it runs: the pre-receive hook, which every push waits for, needs no web server.
"""

from __future__ import annotations

import gc
import io
import os
import sys
from collections.abc import Sequence
from copy import copy
from datetime import UTC, datetime
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer
from typer.main import get_command_name
from typer.models import CommandInfo

from gitconfig_server.commands.keeping import add_keeping
from gitconfig_server.commands.spring import verbs
from gitconfig_server.commands.verbs.table import Verbs, add_verbs, fit_help
from gitconfig_server.errors import (
    Conflict,
    ContentRefused,
    Denied,
    GitConfigError,
    InvalidChange,
    InvalidContent,
    InvalidEdit,
    InvalidInput,
    NotARepository,
    NotFound,
    RepositoryExists,
    RepositoryReadOnly,
    ServerUnreachable,
)
from gitconfig_server.version import __version__

if TYPE_CHECKING:
    from gitconfig_server.storage.base import StoredRepository

app = typer.Typer(
    cls=Verbs,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)

RepositoryOption = Annotated[str | None, typer.Option(help="A path, or a storage URL.", metavar="URL")]
SettingsOption = Annotated[Path | None, typer.Option(help="A YAML file of settings.", metavar="FILE")]


_EXIT_CODES: dict[type[GitConfigError], int] = {
    ContentRefused: 4,
    InvalidChange: 4,
    InvalidEdit: 4,
    InvalidContent: 4,
    InvalidInput: 2,
    Conflict: 3,
    NotFound: 5,
    Denied: 6,
    RepositoryReadOnly: 6,
    ServerUnreachable: 7,
}
"""Of errors, the first that fits; any other is 1.

0: done; 1: it differs, or failed; 2: usage; 3: conflict; 4: invalid content; 5: not there; 6: denied; 7: offline.
"""


def main() -> None:
    """Run the command line. What may be expected to go wrong is told in a line, with one of ``_EXIT_CODES``."""
    _never_fail_to_print()
    try:
        _app_for(sys.argv[1:])()
    except GitConfigError as error:
        from gitconfig_server.text.rendering import inert

        for line in str(error).splitlines():
            print(f"error: {inert(line)}", file=sys.stderr)
        for note in getattr(error, "__notes__", ()):
            print(inert(note), file=sys.stderr)
        sys.exit(next((code for kind, code in _EXIT_CODES.items() if isinstance(error, kind)), 1))
    finally:
        _hand_over()


def _app_for(words: Sequence[str]) -> typer.Typer:
    """The app with the command that comes first alone; whole where that is none, or ``help``, which tells of all.

    Typer makes the parameters of all forty before it looks for one, which takes longer than many a command does.
    """
    asked = [one for one in app.registered_commands if words[:1] == [_name_of(one)] != ["help"]]
    if not asked:
        return app
    alone = copy(app)
    alone.registered_commands = asked
    return alone


def _name_of(one: CommandInfo) -> str:
    return one.name or get_command_name(one.callback.__name__ if one.callback else "")


def _never_fail_to_print() -> None:
    """What the terminal's encoding has no letter for is shown as an escape."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _hand_over() -> None:
    """Print what has not been printed yet; a reader who has left misses nothing."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _version(wanted: bool) -> None:
    if wanted:
        print(f"gitconfig-server {__version__}")
        raise typer.Exit


@app.callback()
def command(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which one.")
    ] = False,
) -> None:
    """A configuration server whose database is Git."""


@app.command()
def init(path: Annotated[str, typer.Argument(help="Where the repository is to be made.")]) -> None:
    """Make a bare repository that begins with the template's files."""
    from gitconfig_server.storage.urls import shown_url

    commit, shown = _make(path, "main"), shown_url(path)
    print(f"made {shown}, its first commit is {commit[:12]}; serve it: gitconfig-server serve {quote(shown)}")


@app.command()
def serve(
    place: Annotated[str | None, typer.Argument(metavar="REPOSITORY", help="The same as --repository.")] = None,
    repository: RepositoryOption = None,
    settings: SettingsOption = None,
    host: Annotated[str | None, typer.Option(help="The address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="The port to listen on.")] = None,
    workers: Annotated[int | None, typer.Option(help="How many processes answer.")] = None,
    telnet: Annotated[str | None, typer.Option(metavar="HOST:PORT", help="Talk telnet there, too.")] = None,
    init: Annotated[bool, typer.Option("--init", help="Make the repository first, where there is none.")] = False,
) -> None:
    """Serve a repository over HTTP."""
    gc.disable()  # classes by the thousand are made now, and looking for garbage among them is a fifth of the start
    from gitconfig_server.server import process
    from gitconfig_server.settings.loading import load

    if place is not None and repository is not None:
        raise InvalidInput(f"{place} and --repository {repository}: name one repository")
    flags = {"repository": repository if place is None else place, "host": host, "port": port, "workers": workers}
    flags["telnet.listen"] = telnet
    effective = load(settings, os.environ, flags).settings
    if init:
        _make_if_missing(effective.repository, effective.default_label or "main")
    process.serve(effective, lambda text: print(text, flush=True))


@app.command("settings")
def show_settings(
    settings: SettingsOption = None,
    show: Annotated[bool, typer.Option("--show", help="Print them, each with where it was read.")] = False,
) -> None:
    """Check the settings of file and environment."""
    from gitconfig_server.settings.loading import load
    from gitconfig_server.settings.loading import show as shown

    loaded = load(settings, os.environ, {})
    print(shown(loaded) if show else "the settings are sound; --show prints them", end="" if show else "\n")


add_verbs(app)
add_keeping(app)
app.command("spring-settings")(verbs.spring_settings)
app.command("spring-compare")(verbs.spring_compare)
fit_help(app)


def _make_if_missing(repository: str, label: str) -> None:
    from gitconfig_server.service.spring.templates import has_placeholders
    from gitconfig_server.storage.urls import open_storage

    if has_placeholders(repository):
        raise InvalidInput(f"--init makes one repository, and {repository} names several")

    storage, name = open_storage(repository)
    try:
        begun = _has_begun(storage.open(name))
    except NotARepository as error:
        try:
            _make(repository, label)
        except RepositoryExists:
            raise error from None
    else:
        if not begun:
            _make(repository, label)
    finally:
        storage.close()


def _has_begun(stored: StoredRepository) -> bool:
    """Whether anything has ever happened in it; not where making it was broken off before its first commit."""
    return bool(stored.snapshot()) or not stored.writable or any(True for _ in stored.journal(limit=1))


def _make(repository: str, label: str) -> str:
    """Make the repository and its first commit, whose id it answers. RepositoryExists if it has begun already."""
    from gitconfig_server.config.writing.template import commit_template
    from gitconfig_server.git.repository import GitRepository
    from gitconfig_server.storage.urls import open_storage

    storage, name = open_storage(repository)
    try:
        if not storage.lasting:
            raise InvalidInput(f"{repository}: what is in memory ends with the process, expected a path")
        try:
            stored = storage.create(name, label)
        except RepositoryExists as error:
            try:
                stored = storage.open(name)
            except NotARepository:
                raise error from None
            if _has_begun(stored):
                raise
        git = GitRepository(stored, default_branch=label)
        return commit_template(git, _template(), datetime.now(UTC))
    finally:
        storage.close()


def _template() -> Path:
    """The template in the installed package, or beside it in a checkout."""
    package = Path(__file__).parent
    return next(folder for folder in (package / "repo_template", package.parent / "repo_template") if folder.is_dir())
