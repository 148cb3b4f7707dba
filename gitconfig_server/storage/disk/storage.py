"""Repositories on disk that lie beside each other in one folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from secrets import token_hex

from gitconfig_server.errors import InvalidSettings, RepositoryReadOnly
from gitconfig_server.storage.base import Clock, Storage, check_repository_name, utc_now
from gitconfig_server.storage.disk import layout
from gitconfig_server.storage.disk.files import DiskFiles
from gitconfig_server.storage.disk.journal.format import new_journal
from gitconfig_server.storage.disk.layout import RepositoryPlace
from gitconfig_server.storage.disk.os_errors import translated
from gitconfig_server.storage.disk.repository import DiskRepository
from gitconfig_server.storage.ref_rules import check_ref_name


def open_path(path: Path, hooks: Mapping[str, str] | None = None) -> tuple[Storage, str]:
    """The storage that the repository at ``path`` lies in, and its name there."""
    path = path.absolute()
    if path.name == ".git":
        path = path.parent
    if not path.name:
        raise InvalidSettings("repository: the root folder of the file system cannot be a repository")
    return DiskStorage(path.parent, hooks), path.name


class DiskStorage:
    """Repositories beside each other in one folder.

    ``hooks``: name -> script, installed in those that are served. A writer waits ``lock_seconds`` for others.
    """

    lasting = True

    def __init__(
        self,
        root: Path,
        hooks: Mapping[str, str] | None = None,
        *,
        files: DiskFiles | None = None,
        clock: Clock = utc_now,
        lock_seconds: float = 10.0,
    ) -> None:
        self._root = root
        self._hooks = hooks or {}
        self._files = files or DiskFiles()
        self._clock = clock
        self._lock_seconds = lock_seconds
        self._opened: list[DiskRepository] = []

    def create(self, name: str, default_branch: str = "main") -> DiskRepository:
        """A new bare repository, which appears whole or not at all."""
        check_repository_name(name)
        path = self._root / name
        head = b"refs/heads/" + default_branch.encode()
        check_ref_name(head)
        with translated(str(path)):
            layout.build(path, head, new_journal()[1], self._hooks, self._files)
        return self.open(name)

    def open(self, name: str) -> DiskRepository:
        """The repository ``name`` or ``name.git``, or that of the work tree ``name``."""
        place = self._find(name)
        with translated(place.root):
            repository = DiskRepository(name, place, self._hooks, self._files, self._clock, self._lock_seconds)
        self._opened.append(repository)
        return repository

    def names(self) -> list[str]:
        """Folders that are repositories, sorted."""
        with translated(str(self._root)):
            return list(layout.names(self._root))

    def drop(self, name: str) -> None:
        """Remove the folder: first out of sight in one step, then for good."""
        place = self._find(name)
        if not place.bare:
            raise RepositoryReadOnly(f"{place.root} belongs to a work tree: remove that yourself")
        root = Path(place.root)
        hidden = root.parent / f".{root.name}.dropped-{token_hex(4)}"
        with translated(str(root)):
            self._files.rename(str(root), str(hidden))
            # before anything is removed: half a repository must not come back under its name
            self._files.sync_folder(str(root.parent))
            self._files.remove_tree(str(hidden))

    def close(self) -> None:
        """Close every repository that was opened."""
        for repository in self._opened:
            repository.close()
        self._opened.clear()

    def _find(self, name: str) -> RepositoryPlace:
        check_repository_name(name)
        path, bare = self._root / name, self._root / f"{name}.git"
        with translated(str(path)):
            return layout.find(bare if bare.is_dir() and not path.exists() else path)
