"""Keeping repositories, as their owners do it."""

import subprocess
import sys

import pytest
from support.git import git
from support.keeping import contents, make_repository, run


@pytest.fixture
def repository(tmp_path):
    return make_repository(tmp_path / "config")


def test_fsck_tells_what_is_missing(repository):
    assert run("fsck", repository)[0] == 0
    head = contents(repository)[0][b"refs/heads/main"].decode()
    (repository / "objects" / head[:2] / head[2:]).unlink()
    assert run("fsck", repository) == (1, f"object {head} is missing\n")


def test_the_doctor_mends_a_journal(repository):
    assert run("doctor", repository) == (0, "nothing is wrong\n")
    journal = repository / "gitconfig" / "journal"
    content = journal.read_bytes()
    journal.write_bytes(content.replace(b'"seq":2', b'"seq":X'))
    code, said = run("doctor", repository)
    assert code == 1
    assert "doctor --repair" in said
    code, said = run("doctor", repository, "--repair")
    assert said.startswith("repaired: the journal keeps")
    assert run("doctor", repository)[0] == 0


def test_the_doctor_names_files_of_refs_that_are_damaged(repository):
    head = contents(repository)[0][b"refs/heads/main"]
    lost, packed = repository / "refs" / "heads" / "lost", repository / "packed-refs"
    lost.write_text("garbage\n")
    code, said = run("doctor", repository)
    assert (code, said.split(" ")[0]) == (1, str(lost))
    lost.unlink()
    packed.write_bytes(b"%s refs/heads/main\ngarbage\n" % head)
    (repository / "refs" / "heads" / "main").unlink()
    code, said = run("doctor", repository)
    assert (code, said.partition(" is no")[0]) == (1, f"{packed}, line 2,")
    assert "packed-refs was damaged in line 2" in run("doctor", repository, "--repair")[1]
    assert git(repository, "rev-parse", "main").strip() == head.decode()


def test_without_a_repository_it_is_said(monkeypatch):
    monkeypatch.delenv("GITCONFIG_REPOSITORY", raising=False)
    assert "none is named" in run("doctor")[1]


def test_maintenance_without_room_says_so_and_loses_nothing(repository):
    before = contents(repository)
    command = ["prlimit", "--fsize=1000", sys.executable, "-m", "gitconfig_server", "maintenance", repository]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("error: there was no room for a pack of")
    assert contents(repository) == before
    assert run("maintenance", repository)[0] == 0
    assert run("fsck", repository)[0] == 0


def test_maintenance_packs_what_was_saved(repository, tmp_path):
    commits = git(repository, "rev-list", "--all")
    code, said = run("maintenance", repository)
    assert code == 0
    assert said.endswith(" objects packed, 0 found to be garbage, 0 removed\n")
    assert not said.startswith("0 ")
    assert git(repository, "count-objects") == "0 objects, 0 kilobytes\n"
    assert git(repository, "fsck", "--strict", "--full") == ""
    assert git(repository, "rev-list", "--all") == commits
    git(tmp_path, "clone", "--quiet", "--mirror", str(repository), "copy.git")
    assert run("maintenance", repository) == (0, "0 objects packed, 0 found to be garbage, 0 removed\n")
    assert run("maintenance", repository, "--due")[0] == 0
