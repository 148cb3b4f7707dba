"""Making a storage fail on purpose, and asking stock Git whether what is left is sound."""

import os
import signal
import subprocess
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from gitconfig_server.storage.base import RefUpdate
from gitconfig_server.storage.conformance.objects import commit, record
from gitconfig_server.storage.disk.files import DiskFiles
from gitconfig_server.storage.disk.repository import DiskRepository
from gitconfig_server.storage.disk.storage import DiskStorage

MAIN, GONE, DEEP = b"refs/heads/main", b"refs/heads/gone", b"refs/heads/new/deep"
PENDING, STAGED = b"refs/gitconfig/pending/main", b"refs/heads/staged"

EVERYTHING = bool(os.environ.get("GITCONFIG_TEST_ALL"))
"""Whether to repeat what is usually done on a sample."""

GIT_ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Stock Git",
    "GIT_AUTHOR_EMAIL": "git@example.org",
    "GIT_COMMITTER_NAME": "Stock Git",
    "GIT_COMMITTER_EMAIL": "git@example.org",
}


def git(root: Path | str, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run stock Git in a repository, with nobody's configuration."""
    command = ["git", "-C", str(root), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=check, env=GIT_ENVIRONMENT)


def assert_fsck_clean(root: Path | str) -> None:
    checked = git(root, "fsck", "--strict", "--no-dangling", "--no-progress", check=False)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


@contextmanager
def folder_in_memory() -> Iterator[Path]:
    """Where the many little repositories of a test cost no disk time."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


class KillBefore(DiskFiles):
    """Dies before its n-th step; with ``half`` after doing half of what that step would write."""

    def __init__(self, steps: int, *, half: bool = False) -> None:
        self.remaining = steps
        self.half = half

    def step(self, operation: str, path: str, detail: str | bytes = b"") -> None:
        self.remaining -= 1
        if self.remaining == 0:
            if self.half and isinstance(detail, bytes) and detail:
                with Path(path).open("ab") as file:
                    file.write(detail[: len(detail) // 2])
            os.kill(os.getpid(), signal.SIGKILL)


def in_a_process(action: Callable[[], None]) -> int:
    """Start ``action`` in a process of its own: its id."""
    child = os.fork()
    if child == 0:
        try:
            action()
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            raise
        finally:
            os._exit(1)
    return child


def run_and_die(action: Callable[[], None]) -> bool:
    """Run ``action`` in a process of its own: whether it came to its end instead of being killed."""
    status = os.waitpid(in_a_process(action), 0)[1]
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "it failed before it could be killed"
    return os.WIFEXITED(status)


def save(repository: DiskRepository, ref: bytes, number: int, old: bytes | None) -> bytes:
    """One commit on ``ref``."""
    name, objects = commit(number, old)
    updates = [RefUpdate(ref, old, name)]
    repository.update_refs(updates, objects=objects, record=record(updates))
    return name


def seeded(folder: Path) -> dict[bytes, bytes]:
    """A repository ``folder/one`` with a packed ref, one of them overlaid by a loose one: its refs."""
    storage = DiskStorage(folder)
    repository = storage.create("one")
    first = save(repository, MAIN, 1, None)
    save(repository, GONE, 2, None)
    git(repository.root, "pack-refs", "--all")
    save(repository, MAIN, 3, first)
    refs = dict(repository.snapshot())
    storage.close()
    return refs


def folded(repository: DiskRepository) -> dict[bytes, bytes]:
    """The refs as the journal tells them, after checking that it is one chain."""
    refs: dict[bytes, bytes] = {}
    for number, entry in enumerate(repository.journal(), 1):
        assert entry.seq == number
        for update in entry.updates:
            assert refs.get(update.ref) == update.old
            refs.pop(update.ref, None)
            if update.new is not None:
                refs[update.ref] = update.new
    return refs


def locks_in(root: str) -> list[Path]:
    return [*Path(root).rglob("*.lock"), *Path(root, "gitconfig", "locks").iterdir()]
