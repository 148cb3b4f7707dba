"""Stock Git works in the folder: each of its moves is journalled once, and shows within moments."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from faults.storage_faults import MAIN, assert_fsck_clean, folded, git, save
from hypothesis import given
from hypothesis import strategies as st

from gitconfig_server.errors import RefChanged, RepositoryReadOnly, UpdateRefused
from gitconfig_server.storage.base import JournalRecord, RefUpdate
from gitconfig_server.storage.conformance.objects import record
from gitconfig_server.storage.disk.repository import DiskRepository
from gitconfig_server.storage.disk.storage import DiskStorage
from gitconfig_server.storage.ref_rules import is_ref_name

Scene = tuple[DiskRepository, list[bytes]]


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """A repository whose ``main`` is at the last of five commits in a row."""
    storage = DiskStorage(tmp_path)
    repository = storage.create("one")
    commits: list[bytes] = []
    for number in range(5):
        old = commits[-1] if commits else None
        commits.append(save(repository, MAIN, number, old))
    yield repository, commits
    storage.close()


def last(repository: DiskRepository, count: int) -> list[JournalRecord]:
    return list(repository.journal())[-count:]


def looked_at(repository: DiskRepository) -> dict[bytes, bytes]:
    """The refs after a look, however short ago the last one was: the journal always takes one."""
    repository.journal()
    return dict(repository.snapshot())


def update_ref(repository: DiskRepository, ref: str, new: bytes) -> None:
    before = repository.generation()
    git(repository.root, "update-ref", "-m", "by hand", ref, new.decode())
    repository.wait(before, 1.0)


@given(st.lists(st.sampled_from([*"ab./@{~^:?*[\\ -\x01\x7fü", ".lock"]), min_size=1, max_size=6))
def test_names_of_refs_are_those_of_git(parts: list[str]) -> None:
    name = "refs/heads/" + "".join(parts)
    checked = git(Path.cwd(), "check-ref-format", name, check=False)
    assert is_ref_name(name.encode()) == (checked.returncode == 0)


def test_each_move_is_journalled_once(scene: Scene) -> None:
    repository, commits = scene
    for new in (commits[2], commits[3], commits[4], commits[1]):
        update_ref(repository, "refs/heads/main", new)
    records = last(repository, 4)
    moves = [(entry.updates[0].old, entry.updates[0].new) for entry in records]
    assert moves == [
        (commits[4], commits[2]),
        (commits[2], commits[3]),
        (commits[3], commits[4]),
        (commits[4], commits[1]),
    ]
    assert [entry.reason for entry in records] == ["external-forced", "external", "external", "external-forced"]
    assert {(entry.actor, entry.message) for entry in records} == {("Stock Git", "by hand")}
    assert len(list(repository.journal())) == 9


def test_moves_there_and_back_are_journalled(scene: Scene) -> None:
    repository, commits = scene
    update_ref(repository, "refs/heads/main", commits[1])
    update_ref(repository, "refs/heads/main", commits[4])
    save(repository, b"refs/heads/other", 50, None)
    assert [entry.reason for entry in repository.journal(after=5)] == ["external-forced", "external", "save"]
    assert folded(repository) == dict(repository.snapshot())


def test_moves_of_both_sides_make_one_chain(scene: Scene) -> None:
    repository, commits = scene
    update_ref(repository, "refs/heads/main", commits[2])
    with pytest.raises(RefChanged) as lost:
        save(repository, MAIN, 60, commits[4])
    assert lost.value.actual == commits[2]
    new = save(repository, MAIN, 60, commits[2])
    update_ref(repository, "refs/heads/main", commits[3])
    assert [entry.reason for entry in repository.journal(after=5)] == ["external-forced", "save", "external-forced"]
    assert list(repository.journal())[-1].updates == (RefUpdate(MAIN, new, commits[3]),)


def test_without_a_log_one_record_tells_of_all_moves(scene: Scene) -> None:
    repository, commits = scene
    for new in (commits[0], commits[3]):
        update_ref(repository, "refs/heads/main", new)
    shutil.rmtree(Path(repository.root, "logs"))
    (found,) = repository.journal(after=5)
    assert found.updates == (RefUpdate(MAIN, commits[4], commits[3]),)
    assert (found.reason, found.actor) == ("external-forced", "")


def test_new_and_deleted_refs(scene: Scene) -> None:
    repository, commits = scene
    git(repository.root, "branch", "feature/x", commits[1].decode())
    git(repository.root, "tag", "-a", "-m", "v1", "v1", commits[1].decode())
    assert {entry.reason for entry in repository.journal(after=5)} == {"external"}
    git(repository.root, "branch", "-D", "feature/x")
    assert [entry.reason for entry in repository.journal(after=7)] == ["external-forced"]
    assert set(repository.snapshot()) == {MAIN, b"refs/tags/v1"}
    assert len(repository.snapshot()[b"refs/tags/v1"]) == 40


def test_packing_refs_moves_nothing(scene: Scene) -> None:
    repository, commits = scene
    before = dict(repository.snapshot())
    git(repository.root, "pack-refs", "--all")
    assert looked_at(repository) == before
    assert len(list(repository.journal())) == 5
    updates = [RefUpdate(MAIN, commits[4], None)]
    repository.update_refs(updates, record=record(updates))
    assert dict(repository.snapshot()) == {}
    assert git(repository.root, "for-each-ref").stdout == ""
    save(repository, MAIN, 70, None)
    assert_fsck_clean(repository.root)


def test_a_repository_that_is_first_seen_begins_its_journal_with_what_is_there(scene: Scene) -> None:
    repository, commits = scene
    git(repository.root, "branch", "other", "main~1")
    refs = looked_at(repository)
    shutil.rmtree(Path(repository.root, "gitconfig"))
    seen = DiskStorage(Path(repository.root).parent).open("one")
    (found,) = seen.journal()
    assert (found.reason, {update.ref: update.new for update in found.updates}) == ("init", refs)
    update_ref(seen, "refs/heads/other", commits[4])
    assert [(entry.seq, entry.reason) for entry in seen.journal()] == [(1, "init"), (2, "external")]


def test_moves_show_within_moments(scene: Scene) -> None:
    repository, commits = scene
    for new in (*commits[:4], *commits):
        before = repository.generation()
        update_ref(repository, "refs/heads/main", new)
        assert repository.wait(before, 0.5) != before
        assert repository.snapshot()[MAIN] == new


def test_two_moves_within_one_tick_of_the_clock(scene: Scene) -> None:
    repository, commits = scene
    stamp = Path(repository.root, "refs", "heads").stat().st_mtime_ns
    for new in (commits[1], commits[2]):
        before = repository.generation()
        (Path(repository.root) / "refs/heads/main.new").write_bytes(new + b"\n")
        (Path(repository.root) / "refs/heads/main.new").rename(Path(repository.root) / "refs/heads/main")
        repository.wait(before, 0.5)
        assert repository.snapshot()[MAIN] == new
    assert stamp <= Path(repository.root, "refs", "heads").stat().st_mtime_ns


def test_names_in_each_others_way_on_disk(scene: Scene) -> None:
    repository, commits = scene
    git(repository.root, "branch", "a/b", "main")
    git(repository.root, "branch", "-D", "a/b")
    Path(repository.root, "refs", "heads", "a", "empty").mkdir(parents=True, exist_ok=True)
    save(repository, b"refs/heads/a", 80, None)
    with pytest.raises(UpdateRefused):
        save(repository, b"refs/heads/a/b", 81, None)
    assert git(repository.root, "branch", "a/b", "main", check=False).returncode != 0
    updates = [RefUpdate(b"refs/heads/a", repository.snapshot()[b"refs/heads/a"], None)]
    repository.update_refs(updates, record=record(updates))
    git(repository.root, "branch", "a/b", "main")
    assert looked_at(repository)[b"refs/heads/a/b"] == commits[4]


def test_a_work_tree_is_served_from_its_git_folder(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "--initial-branch=main", "work")
    work = tmp_path / "work"
    git(work, "commit", "--quiet", "--allow-empty", "-m", "first")
    git(work, "worktree", "add", "--quiet", "../linked", "-b", "elsewhere")
    repository = DiskStorage(tmp_path).open("work")
    assert repository.root == str(work / ".git")
    head = repository.snapshot()[MAIN]
    for ref in (MAIN, b"refs/heads/elsewhere"):
        with pytest.raises(UpdateRefused) as refused:
            save(repository, ref, 1, head)
        assert refused.value.rule == "checked-out"
    with pytest.raises(UpdateRefused):
        repository.set_head(b"refs/heads/other")
    save(repository, b"refs/heads/free", 1, None)
    assert git(work, "status", "--porcelain").stdout == ""
    assert len(repository.prepare()) == 1
    with pytest.raises(RepositoryReadOnly):
        DiskStorage(tmp_path).drop("work")
    git(work, "commit", "--quiet", "--allow-empty", "-m", "second")
    assert list(repository.journal())[-1].actor == "Stock Git"


def test_stock_git_takes_and_gives_what_we_wrote(scene: Scene, tmp_path: Path) -> None:
    repository, commits = scene
    assert git(repository.root, "rev-parse", "main").stdout.strip() == commits[4].decode()
    git(tmp_path, "clone", "--quiet", "one", "clone")
    git(tmp_path / "clone", "commit", "--quiet", "--allow-empty", "-m", "more")
    git(tmp_path / "clone", "push", "--quiet")
    (found,) = repository.journal(after=5)
    assert (found.reason, found.message) == ("external", "push")
    for refused in (["push", "--force", "origin", "HEAD~2:main"], ["push", "origin", ":main"]):
        assert git(tmp_path / "clone", *refused, check=False).returncode != 0
    updates = [RefUpdate(b"refs/gitconfig/pending/main", None, commits[1])]
    repository.update_refs(updates, record=record(updates))
    assert "refs/gitconfig" not in git(tmp_path / "clone", "ls-remote", "origin").stdout
