"""Keeping repositories: ``maintenance``, ``fsck`` and ``doctor``, beside what moves them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Annotated

import typer

from gitconfig_server.commands.moving import backup, export, migrate, named_repository
from gitconfig_server.errors import GitConfigError
from gitconfig_server.storage.base import StoredRepository

_Repository = Annotated[
    str | None,
    typer.Argument(help="A path or a storage URL; else that of the settings.", metavar="REPOSITORY"),
]


def add_keeping(app: typer.Typer) -> None:
    """Add the commands to those of ``app``."""
    for command in (migrate, backup, export, maintenance, fsck, doctor):
        app.command()(command)


def maintenance(
    repository: _Repository = None,
    due: Annotated[bool, typer.Option("--due", help="Only what has become much, as servers do by themselves.")] = False,
) -> None:
    """Make one pack of all that is stored, and remove garbage; it may be served meanwhile."""
    from gitconfig_server.git.upkeep.maintaining import maintain
    from gitconfig_server.storage.urls import open_storage

    storage, name = open_storage(named_repository(repository))
    with closing(storage):
        report = maintain(storage.open(name), whole=not due)
    if not report.held:
        print("another process does it now")
        return
    refs = f" and {report.refs} refs" if report.refs else ""
    print(f"{report.folded} objects{refs} packed, {report.condemned} found to be garbage, {report.removed} removed")


def fsck(repository: _Repository = None) -> None:
    """Check that all that refs and the journal name is there, and is what its name says."""
    from gitconfig_server.storage.urls import open_storage
    from gitconfig_server.storage.verifying import verify

    storage, name = open_storage(named_repository(repository))
    with closing(storage):
        faults = verify(storage.open(name))
    for fault in faults:
        print(fault)
    if faults:
        raise typer.Exit(1)
    print("sound: every ref, record and object")


def doctor(
    repository: _Repository = None,
    repair: Annotated[bool, typer.Option("--repair", help="Mend what can be mended.")] = False,
) -> None:
    """Say what is wrong with a repository and its storage, what may be lost, and the way out."""
    from gitconfig_server.storage.urls import open_storage

    storage, name = open_storage(named_repository(repository))
    with closing(storage):
        stored = storage.open(name)
        done = stored.repair() if repair and stored.writable else None
        if done:
            print(f"repaired: {done}")
    storage, name = open_storage(named_repository(repository))
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
