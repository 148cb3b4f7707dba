"""Repositories for the commands that move and keep them, and what is in them."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from gitconfig_server.cli import app
from gitconfig_server.errors import GitConfigError
from gitconfig_server.storage.conformance.repositories import OTHER, save
from gitconfig_server.storage.urls import open_storage


def run(*arguments: object) -> tuple[int, str]:
    """The command line: exit code, and what it printed."""
    done = CliRunner().invoke(app, [str(one) for one in arguments])
    return done.exit_code, str(done.exception) if isinstance(done.exception, GitConfigError) else done.output


def make_repository(path: Path) -> Path:
    """The template, and four saves on another label."""
    assert run("init", path)[0] == 0
    storage, name = open_storage(str(path))
    with closing(storage):
        stored, tip = storage.open(name), None
        for number in range(4):
            tip = save(stored, OTHER, number, tip)
    return path


def contents(url: object) -> tuple[Any, ...]:
    """All that a copy must have."""
    storage, name = open_storage(str(url))
    with closing(storage):
        stored = storage.open(name)
        return dict(stored.snapshot()), list(stored.journal()), set(stored.objects), stored.head()


def ask_for(database: Any, column: str) -> None:
    """As a newer program does whose layout this one does not know."""
    if hasattr(database, "writing"):
        with database.writing() as connection:
            connection.send(f"UPDATE gitconfig_repository SET {column} = ?", [(2,)])
    else:
        database._server.heads.update_one({"_id": database.name}, {"$set": {column: 2}})
