"""What PostgreSQL's errors mean here: all that are known by their number, and some by what brings them about."""

import threading
from contextlib import closing, suppress

import psycopg
import pytest
from support.postgres import new_database

from gitconfig_server.errors import (
    CorruptRepository,
    GitConfigError,
    NotARepository,
    RepositoryReadOnly,
    StorageBusy,
    StorageError,
    StorageFull,
    StorageUnreachable,
)
from gitconfig_server.storage.conformance.objects import MAIN
from gitconfig_server.storage.conformance.repositories import save
from gitconfig_server.storage.postgresql.connection import PgConnection
from gitconfig_server.storage.postgresql.sqlstates import Duplicate, translated
from gitconfig_server.storage.postgresql.storage import PgStorage
from gitconfig_server.storage.rows.database import Lost

MEANINGS = {
    "40001": Lost,
    "40P01": Lost,
    "22012": Lost,
    "23505": Duplicate,
    "55P03": StorageBusy,
    "57014": StorageBusy,
    "53300": StorageBusy,
    "53200": StorageBusy,
    "57P01": StorageUnreachable,
    "57P02": StorageUnreachable,
    "57P03": StorageUnreachable,
    "57P05": StorageUnreachable,
    "25P03": StorageUnreachable,
    "08000": StorageUnreachable,
    "08003": StorageUnreachable,
    "08006": StorageUnreachable,
    "53100": StorageFull,
    "25006": RepositoryReadOnly,
    "42501": RepositoryReadOnly,
    "XX001": CorruptRepository,
    "XX002": CorruptRepository,
    "42P01": NotARepository,
    "3D000": NotARepository,
    "22003": StorageError,
}


@pytest.fixture
def dsn():
    return new_database()


@pytest.fixture
def run(dsn):
    """Runs SQL as somebody else."""
    with psycopg.connect(dsn, autocommit=True) as beside:
        yield lambda sql: beside.execute(sql).fetchall() if sql.startswith("SELECT") else beside.execute(sql)


@pytest.mark.parametrize(("state", "meaning"), MEANINGS.items())
def test_each_state_has_its_meaning(state, meaning):
    with pytest.raises(meaning) as told, translated("postgresql://here/db"):
        raise psycopg.errors.lookup(state)("it says so")
    assert type(told.value) is meaning
    assert meaning is Lost or "postgresql://here/db" in str(told.value)


def test_an_error_without_a_state_is_a_lost_connection():
    with pytest.raises(StorageUnreachable), translated("here"):
        raise psycopg.OperationalError("server closed the connection unexpectedly")


@pytest.mark.parametrize("part", ["database", "role"])
def test_who_is_not_let_in_is_told_the_way_out(dsn, part):
    wrong = f"{dsn}_absent" if part == "database" else dsn.replace("test@", "absent@")
    with closing(PgStorage(wrong)) as storage, pytest.raises(StorageUnreachable) as told:
        storage.create("config")
    assert told.value.public == (
        "PostgreSQL does not let this server in: create the database and the role first (createdb, createuser)"
    )


def test_a_row_that_others_hold_makes_writers_busy(dsn, run):
    with closing(PgStorage(dsn, lock_seconds=0.3)) as storage:
        repository = storage.create("config")
        run("BEGIN")
        run("SELECT id FROM gitconfig_repository FOR UPDATE")
        with pytest.raises(StorageBusy, match="timeout"):
            save(repository, MAIN, 1)
        run("ROLLBACK")
        save(repository, MAIN, 1)


def test_a_session_that_is_ended_is_made_anew(dsn, run):
    with closing(PgStorage(dsn)) as storage:
        repository = storage.create("config")
        name = save(repository, MAIN, 1)
        others = "pid <> pg_backend_pid() AND datname IS NOT NULL"
        run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")
        assert save(repository, MAIN, 2, name)


def test_a_database_that_may_only_be_read_says_so_until_it_may_be_written(dsn, run):
    with closing(PgStorage(dsn)) as storage:
        repository = storage.create("config")
        name = save(repository, MAIN, 1)
        database = dsn.rpartition("/")[2]
        run(f"ALTER DATABASE {database} SET default_transaction_read_only = on")
        storage._server.pool.forget()
        with pytest.raises(RepositoryReadOnly, match="read-only"):
            save(repository, MAIN, 2, name)
        assert dict(repository.snapshot(fresh=True)) == {MAIN: name}
        run("SET default_transaction_read_only = off")
        run(f"ALTER DATABASE {database} RESET default_transaction_read_only")
        assert save(repository, MAIN, 3, name), "the connection that was refused is not used again"


def test_connections_that_are_all_taken_make_it_busy(dsn, run):
    with closing(PgStorage(dsn)) as storage:
        storage.create("config")
    name = dsn.rpartition("/")[2]
    run(f"CREATE ROLE few_{name} LOGIN SUPERUSER CONNECTION LIMIT 1")
    limited = dsn.replace("test@", f"few_{name}@")
    run(f"ALTER ROLE few_{name} NOSUPERUSER")
    run(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO few_{name}")
    with psycopg.connect(limited), closing(PgStorage(limited, lock_seconds=1)) as storage:
        with pytest.raises(GitConfigError) as told:
            storage.open("config")
        assert isinstance(told.value, StorageBusy | StorageUnreachable)
        assert "too many connections" in str(told.value)


def test_who_may_not_write_is_told(dsn, run):
    name = dsn.rpartition("/")[2]
    with closing(PgStorage(dsn)) as storage:
        storage.create("config")
    run(f"CREATE ROLE reads_{name} LOGIN")
    run(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO reads_{name}")
    with closing(PgStorage(dsn.replace("test@", f"reads_{name}@"))) as storage:
        repository = storage.open("config")
        assert dict(repository.snapshot(fresh=True)) == {}
        with pytest.raises(RepositoryReadOnly, match="permission denied"):
            save(repository, MAIN, 1)


def test_a_database_that_is_not_there_or_holds_nothing(dsn):
    for url in (f"{dsn}_absent", dsn):
        with closing(PgStorage(url)) as storage, pytest.raises((NotARepository, StorageUnreachable)) as told:
            storage.open("config")
        assert "does not exist" in str(told.value) or "create it with init" in str(told.value)


def test_two_who_wait_for_each_other_are_told_to_begin_again(dsn):
    parameters = psycopg.conninfo.conninfo_to_dict(dsn)
    one, other = PgConnection(parameters, "here"), PgConnection(parameters, "here")
    one.run(("CREATE TABLE t (id INTEGER PRIMARY KEY)", ()), ("INSERT INTO t VALUES (1), (2)", ()))
    lock = "SELECT id FROM t WHERE id = ? FOR UPDATE"
    lost = []

    def take(connection, number):
        try:
            connection.run((lock, (number,)))
        except Lost as error:
            lost.append(error)
            connection.roll_back()

    for connection, number in ((one, 1), (other, 2)):
        connection.run(("BEGIN", ()), (lock, (number,)))
    waiting = threading.Thread(target=take, args=(one, 2))
    waiting.start()
    take(other, 1)
    waiting.join(30)
    assert len(lost) == 1
    for connection in (one, other):
        with suppress(StorageError):
            connection.roll_back()
        connection.close()
