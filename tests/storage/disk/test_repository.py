import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import pytest

from gitconfig_server.errors import (
    CorruptRepository,
    NotARepository,
    RefChanged,
    RepositoryExists,
    StorageBusy,
    StorageError,
    UpdateRefused,
)
from gitconfig_server.storage.base import RefUpdate
from gitconfig_server.storage.conformance.objects import record
from gitconfig_server.storage.conformance.repositories import MAIN, OTHER, save
from gitconfig_server.storage.disk.files import DiskFiles
from gitconfig_server.storage.disk.refs.reader import DiskRefs
from gitconfig_server.storage.disk.repository import DiskRepository
from gitconfig_server.storage.disk.storage import DiskStorage

HOOK = "#!/bin/sh\nexit 0\n"


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[DiskStorage]:
    storage = DiskStorage(tmp_path, {"pre-receive": HOOK})
    yield storage
    storage.close()


@pytest.fixture
def repository(storage: DiskStorage) -> DiskRepository:
    return storage.create("one")


def test_a_new_repository_is_set_up(repository: DiskRepository) -> None:
    root = Path(repository.root)
    assert (root / "HEAD").read_text() == "ref: refs/heads/main\n"
    assert os.access(root / "hooks" / "pre-receive", os.X_OK)
    assert "denyNonFastForwards = true" in (root / "config").read_text()
    assert repository.prepare() == []
    assert [path.name for path in root.parent.iterdir()] == ["one"]


def test_an_empty_folder_may_become_a_repository(storage: DiskStorage, tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    assert storage.create("one").writable
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "file").touch()
    with pytest.raises(RepositoryExists, match="two exists already"):
        storage.create("two")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "two"]


def test_names_with_and_without_git(storage: DiskStorage, tmp_path: Path) -> None:
    storage.create("one.git")
    assert storage.open("one").root == str(tmp_path / "one.git")
    assert storage.open("one.git").root == str(tmp_path / "one.git")
    assert storage.names() == ["one.git"]


@pytest.mark.parametrize(
    "kind", ["absent", "file", "empty", "linked", "no refs", "sha256", "reftable", "partial", "shallow"]
)
def test_what_is_no_repository_of_ours(kind: str, storage: DiskStorage, tmp_path: Path) -> None:
    place = tmp_path / "one"
    if kind == "file":
        place.touch()
    elif kind in ("empty", "linked"):
        place.mkdir()
    if kind == "linked":
        (place / ".git").write_text("gitdir: /elsewhere\n")
    options = {
        "sha256": "objectformat = sha256",
        "reftable": "refStorage = reftable",
        "partial": "partialClone = origin",
    }
    if kind in options:
        storage.create("one")
        with (place / "config").open("a") as config:
            config.write(f"[extensions]\n\t{options[kind]}\n")
    if kind == "no refs":
        storage.create("one")
        shutil.rmtree(place / "refs")
    if kind == "shallow":
        storage.create("one")
        (place / "shallow").write_text("1" * 40 + "\n")
    with pytest.raises(NotARepository, match=f"{place} lacks the folder refs" if kind == "no refs" else str(place)):
        storage.open("one")


@pytest.mark.parametrize(
    ("lines", "known"),
    [
        ("[core]\n\trepositoryformatversion = 1\n[extensions]\n\tlaserVision = true\n", False),
        ("[core]\n\trepositoryformatversion = 1\n[extensions]\n\tworktreeConfig = true\n", True),
        ("[extensions]\n\tlaserVision = true\n", True),
        ("[core]\n\trepositoryformatversion = 2\n", False),
    ],
)
def test_formats_that_nobody_knows_are_refused_as_git_does(
    lines: str, known: bool, storage: DiskStorage, tmp_path: Path
) -> None:
    storage.create("one")
    with (tmp_path / "one" / "config").open("a") as config:
        config.write(lines)
    if known:
        storage.open("one")
    else:
        with pytest.raises(NotARepository, match=str(tmp_path)):
            storage.open("one")


