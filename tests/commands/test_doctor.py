"""``doctor`` on databases, and the metric of a clock that ran ahead."""

import urllib.request
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
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
        from support.postgres import new_database

        found = new_database()
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
