"""Whole repositories copied to somewhere else: ``migrate``, ``backup`` and its way back, ``export``."""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer

from gitconfig_server.errors import (
    GitConfigError,
    InvalidInput,
    InvalidSettings,
    NotARepository,
    RepositoryExists,
    StorageError,
)
from gitconfig_server.storage.base import Storage

_From = Annotated[str, typer.Argument(help="The repository: a path or a storage URL.", metavar="FROM")]
_To = Annotated[str, typer.Argument(help="Where it is to go: a path or a storage URL.", metavar="TO")]
_Repository = Annotated[str | None, typer.Option("--repository", help="A path or a storage URL.", metavar="URL")]

_SQLITE = b"SQLite format 3\0"
"""What each SQLite file begins with."""

_PLACE = re.compile(r"/|\.{1,2}/|~|[A-Za-z][A-Za-z0-9+.-]*://")
"""How paths and storage URLs begin, and no application does."""


def migrate(source: _From, target: _To) -> None:
    """Copy a repository to another storage, with the journal's times; it may be served meanwhile."""
    from gitconfig_server.storage.urls import shown_url

    print(f"{shown_url(source)} is copied to {shown_url(target)}: {_copied(source, target)}")
    _pack(target)


def backup(
    file: Annotated[Path, typer.Argument(help="The file to make.", metavar="FILE")], repository: _Repository = None
) -> None:
    """Copy the repository into one file, while it is served; ``restore FILE TO`` brings it back."""
    if file.exists():
        raise InvalidInput(f"{file} exists already: name a new file")
    part = _part_of(file)
    said = _copied_anew(repository, _url_of(part), part.unlink)
    shutil.rmtree(f"{part}-gitconfig", ignore_errors=True)
    _name(part, file)
    print(f"{file} holds {said}")


def _part_of(path: Path) -> Path:
    """Where a copy lies until it is whole and gets its name; one that was broken off is gone on with there."""
    return path.absolute().with_name(f"{path.absolute().name}.part")


def _copied_anew(repository: str | None, target: str, remove: Callable[[], None]) -> str:
    """Copy to ``target``; what is whole there is of an earlier time: its process died before the last step."""
    source = named_repository(repository)
    try:
        return _copied(source, target)
    except RepositoryExists:
        remove()
        return _copied(source, target)


def _name(part: Path, path: Path) -> None:
    """Give what is whole its name, durably."""
    with _told(path):
        part.rename(path)
        parent = os.open(path.absolute().parent, os.O_RDONLY)
        try:
            os.fsync(parent)
        finally:
            os.close(parent)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Errors of the operating system as ours."""
    try:
        yield
    except OSError as error:
        raise StorageError(f"{path} cannot be made: {error.strerror or error}") from error


def is_backup(name: str, target: str | None) -> bool:
    """Whether ``restore`` is given a file and where to, and not a revision and an application."""
    return bool(target and _PLACE.match(target)) or _is_sqlite(Path(name))


def bring_back(file: Path, target: str | None) -> None:
    """Copy what a backup holds to ``target``, which must hold nothing yet."""
    from gitconfig_server.storage.urls import shown_url

    if target is None:
        raise InvalidInput(f"{file} is a backup: say where it is to go, a path or a storage URL")
    if not file.exists():
        raise InvalidInput(f"{file} is not there: expected a file that backup has made, and where it is to go")
    if not _is_sqlite(file):
        raise InvalidInput(f"{file} is no file that backup has made: migrate takes other repositories")
    try:
        with _where_it_can_be_opened(file) as source:
            said = _copied(_url_of(source), target)
    except NotARepository as error:
        raise InvalidInput(f"{error}: a backup has one of the name config") from error
    print(f"{file} is brought back to {shown_url(target)}: {said}")
    _pack(target)


def export(
    folder: Annotated[Path, typer.Argument(help="The folder to make.", metavar="DIR")], repository: _Repository = None
) -> None:
    """Copy the repository into a bare Git repository, with its journal as a line of JSON a record."""
    from gitconfig_server.storage.records import write_line
    from gitconfig_server.storage.urls import open_storage

    if folder.exists():
        raise InvalidInput(f"{folder} exists already: name a new folder")
    part = _part_of(folder)
    said = _copied_anew(repository, str(part), lambda: shutil.rmtree(part))
    _pack(str(part))
    storage, name = open_storage(str(part))
    with closing(storage), _told(folder), (part / "journal.ndjson").open("w") as file:
        file.writelines(f"{write_line(record)}\n" for record in storage.open(name).journal())
        file.flush()
        os.fsync(file.fileno())
    _name(part, folder)
    print(f"{folder} holds {said}")


def named_repository(repository: str | None) -> str:
    """The repository that is meant, that of the settings where none is named."""
    from gitconfig_server.settings.loading import load

    found = repository or load(None, os.environ, {}).settings.repository
    if not found:
        raise InvalidSettings("repository: none is named, give one or set GITCONFIG_REPOSITORY")
    return found


def _is_sqlite(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(_SQLITE)) == _SQLITE


@contextmanager
def _where_it_can_be_opened(file: Path) -> Iterator[Path]:
    """The file, or a copy of one in a folder that cannot be written: SQLite puts files of its own beside it."""
    if os.access(file, os.W_OK) and os.access(file.parent, os.W_OK):
        yield file
        return
    with tempfile.TemporaryDirectory() as folder:
        yield Path(shutil.copyfile(file, Path(folder, file.name)))


def _url_of(file: Path) -> str:
    return f"sqlite://{quote(str(file.absolute()))}"


def _copied(source: str, target: str) -> str:
    from gitconfig_server.storage.urls import open_storage

    storage, name = open_storage(target)
    with closing(storage):
        return _copy(source, storage, name)


def _pack(target: str) -> None:
    """Make one pack of a copy, whose objects came one by one: the first clone of it is as quick as any."""
    from gitconfig_server.git.upkeep.maintaining import maintain
    from gitconfig_server.storage.urls import open_storage

    storage, name = open_storage(target)
    with closing(storage):
        if not storage.lasting:
            return
        try:
            packed = maintain(storage.open(name), whole=True)
        except GitConfigError as error:
            print(f"the copy is whole, but could not be packed, which gitconfig-server maintenance does: {error}")
        else:
            print(f"{packed.folded} objects packed" if packed.held else "another process packs it")


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
