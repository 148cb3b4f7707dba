"""Moving and keeping repositories: ``migrate``, ``backup``, ``export``, ``maintenance``, ``fsck`` and ``doctor``."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer

from gitconfig_server.errors import GitConfigError, InvalidInput, InvalidSettings
from gitconfig_server.storage.base import Storage, StoredRepository

From = Annotated[str, typer.Argument(help="The repository: a path or a storage URL.", metavar="FROM")]
To = Annotated[str, typer.Argument(help="Where it is to go: a path or a storage URL.", metavar="TO")]
Repository = Annotated[
    str | None,
    typer.Argument(help="A path or a storage URL; else that of the settings.", metavar="REPOSITORY"),
]
RepositoryOption = Annotated[str | None, typer.Option("--repository", help="A path or a storage URL.", metavar="URL")]


def add_keeping(app: typer.Typer) -> None:
    """Add the commands to those of ``app``."""
    for command in (migrate, backup, export, maintenance, fsck, doctor):
        app.command()(command)


def migrate(source: From, target: To) -> None:
    """Copy a repository to another storage, with the journal's times; it may be served meanwhile."""
    from gitconfig_server.storage.urls import open_storage, shown_url

    storage, name = open_storage(target)
    with closing(storage):
        print(f"{shown_url(source)} is copied to {shown_url(target)}: {_copy(source, storage, name)}")


def backup(
    file: Annotated[Path, typer.Argument(help="The file to make.", metavar="FILE")], repository: RepositoryOption = None
) -> None:
    """Copy the repository into one file, while it is served; ``migrate sqlite:///FILE TO`` brings it back."""
    from gitconfig_server.storage.urls import open_storage

    if file.exists():
        raise InvalidInput(f"{file} exists already: name a new file")
    storage, name = open_storage(f"sqlite://{quote(str(file.absolute()))}")
    with closing(storage):
        print(f"{file} holds {_copy(_named(repository), storage, name)}")


def export(
    folder: Annotated[Path, typer.Argument(help="The folder to make.", metavar="DIR")],
    repository: RepositoryOption = None,
) -> None:
    """Copy the repository into a bare Git repository, with its journal as a line of JSON a record."""
    from gitconfig_server.storage.records import write_line
    from gitconfig_server.storage.urls import open_storage

    if folder.exists():
        raise InvalidInput(f"{folder} exists already: name a new folder")
    storage, name = open_storage(str(folder))
    with closing(storage):
        said = _copy(_named(repository), storage, name)
        with (folder / "journal.ndjson").open("w") as file:
            file.writelines(f"{write_line(record)}\n" for record in storage.open(name).journal())
    print(f"{folder} holds {said}")


def maintenance(
    repository: Repository = None,
    due: Annotated[bool, typer.Option("--due", help="Only what has become much, as servers do by themselves.")] = False,
) -> None:
    """Make one pack of all that is stored, and remove garbage; it may be served meanwhile."""
    from gitconfig_server.git.upkeep.maintaining import maintain
    from gitconfig_server.storage.urls import open_storage

    storage, name = open_storage(_named(repository))
    with closing(storage):
        report = maintain(storage.open(name), whole=not due)
    if not report.held:
        print("another process does it now")
        return
    print(f"{report.folded} objects packed, {report.condemned} found to be garbage, {report.removed} removed")


def fsck(repository: Repository = None) -> None:
    """Check that all that refs and the journal name is there, and is what its name says."""
    from gitconfig_server.storage.urls import open_storage
    from gitconfig_server.storage.verifying import verify

    storage, name = open_storage(_named(repository))
    with closing(storage):
        faults = verify(storage.open(name))
    for fault in faults:
        print(fault)
    if faults:
        raise typer.Exit(1)
    print("sound: every ref, record and object")


def doctor(
    repository: Repository = None,
    repair: Annotated[bool, typer.Option("--repair", help="Mend what can be mended.")] = False,
) -> None:
    """Say what is wrong with a repository and its storage, what may be lost, and the way out."""
    from gitconfig_server.storage.urls import open_storage

    storage, name = open_storage(_named(repository))
    with closing(storage):
        stored = storage.open(name)
        done = stored.repair() if repair and stored.writable else None
        if done:
            print(f"repaired: {done}")
    storage, name = open_storage(_named(repository))
    with closing(storage):
        found = list(_told(lambda: storage.open(name)))
    for one in found:
        print(one)
    if found:
        raise typer.Exit(1)
    print("nothing is wrong")


def _told(open_it: Callable[[], StoredRepository]) -> Iterator[str]:
    from gitconfig_server.service.storage_state import diagnose

    try:
        yield from diagnose(open_it())
    except GitConfigError as error:
        yield str(error)


def _copy(source: str, storage: Storage, name: str) -> str:
    """Copy, with a bar where somebody looks on; what was copied."""
    from gitconfig_server.storage.copying import copy_repository
    from gitconfig_server.storage.urls import open_storage

    opened, source_name = open_storage(source)
    with closing(opened), _bar() as progress:
        copied = copy_repository(opened.open(source_name), storage, name, progress)
        refs = len(copied.snapshot())
        last = next(copied.journal(newest_first=True, limit=1), None)
    return f"{refs} refs, {last.seq if last else 0} records"


@contextmanager
def _bar() -> Iterator[Callable[[int, int], None]]:
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True) as bar:
        task = bar.add_task("objects", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _named(repository: str | None) -> str:
    """The repository that is meant, that of the settings where none is named."""
    from gitconfig_server.settings.loading import load

    found = repository or load(None, os.environ, {}).settings.repository
    if not found:
        raise InvalidSettings("repository: none is named, give one or set GITCONFIG_REPOSITORY")
    return found
