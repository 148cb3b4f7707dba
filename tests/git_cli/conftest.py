"""A served repository on disk, and the real git in front of it."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.git import git, try_git
from support.git_server import serving

from gitconfig_server.git.repository import GitRepository
from gitconfig_server.storage.disk.storage import DiskStorage


@dataclass(frozen=True)
class Served:
    """A repository, its folder and where it is served."""

    repository: GitRepository
    folder: Path
    url: str

    def sound(self) -> bool:
        """Whether git finds no fault, and no unfinished push is left in the folder."""
        git(self.folder, "fsck", "--strict")
        return not [path.name for path in (self.folder / "objects").iterdir() if path.name.startswith("tmp_")]


class WorkTree:
    """A clone whose git speaks one protocol version."""

    def __init__(self, folder: Path, protocol: str) -> None:
        self.folder = folder
        self._version = ("-c", f"protocol.version={protocol}")

    def git(self, *arguments: str) -> str:
        """What git printed; it must succeed."""
        return git(self.folder, *self._version, *arguments).strip()

    def try_git(self, *arguments: str):
        """How git fared."""
        return try_git(self.folder, *self._version, *arguments)

    def refused(self, *arguments: str) -> str:
        """What git said when it was refused."""
        done = self.try_git(*arguments)
        assert done.returncode != 0, done.stderr
        return done.stderr

    def commit(self, message: str = "change", **files: str) -> str:
        """Commit files (``app__x`` stands for ``app/x.yml``); the new commit's id."""
        for name, text in files.items():
            path = self.folder / (name.replace("__", "/") + ".yml")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def serve(tmp_path):
    """A factory of served repositories, empty at first; takes the options of GitRepository and of ``serving``."""
    with ExitStack() as stack:

        def make(*, limits=None, patience=60.0, **options) -> Served:
            storage = DiskStorage(tmp_path / "srv")
            stack.callback(storage.close)
            repository = GitRepository(storage.create("config"), **options)
            url = stack.enter_context(serving(repository, limits, patience))
            return Served(repository, tmp_path / "srv" / "config", url)

        yield make


@pytest.fixture(params=["0", "2"])
def clone(tmp_path, request):
    """A factory of clones, once for each protocol version."""

    def make(served: Served, name: str = "work", *arguments: str) -> WorkTree:
        git(tmp_path, "-c", f"protocol.version={request.param}", "clone", "--quiet", *arguments, served.url, name)
        tree = WorkTree(tmp_path / name, request.param)
        if tree.try_git("rev-parse", "--verify", "--quiet", "HEAD").returncode != 0:
            tree.git("symbolic-ref", "HEAD", "refs/heads/main")
        return tree

    return make