def test_preparing_keeps_what_users_wrote(storage: DiskStorage, repository: DiskRepository) -> None:
    root = Path(repository.root)
    (root / "config").write_text("[core]\n\tbare = true\n# mine\n[gc]\n\tauto = 1\n")
    (root / "hooks" / "pre-receive").write_text("#!/bin/sh\n# mine\n")
    (warning,) = repository.prepare()
    assert "pre-receive is not ours and stays" in warning
    assert (root / "config").read_text().startswith("[core]\n\tbare = true\n# mine\n[gc]\n\tauto = 1\n")
    assert (root / "hooks" / "pre-receive").read_text() == "#!/bin/sh\n# mine\n"


def test_preparing_renews_our_hook(repository: DiskRepository, tmp_path: Path) -> None:
    newer = DiskStorage(tmp_path, {"pre-receive": HOOK + "# newer\n"}).open("one")
    assert newer.prepare() == []
    assert (Path(repository.root) / "hooks" / "pre-receive").read_text().endswith("# newer\n")
    (Path(repository.root) / "config").write_text("[core]\n\tbare = true\n\thooksPath = /elsewhere\n")
    assert "core.hooksPath is /elsewhere" in newer.prepare()[0]
    newer.close()


def test_preparing_removes_what_dead_writers_left(repository: DiskRepository) -> None:
    root = Path(repository.root)
    left = [root / "objects" / name for name in ("tmp_obj_x", "pack/tmp_pack_x")]
    young = root / "objects" / "tmp_obj_young"
    for path in (*left, young):
        path.touch()
    (root / "objects" / "tmp_objdir-incoming-x").mkdir()
    for path in (*left, root / "objects" / "tmp_objdir-incoming-x"):
        os.utime(path, (1e9, 1e9))
    repository.prepare()
    assert [path for path in (root / "objects").rglob("*x*") if "info" not in path.name] == []
    assert young.exists()


def test_a_pack_without_its_index_is_told_of_and_left_alone(repository: DiskRepository) -> None:
    pack = Path(repository.root) / "objects/pack/pack-x.pack"
    pack.touch()
    assert list(repository.notices()) == [], "somebody may be about to write its index"
    os.utime(pack, (1e9, 1e9))
    repository.prepare()
    assert pack.exists()
    (told,) = repository.notices()
    assert told.endswith(f"git index-pack {pack} makes one")


def test_the_journal_is_dated_by_the_clock_that_is_passed_in(tmp_path: Path) -> None:
    noon = datetime(2026, 1, 31, 12, tzinfo=UTC)
    storage = DiskStorage(tmp_path, clock=lambda: noon)
    repository = storage.create("one")
    save(repository, MAIN, 1)
    assert [entry.received_at for entry in repository.journal()] == [noon]
    storage.close()


def test_torn_refs_are_read_and_healed_from_the_journal(repository: DiskRepository, storage: DiskStorage) -> None:
    first = save(repository, MAIN, 1)
    save(repository, OTHER, 2)
    path = Path(repository.root, "refs", "heads", "main")
    path.unlink()
    path.write_bytes(b"")
    assert repository.snapshot()[MAIN] == first
    assert path.read_bytes() == first + b"\n"
    assert len(list(repository.journal())) == 2
    path.unlink()
    path.write_bytes(b"")
    save(storage.open("one"), MAIN, 3, first)


PACKED = b"# pack-refs with: sorted \n"


