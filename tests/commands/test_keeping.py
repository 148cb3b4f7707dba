"""Moving and keeping repositories, as their owners do it."""

import json
import subprocess
from contextlib import closing
from itertools import pairwise

import pytest
from support.git import git
from support.postgres import new_database
from typer.testing import CliRunner

from gitconfig_server.cli import app
from gitconfig_server.errors import GitConfigError
from gitconfig_server.storage import copying
from gitconfig_server.storage.conformance.repositories import OTHER, save
from gitconfig_server.storage.urls import open_storage


def run(*arguments):
    """The command line: exit code, and what it printed."""
    done = CliRunner().invoke(app, [str(one) for one in arguments])
    return done.exit_code, str(done.exception) if isinstance(done.exception, GitConfigError) else done.output


@pytest.fixture
def repository(tmp_path):
    path = tmp_path / "config"
    assert run("init", path)[0] == 0
    storage, name = open_storage(str(path))
    with closing(storage):
        stored, tip = storage.open(name), None
        for number in range(4):
            tip = save(stored, OTHER, number, tip)
    return path


def contents(url):
    storage, name = open_storage(str(url))
    with closing(storage):
        stored = storage.open(name)
        return dict(stored.snapshot()), list(stored.journal()), set(stored.objects), stored.head()


def test_a_repository_goes_round_all_storages_and_comes_back_the_same(repository, tmp_path):
    places = [repository, f"sqlite://{tmp_path}/one.db", new_database(), tmp_path / "back"]
    before = contents(repository)
    for source, target in pairwise(places):
        code, said = run("migrate", source, target)
        assert code == 0, said
        assert "records" in said
        assert contents(target) == before
        assert run("fsck", target) == (0, "sound: every ref, record and object\n")
    assert git(tmp_path / "back", "fsck", "--strict") is not None
    code, said = run("migrate", repository, tmp_path / "back")
    assert "not empty" in said


@pytest.mark.parametrize("kind", ["disk", "sqlite", "postgresql"])
def test_a_copy_that_was_broken_off_is_gone_on_with(kind, repository, tmp_path, monkeypatch):
    monkeypatch.setattr(copying, "_BATCH", 3)
    target = {
        "disk": lambda: tmp_path / "to",
        "sqlite": lambda: f"sqlite://{tmp_path}/to.db",
        "postgresql": new_database,
    }
    target = str(target[kind]())

    class Interrupted(Exception):
        pass

    def interrupt(done, total):
        if done >= 6:
            raise Interrupted

    storage, name = open_storage(str(repository))
    other, copy = open_storage(target)
    with closing(storage), closing(other), pytest.raises(Interrupted):
        copying.copy_repository(storage.open(name), other, copy, interrupt)
    refs, records, objects, _ = contents(target)
    assert (refs, records, len(objects)) == ({}, [], 6)
    code, said = run("migrate", repository, target)
    assert code == 0, said
    assert contents(target) == contents(repository)


def test_a_backup_is_one_file_and_comes_back(repository, tmp_path):
    code, said = run("backup", tmp_path / "saved.db", "--repository", repository)
    assert code == 0, said
    assert run("migrate", f"sqlite://{tmp_path}/saved.db", tmp_path / "again")[0] == 0
    assert contents(tmp_path / "again") == contents(repository)
    assert "exists already" in run("backup", tmp_path / "saved.db", "--repository", repository)[1]


def test_a_backup_may_have_any_name(repository, tmp_path):
    file = tmp_path / "50% of #1?.db"
    assert run("backup", file, "--repository", repository)[0] == 0
    assert file.exists()


def test_a_copy_is_read_before_it_is_a_repository(repository, tmp_path):
    blob = git(repository, "rev-parse", "main:application.yml").strip()
    (repository / "objects" / blob[:2] / blob[2:]).unlink()
    target = f"sqlite://{tmp_path}/copy.db"
    code, said = run("migrate", repository, target)
    assert code == 1
    assert f"object {blob} is missing in the copy" in said
    assert contents(target)[:2] == ({}, [])


def test_no_password_is_printed():
    dsn = new_database().replace("test@", "test:secret@") + "?password=secret"
    for arguments in (("init", dsn), ("migrate", dsn, "sqlite://"), ("migrate", dsn, f"{dsn}&repository=two")):
        said = run(*arguments)[1]
        assert "secret" not in said
        assert "://" in said
    assert "repository=two" in said


def test_an_export_is_read_by_git_and_line_by_line(repository, tmp_path):
    assert run("export", tmp_path / "out", "--repository", repository)[0] == 0
    subprocess.run(["git", "clone", "-q", str(tmp_path / "out"), str(tmp_path / "clone")], check=True)
    records = [json.loads(line) for line in (tmp_path / "out" / "journal.ndjson").read_text().splitlines()]
    assert [record["seq"] for record in records] == list(range(1, len(records) + 1))
    assert all(record["received_at"] for record in records)


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


def test_without_a_repository_it_is_said(monkeypatch):
    monkeypatch.delenv("GITCONFIG_REPOSITORY", raising=False)
    assert "none is named" in run("doctor")[1]


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
