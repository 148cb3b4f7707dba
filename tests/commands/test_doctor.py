"""``doctor`` on databases, and the metric of a clock that ran ahead."""

import urllib.request
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.error import HTTPError

import psycopg
import pytest
from support.keeping import ask_for
from support.postgres import new_database as new_postgresql
from support.server import running_server
from typer.testing import CliRunner

from gitconfig_server.cli import app
from gitconfig_server.errors import GitConfigError
from gitconfig_server.storage.conformance.objects import MAIN
from gitconfig_server.storage.conformance.repositories import save
from gitconfig_server.storage.urls import open_storage

KINDS = ["sqlite", "postgresql", "mongodb"]


@pytest.fixture(params=KINDS)
def url(request, tmp_path):
    """Where a repository with a commit is."""
    if request.param == "sqlite":
        found = f"sqlite://{tmp_path}/config.db"
    elif request.param == "postgresql":
        found = new_postgresql()
    else:
        from support.mongo import new_database

        found = new_database()
    storage, name = open_storage(found)
    with closing(storage):
        save(storage.create(name), MAIN, 1)
    return found


def doctor(url):
    done = CliRunner().invoke(app, ["doctor", url])
    said = str(done.exception) if isinstance(done.exception, GitConfigError) else done.output
    return done.exit_code, " ".join(said.split())


def run_clock_ahead(url, ahead):
    """Write as a server whose clock is wrong."""
    from gitconfig_server.storage.mongodb.storage import MongoStorage
    from gitconfig_server.storage.postgresql.storage import PgStorage
    from gitconfig_server.storage.sqlite.storage import SqliteStorage

    def clock():
        return datetime.now(UTC) + ahead

    if url.startswith("sqlite"):
        storage = SqliteStorage(Path(url.removeprefix("sqlite://")), clock=clock)
    else:
        storage = (PgStorage if url.startswith("postgresql") else MongoStorage)(url, clock=clock)
    with closing(storage):
        repository = storage.open("config")
        save(repository, MAIN, 2, repository.snapshot()[MAIN])


def test_what_may_be_lost_is_said_of_each(url):
    code, said = doctor(url)
    if url.startswith("sqlite"):
        assert (code, said) == (0, "nothing is wrong")
    elif url.startswith("postgresql"):
        assert code == 1
        assert "runs with fsync or full_page_writes off: a power cut may lose or damage it" in said
        assert "test@" not in said


def test_where_only_reads_work_is_said(url):
    storage, name = open_storage(url)
    with closing(storage):
        ask_for(storage.open(name)._database, "min_writer")
    code, said = doctor(url)
    assert code == 1
    assert "only reads work: the repository is of a newer gitconfig-server (layout 2, this one writes 1)" in said


def test_a_role_without_rights_is_served_and_told():
    dsn = new_postgresql()
    storage, name = open_storage(dsn)
    with closing(storage):
        save(storage.create(name), MAIN, 1)
    with psycopg.connect(dsn, autocommit=True) as connection:
        role = f"reader_{dsn.rpartition('/')[2]}"
        connection.execute(f"CREATE ROLE {role} LOGIN")
        connection.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")
    reader = dsn.replace("test@", f"{role}@")
    code, said = doctor(reader)
    assert code == 1
    assert "only reads work: PostgreSQL does not allow that: the server's role lacks rights" in said
    with running_server(reader) as server:
        with urllib.request.urlopen(f"{server.url}/orders/prod", timeout=30) as answer:
            assert answer.status == 200
        write = urllib.request.Request(f"{server.url}/api/v1/files/a.yml", b"a: 1", method="PUT")
        write.add_header("Content-Type", "application/octet-stream")
        with pytest.raises(HTTPError, match="403"):
            urllib.request.urlopen(write, timeout=30)


def test_a_clock_that_ran_ahead_is_told_and_measured(url):
    run_clock_ahead(url, timedelta(hours=1))
    code, said = doctor(url)
    assert code == 1
    assert "s in the future: set the clock that ran ahead" in said
    with running_server(url) as server, urllib.request.urlopen(f"{server.url}/metrics", timeout=30) as answer:
        lines = answer.read().decode().splitlines()
    (measured,) = [float(line.split()[-1]) for line in lines if line.startswith("gitconfig_journal_clock_ahead")]
    assert 3000 < measured <= 3600


def test_a_repository_that_is_not_there_is_named_with_the_way_out(url):
    code, said = doctor(f"{url}?repository=absent")
    assert code == 1
    assert "'absent': create it with init" in said