@pytest.mark.parametrize(
    ("at", "byte"),
    [
        (0, b"\xb7"),
        (len(PACKED), b"q"),
        (len(PACKED), b"#"),
        (len(PACKED) + 40, b"x"),
        (len(PACKED) + 40, b"\n"),
        (-1, b"x"),
    ],
)
def test_refs_that_damaged_packed_refs_lost_are_those_of_the_journal(
    at: int, byte: bytes, repository: DiskRepository, storage: DiskStorage
) -> None:
    values = {MAIN: save(repository, MAIN, 1), OTHER: save(repository, OTHER, 2)}
    packed = Path(repository.root, "packed-refs")
    content = bytearray(PACKED + b"".join(b"%s %s\n" % (values[ref], ref) for ref in (MAIN, OTHER)))
    content[at] = byte[0]
    packed.write_bytes(content)
    for ref in values:
        Path(repository.root, ref.decode()).unlink()
    assert repository.snapshot(fresh=True) == values
    (told,) = repository.notices()
    assert "packed-refs, line" in told
    assert "doctor --repair" in told
    assert len(list(repository.journal())) == 2
    again = storage.open("one")
    assert again.snapshot() == values
    assert "taken out" in (again.repair() or "")
    assert (again.notices(), again.repair(), again.snapshot(fresh=True)) == ((), None, values)
    assert set(packed.read_bytes().splitlines()) < set(bytes(content).splitlines())


def test_files_of_refs_that_hold_something_else_are_told(repository: DiskRepository) -> None:
    save(repository, MAIN, 1)
    for name in ("main", "lost"):
        Path(repository.root, "refs", "heads", name).write_bytes(b"garbage\n")
    lost, main = repository.notices()
    assert "refs/heads/lost holds no id of a commit: nor does the journal know one: remove the file" in lost
    assert "refs/heads/main holds no id of a commit: the journal knows its value" in main


def test_symbolic_refs_are_not_moved(repository: DiskRepository) -> None:
    save(repository, MAIN, 1)
    Path(repository.root, "refs", "heads", "alias").write_bytes(b"ref: refs/heads/main\n")
    with pytest.raises(UpdateRefused) as refused:
        save(repository, b"refs/heads/alias", 2)
    assert refused.value.rule == "symbolic"
    assert set(repository.snapshot()) == {MAIN}


def test_a_damaged_journal_stops_writers_but_not_readers(repository: DiskRepository, storage: DiskStorage) -> None:
    first = save(repository, MAIN, 1)
    save(repository, OTHER, 2)
    journal = Path(repository.root, "gitconfig", "journal")
    content = bytearray(journal.read_bytes())
    content[100] ^= 1
    journal.write_bytes(content)
    again = storage.open("one")
    assert again.snapshot()[MAIN] == first
    with pytest.raises(CorruptRepository, match="doctor --repair"):
        save(again, MAIN, 3, first)
    journal.unlink()
    save(again, MAIN, 3, first)
    assert [entry.reason for entry in again.journal()] == ["init", "save"]


