"""Folders that cannot be written are served as they are, and nothing is left in them."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from faults.storage_faults import MAIN, git, in_a_process, seeded
from support.components import absent

from gitconfig_server.errors import RepositoryReadOnly
from gitconfig_server.storage.base import RefUpdate
from gitconfig_server.storage.conformance.objects import record
from gitconfig_server.storage.disk.storage import DiskStorage

NOBODY = 65534
DONE = b"refs/heads/done"
TOGETHER = [b"refs/heads/%d" % number for number in range(8)]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that other users may enter."""
    path = Path(tempfile.mkdtemp())
    path.chmod(0o755)
    yield path
    for child in path.rglob("*"):
        if child.is_dir():
            child.chmod(0o755)
    shutil.rmtree(path)


def assert_served_read_only(folder: Path, refs: dict[bytes, bytes]) -> None:
    if os.geteuid() == 0:
        os.setgroups([])
        os.setuid(NOBODY)
    look(folder, refs)


def look(folder: Path, refs: dict[bytes, bytes]) -> None:
    storage = DiskStorage(folder)
    repository = storage.open("one")
    assert not repository.writable
    assert dict(repository.snapshot()) == refs
    assert repository.objects.get_raw(refs[MAIN])
    assert repository.generation() == repository.generation()
    updates = [RefUpdate(MAIN, refs[MAIN], None)]
    with pytest.raises(RepositoryReadOnly):
        repository.update_refs(updates, record=record(updates))
    with pytest.raises(RepositoryReadOnly), repository.scratch():
        pass
    with pytest.raises(RepositoryReadOnly):
        repository.set_head(MAIN)
    assert len(repository.prepare()) == 1
    with pytest.raises(RepositoryReadOnly):
        storage.create("two")
    storage.close()


@pytest.mark.parametrize("journalled", [True, False])
def test_without_the_right_to_write(journalled: bool, folder: Path) -> None:
    refs = seeded(folder)
    if journalled:
        git(folder / "one", "branch", "by-git", "main")
        refs[b"refs/heads/by-git"] = refs[MAIN]
    else:
        shutil.rmtree(folder / "one" / "gitconfig")
    before = sorted(folder.rglob("*"))
    for path in [folder, *before]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    assert os.waitpid(in_a_process(lambda: assert_served_read_only(folder, refs)), 0)[1] == 0
    assert sorted(folder.rglob("*")) == before


def read_until_done(folder: Path) -> None:
    os.setgroups([])
    os.setuid(NOBODY)
    storage = DiskStorage(folder)
    repository = storage.open("one")
    assert not repository.writable
    seen = set()
    while DONE not in (snapshot := repository.snapshot()):
        values = {snapshot.get(ref) for ref in TOGETHER}
        assert len(values) == 1
        seen |= values
    assert len(seen) > 1
    storage.close()


def test_a_reader_who_may_not_write_sees_all_of_a_transaction_or_nothing(folder: Path) -> None:
    if os.geteuid() != 0:
        absent("root, who alone may become somebody else")
    names = list(seeded(folder).values())
    reader = in_a_process(lambda: read_until_done(folder))
    storage = DiskStorage(folder)
    repository = storage.open("one")
    for count in range(100):
        old = names[(count - 1) % 2] if count else None
        updates = [RefUpdate(ref, old, names[count % 2]) for ref in TOGETHER]
        repository.update_refs(updates, record=record(updates))
    updates = [RefUpdate(DONE, None, names[0])]
    repository.update_refs(updates, record=record(updates))
    assert os.waitpid(reader, 0)[1] == 0
    storage.close()


def test_on_a_read_only_file_system(folder: Path, tmp_path: Path) -> None:
    refs = seeded(folder)
    bind = ["mount", "--bind", str(folder), str(tmp_path)]
    if os.geteuid() != 0 or subprocess.run(bind, capture_output=True, check=False).returncode:
        absent("a mount, which only root may make")
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", str(tmp_path)], check=True)
        look(tmp_path, refs)
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)
