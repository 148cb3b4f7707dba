"""Moving repositories, as their owners do it."""

import json
import os
import sqlite3
import subprocess
import threading
from contextlib import closing
from itertools import pairwise

import pytest
from support.ageing import singles
from support.git import git
from support.keeping import contents, make_repository, run
from support.postgres import new_database
from support.read_only import read_only

from gitconfig_server.errors import StorageFull
from gitconfig_server.git.upkeep import maintaining
from gitconfig_server.storage import copying
from gitconfig_server.storage.conformance.objects import MAIN
from gitconfig_server.storage.conformance.repositories import save
from gitconfig_server.storage.urls import open_storage

NEW_PLACES = {
    "disk": lambda folder: folder / "to",
    "sqlite": lambda folder: f"sqlite://{folder}/to.db",
    "postgresql": lambda folder: new_database(),
    **({"mongodb": lambda folder: new_mongodb()} if os.environ.get("GITCONFIG_TEST_ALL") else {}),
}


def new_mongodb():
    from support import mongo

    return mongo.new_database()


class Interrupted(Exception):
    pass


@pytest.fixture(params=list(NEW_PLACES))
def target(request, tmp_path):
    """Where nothing is yet, on each storage."""
    return str(NEW_PLACES[request.param](tmp_path))


@pytest.fixture
def repository(tmp_path):
    return make_repository(tmp_path / "config")


@pytest.fixture
def break_off(monkeypatch):
    """Runs a command whose copy is broken off after six objects."""
    monkeypatch.setattr(copying, "_BATCH", 3)
    copy = copying.copy_repository

    def interrupt(done, total):
        if done >= 6:
            raise Interrupted

    def break_off(*arguments):
        with monkeypatch.context() as patch:
            patch.setattr(copying, "copy_repository", lambda *given: copy(*given[:3], interrupt))
            assert run(*arguments)[0] == 1

    return break_off


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
    assert "not empty: a copy is there already, with 5 of 5 records" in said
    code, said = run("migrate", make_repository(tmp_path / "another"), tmp_path / "back")
    assert "not empty: copy into a new one" in said


def test_a_copy_that_was_broken_off_is_gone_on_with(target, repository, break_off):
    break_off("migrate", repository, target)
    refs, records, objects, _ = contents(target)
    assert (refs, records, len(objects)) == ({}, [], 6)
    code, said = run("migrate", repository, target)
    assert code == 0, said
    assert contents(target) == contents(repository)


def test_what_comes_to_a_new_place_is_packed_there(target, repository):
    code, said = run("migrate", repository, target)
    assert code == 0, said
    assert f"{len(contents(target)[2])} objects packed" in said
    storage, name = open_storage(target)
    with closing(storage):
        assert singles(storage.open(name)) == 0


def test_a_copy_that_cannot_be_packed_is_whole(repository, tmp_path, monkeypatch):
    def fail(*_):
        raise StorageFull("there was no room")

    monkeypatch.setattr(maintaining, "write_pack", fail)
    code, said = run("migrate", repository, tmp_path / "to")
    assert code == 0, said
    assert "the copy is whole, but could not be packed" in said
    assert contents(tmp_path / "to") == contents(repository)


def test_a_backup_is_one_file_and_comes_back_anywhere(repository, target, tmp_path):
    file = tmp_path / "backup" / "saved.db"
    file.parent.mkdir()
    code, said = run("backup", file, "--repository", repository)
    assert code == 0, said
    assert list(file.parent.iterdir()) == [file]
    code, said = run("restore", file, target)
    assert code == 0, said
    assert "2 refs, 5 records\n" in said
    assert contents(target) == contents(repository)
    assert run("fsck", target)[0] == 0
    code, said = run("restore", file, target)
    assert "not empty" in said
    assert "exists already" in run("backup", file, "--repository", repository)[1]


def test_a_backup_and_a_way_back_that_were_broken_off_are_gone_on_with(target, repository, tmp_path, break_off):
    file = tmp_path / "saved.db"
    break_off("backup", file, "--repository", repository)
    assert not file.exists()
    assert run("backup", file, "--repository", repository)[0] == 0
    break_off("restore", file, target)
    assert len(contents(target)[2]) == 6
    assert run("restore", file, target)[0] == 0
    assert contents(target) == contents(repository)


