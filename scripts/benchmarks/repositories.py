"""Repositories of a given size, and one save the way the server makes it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from gitconfig_server.config.engine import ConfigEngine
from gitconfig_server.config.names.manifest import MANIFEST
from gitconfig_server.git.repository import GitRepository
from gitconfig_server.model.principals import Principal
from gitconfig_server.model.writes import PutFile, WriteRequest
from gitconfig_server.service.opening import make_engine
from gitconfig_server.storage.urls import open_storage

LABEL = "main"
MAIN = b"refs/heads/main"
WRITER = Principal("bench", "bench@example.com")

_HEAD = b"commit refs/heads/main\ncommitter bench <bench@example.com> %d +0000\ndata 6\nchange\n"
_FIRST_SECOND = 1_700_000_000
_MANIFEST = b'search_paths: ["{application}"]\n'


@dataclass(frozen=True, slots=True)
class Size:
    """How much a repository holds: sources, spread evenly over application folders, and commits."""

    sources: int
    folders: int
    commits: int = 1
    keys: int = 12

    def path(self, number: int) -> str:
        """Where the source of this number is."""
        return (
            f"{application(number % self.folders)}/{application(number % self.folders)}-p{number // self.folders}.yml"
        )


def application(number: int) -> str:
    """The application of this number; its first source is that of the profile ``p0``."""
    return f"service-{number:04d}"


def config_text(keys: int, version: int) -> bytes:
    """A YAML file, about 40 bytes a key."""
    lines = (f"group-{key // 8}-{key % 8}:\n  url: http://host-{key}/v{version}\n" for key in range(keys))
    return "".join(lines).encode()


def build(path: Path, size: Size) -> Path:
    """A bare repository, all in one pack: every source in its first commit, then one changed a commit."""
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", path], check=True)
    with subprocess.Popen(["git", "-C", path, "fast-import", "--quiet"], stdin=subprocess.PIPE) as process:
        assert process.stdin
        with process.stdin as stream:
            _write_history(stream, size)
    if process.returncode:
        raise RuntimeError(f"git fast-import of {path} failed")
    return path


def make_labels(repository: Path, count: int) -> None:
    """More labels at the tip, a hundred in a folder, as ``git pack-refs`` leaves them."""
    git = ["git", "-C", str(repository)]
    lines = "".join(f"create refs/heads/team-{one // 100}/label-{one} refs/heads/{LABEL}\n" for one in range(count))
    subprocess.run([*git, "update-ref", "--stdin"], input=lines.encode(), check=True)
    subprocess.run([*git, "pack-refs", "--all"], check=True)


def _write_history(stream: IO[bytes], size: Size) -> None:
    for commit in range(size.commits):
        stream.write(_HEAD % (_FIRST_SECOND + commit))
        if commit == 0:
            _write_file(stream, MANIFEST, _MANIFEST)
        for number in range(size.sources) if commit == 0 else [commit % size.sources]:
            _write_file(stream, size.path(number), config_text(size.keys, commit * size.sources + number))


def _write_file(stream: IO[bytes], path: str, content: bytes) -> None:
    stream.write(b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(content), content))


def migrated(repository: Path, url: str) -> str:
    """The repository in another storage, at ``url``."""
    command = [sys.executable, "-m", "gitconfig_server", "migrate", repository, url]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return url


@contextmanager
def opened(place: Path | str, *, checked: bool = True) -> Iterator[ConfigEngine]:
    """What saves to the repository; ``checked``: with the server's check of what files hold."""
    storage, name = open_storage(str(place))
    with closing(storage):
        stored = storage.open(name)
        stored.prepare()
        yield make_engine(stored) if checked else ConfigEngine(GitRepository(stored))


def save(engine: ConfigEngine, path: str, content: bytes) -> None:
    """One file changed on ``main`` as a PUT of it does, durable when it returns."""
    engine.save(WriteRequest(LABEL, WRITER), [PutFile(path, content)])