def test_a_lost_private_folder_is_made_again(repository: DiskRepository) -> None:
    first = save(repository, MAIN, 1)
    before = repository.generation()
    for path in sorted(Path(repository.root, "gitconfig").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    Path(repository.root, "gitconfig").rmdir()
    second = save(repository, MAIN, 2, first)
    assert repository.generation() != before
    assert repository.snapshot()[MAIN] == second
    assert [entry.reason for entry in repository.journal()] == ["init", "save"]


def test_a_vanished_repository_is_told(repository: DiskRepository, tmp_path: Path) -> None:
    save(repository, MAIN, 1)
    seen = repository.generation()
    Path(repository.root).rename(tmp_path / "elsewhere")
    for action in (lambda: repository.wait(seen, 1.0), repository.snapshot, lambda: save(repository, OTHER, 2)):
        with pytest.raises(StorageError, match="gone"):
            action()


def test_foreign_locks_are_waited_for_and_named(tmp_path: Path) -> None:
    storage = DiskStorage(tmp_path, lock_seconds=0.05)
    repository = storage.create("one")
    lock = Path(repository.root, "refs", "heads", "main.lock")
    lock.touch()
    updates = [RefUpdate(MAIN, None, b"1" * 40)]
    with pytest.raises(StorageBusy, match=r"main\.lock"):
        repository.update_refs(updates, record=record(updates))
    assert list(repository.journal()) == []
    lock.unlink()
    save(repository, MAIN, 1)
    storage.close()


def test_an_event_loop_is_not_told_of_a_crowd_of_moves_before_a_thread_has_read_them(
    repository: DiskRepository,
) -> None:
    tip = save(repository, MAIN, 1)
    before = repository.folder.generation_at_once()
    assert before == repository.generation()
    for number in range(600):
        Path(repository.root, f"refs/heads/{number}").write_bytes(tip + b"\n")
    os.utime(Path(repository.root, "refs/heads"), (1e9, 1e9))
    while (now := repository.folder.generation_at_once()) == before:
        pass  # within 10 ms the folder is looked at again
    assert now is None
    assert len(repository.snapshot()) == 601
    assert repository.folder.generation_at_once() == repository.generation() != before


def crowd(repository: DiskRepository, tip: bytes, count: int) -> None:
    """Branches at ``tip``, made by others."""
    for number in range(count):
        Path(repository.root, f"refs/heads/{number}").write_bytes(tip + b"\n")
    os.utime(Path(repository.root, "refs/heads"), (1e9, 1e9))


def test_nobody_waits_while_a_crowd_of_moves_is_read(
    repository: DiskRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    tip, read, refresh = save(repository, MAIN, 1), Event(), DiskRefs.refresh

    def slow(refs: DiskRefs, *, hurried: bool = False) -> bool:
        return refresh(refs, hurried=hurried) if hurried or read.wait(30) else False

    before = repository.snapshot(), repository.generation()
    monkeypatch.setattr(DiskRefs, "refresh", slow)
    crowd(repository, tip, 600)
    for _ in range(2):
        assert (repository.snapshot(), repository.generation()) == before
    read.set()
    while len(repository.snapshot()) == 1:
        pass
    assert len(repository.snapshot()) == 601
    assert repository.generation() != before[1]


def test_what_we_move_shows_at_once_beside_a_crowd_of_moves(repository: DiskRepository) -> None:
    tip = save(repository, MAIN, 1)
    crowd(repository, tip, 600)
    for number in range(2, 8):
        tip = save(repository, MAIN, number, tip)
        assert repository.snapshot()[MAIN] == tip
    assert len(repository.snapshot()) == 601


def test_a_crowd_of_moves_is_journalled_whole_for_whoever_asks_the_journal(repository: DiskRepository) -> None:
    crowd(repository, save(repository, MAIN, 1), 600)
    repository.snapshot()
    assert len(list(repository.journal())) == 601
    assert repository.snapshot() == {one.updates[0].ref: one.updates[0].new for one in repository.journal()}


class LooksBeforeTheLastSync(DiskFiles):
    """Where a save's refs are put in place and not yet durable, the next one takes its turn."""

    next_one: DiskRepository | None = None
    saw: bytes | None = None

    def step(self, operation: str, path: str, detail: str | bytes = b"") -> None:
        if self.next_one and operation == "sync_folder" and path.endswith("refs/heads"):
            with self.next_one.turn():
                self.saw = self.next_one.snapshot().get(MAIN)


def test_the_next_one_builds_on_a_save_that_is_still_being_synced(tmp_path: Path) -> None:
    files = LooksBeforeTheLastSync()
    one = DiskStorage(tmp_path, files=files).create("one")
    first = save(one, MAIN, 1)
    other = DiskStorage(tmp_path, lock_seconds=0.05).open("one")
    with one.turn() as turn:
        with pytest.raises(RefChanged):
            save(turn, MAIN, 3)
        with pytest.raises(StorageBusy):  # what failed may be tried again, and nobody comes in between
            other.turn().__enter__()
        files.next_one = other
        made = save(turn, MAIN, 2, first)
    assert files.saw == made