def test_a_backup_that_died_before_it_got_its_name_is_made_again(repository, tmp_path):
    part, file = tmp_path / "saved.db.part", tmp_path / "saved.db"
    assert run("migrate", repository, f"sqlite://{part}")[0] == 0
    storage, name = open_storage(str(repository))
    with closing(storage):
        save(storage.open(name), MAIN, 99, storage.open(name).snapshot()[MAIN])
    assert run("backup", file, "--repository", repository)[0] == 0
    assert contents(f"sqlite://{file}") == contents(repository)
    assert not part.exists()


def test_a_backup_beside_writes_is_of_one_instant(repository, tmp_path):
    saved, stop = [], threading.Event()

    def write():
        storage, name = open_storage(str(repository))
        with closing(storage):
            stored = storage.open(name)
            tip = stored.snapshot()[MAIN]
            while not stop.is_set():
                tip = save(stored, MAIN, 100 + len(saved), tip)
                saved.append(tip)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while not saved:
            stop.wait(0.01)
        assert run("backup", tmp_path / "saved.db", "--repository", repository)[0] == 0
    finally:
        stop.set()
        writer.join()
    refs, records, _, _ = contents(f"sqlite://{tmp_path}/saved.db")
    assert refs[MAIN] in saved
    assert records == contents(repository)[1][: len(records)]
    assert run("fsck", f"sqlite://{tmp_path}/saved.db")[0] == 0


def test_a_backup_comes_back_from_where_nothing_can_be_written(repository, tmp_path):
    folder = tmp_path / "backup"
    folder.mkdir()
    assert run("backup", folder / "saved.db", "--repository", repository)[0] == 0
    with read_only(folder, tmp_path / "medium") as medium:
        code, said = run("restore", medium / "saved.db", tmp_path / "back")
        assert code == 0, said
    assert contents(tmp_path / "back") == contents(repository)


def test_what_cannot_be_brought_back_says_so(repository, tmp_path):
    text, other = tmp_path / "text", tmp_path / "other.db"
    text.write_text("hello")
    with closing(sqlite3.connect(other)) as database:
        database.execute("CREATE TABLE t (a)")
    assert "is not there" in run("restore", tmp_path / "no.db", tmp_path / "to")[1]
    assert "no file that backup has made" in run("restore", text, tmp_path / "to")[1]
    assert "holds no repository 'config'" in run("restore", other, "to")[1]
    assert "say where it is to go" in run("restore", other)[1]
    code, said = run("restore", other, tmp_path / "to", "--dry-run")
    assert code == 2
    assert "without dry-run" in said
    assert not (tmp_path / "to").exists()


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


@pytest.mark.parametrize("broken", ["nowhere", "in its objects", "before it got its name"])
def test_an_export_is_read_by_git_and_line_by_line(broken, repository, tmp_path, break_off):
    if broken == "in its objects":
        break_off("export", tmp_path / "out", "--repository", repository)
    elif broken == "before it got its name":
        assert run("migrate", repository, tmp_path / "out.part")[0] == 0
        storage, name = open_storage(str(repository))
        with closing(storage):
            save(storage.open(name), MAIN, 99, storage.open(name).snapshot()[MAIN])
    assert not (tmp_path / "out").exists()
    assert run("export", tmp_path / "out", "--repository", repository)[0] == 0
    assert contents(tmp_path / "out") == contents(repository)
    assert not (tmp_path / "out.part").exists()
    assert git(tmp_path / "out", "fsck", "--strict", "--full") is not None
    subprocess.run(["git", "clone", "-q", str(tmp_path / "out"), str(tmp_path / "clone")], check=True)
    records = [json.loads(line) for line in (tmp_path / "out" / "journal.ndjson").read_text().splitlines()]
    assert [record["seq"] for record in records] == list(range(1, len(records) + 1))
    assert all(record["received_at"] for record in records)
    assert "exists already" in run("export", tmp_path / "out", "--repository", repository)[1]


def test_what_cannot_get_its_name_says_so(repository, tmp_path):
    (tmp_path / "out").symlink_to("nowhere")
    code, said = run("export", tmp_path / "out", "--repository", repository)
    assert code == 1
    assert said == f"{tmp_path}/out cannot be made: Not a directory"
