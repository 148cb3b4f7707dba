"""What a PostgreSQL server, and the network to it, can do to us."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress

import psycopg
import pytest
from support.postgres import Cluster, new_database, programs
from support.proxy import Proxy

from gitconfig_server.errors import (
    AlreadyRecorded,
    CursorLost,
    OutcomeUnknown,
    RefChanged,
    StorageBusy,
    StorageError,
    StorageStale,
    StorageUnreachable,
)
from gitconfig_server.storage.base import REQUEST_KEY, JournalRecord, RefUpdate
from gitconfig_server.storage.conformance.handles import eventually, generation
from gitconfig_server.storage.conformance.objects import MAIN, commit
from gitconfig_server.storage.conformance.repositories import save
from gitconfig_server.storage.postgresql.storage import PgStorage


@pytest.fixture
def dsn():
    return new_database()


def test_a_commit_whose_answer_is_lost_is_settled(dsn):
    with Proxy(dsn) as proxy, closing(PgStorage(proxy.dsn)) as storage:
        repository = storage.create("config")
        first = save(repository, MAIN, 1)
        proxy.cut_after = b"COMMIT"
        second = save(repository, MAIN, 2, first)
        assert proxy.cut_after is None
        assert dict(repository.snapshot()) == {MAIN: second}
        assert [record.seq for record in repository.journal()] == [1, 2]


def test_a_commit_that_never_arrived_is_made_again(dsn):
    with Proxy(dsn) as proxy, closing(PgStorage(proxy.dsn)) as storage:
        repository = storage.create("config")
        first = save(repository, MAIN, 1)
        name, objects = commit(2, first)
        updates = (RefUpdate(MAIN, first, name),)
        with repository.turn() as turn:
            proxy.cut()  # the idle connections are dead; nobody knows yet
            stamped = turn.update_refs(updates, objects=objects, record=JournalRecord(updates, "save"))
        assert stamped.seq == 2
        assert dict(repository.snapshot(fresh=True)) == {MAIN: name}


def test_where_nobody_can_say_the_outcome_is_unknown_and_the_key_tells(dsn):
    with Proxy(dsn) as proxy, closing(PgStorage(proxy.dsn, lock_seconds=1, call_seconds=1)) as storage:
        repository = storage.create("config")
        name, objects = commit(1)
        updates = (RefUpdate(MAIN, None, name),)
        record = JournalRecord(updates, "save", "ann", details={REQUEST_KEY: "key"})
        proxy.cut_after = b"COMMIT"
        proxy._listening.close()
        with pytest.raises(OutcomeUnknown, match="may have been"):
            repository.update_refs(updates, objects=objects, record=record)
    with closing(PgStorage(dsn)) as storage:
        with pytest.raises(AlreadyRecorded) as told:
            storage.open("config").update_refs((), record=JournalRecord((), "save", "ann", details=record.details))
        assert told.value.seq == 1


def test_a_network_that_swallows_bytes_costs_a_deadline(dsn):
    with (
        Proxy(dsn) as proxy,
        closing(PgStorage(f"{proxy.dsn}?connect_timeout=2", lock_seconds=1, call_seconds=0.5)) as storage,
    ):
        repository = storage.create("config")
        name = save(repository, MAIN, 1)
        proxy.swallowing = True
        began = time.monotonic()
        with pytest.raises(StorageBusy):
            repository.snapshot(fresh=True)
        with pytest.raises((StorageBusy, OutcomeUnknown)):
            save(repository, MAIN, 2, name)
        assert time.monotonic() - began < 30
        proxy.swallowing = False
        proxy.cut()
        assert dict(repository.snapshot(fresh=True)) == {MAIN: name}
        save(repository, MAIN, 3, name)


def test_a_server_that_is_gone_makes_reads_stale_and_comes_back(dsn):
    cluster = Cluster(programs())
    with closing(PgStorage(cluster.dsn("postgres"), lock_seconds=1)) as storage:
        repository = storage.create("config")
        name = save(repository, MAIN, 1)
        assert generation(repository)
        cluster.stop()
        with pytest.raises(StorageUnreachable):
            save(repository, MAIN, 2, name)
        eventually(lambda: _is_stale(repository))
        cluster.start()
        second = save(repository, MAIN, 3, name)
        assert dict(repository.snapshot(fresh=True)) == {MAIN: second}
        assert [record.seq for record in repository.journal()] == [1, 2]
    cluster.remove()


def test_a_commit_whose_standby_never_answers_is_no_success(dsn):
    """The server says that it succeeded, with a warning, when somebody cancels the wait."""
    cluster = Cluster(programs())
    try:
        with (
            closing(PgStorage(cluster.dsn("postgres"))) as storage,
            psycopg.connect(cluster.dsn("postgres"), autocommit=True) as beside,
            ThreadPoolExecutor(1) as pool,
        ):
            repository = storage.create("config")
            name = save(repository, MAIN, 1)
            beside.execute("ALTER SYSTEM SET synchronous_standby_names = 'absent'")
            beside.execute("SELECT pg_reload_conf()")
            eventually(lambda: beside.execute("SHOW synchronous_standby_names").fetchone()[0] == "absent")
            waiting = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
            saved = pool.submit(save, repository, MAIN, 2, name)
            eventually(lambda: beside.execute(waiting).fetchone() is not None)
            beside.execute(f"SELECT pg_cancel_backend(pid) FROM ({waiting}) AS found")
            with pytest.raises(OutcomeUnknown, match="stored on one server alone"):
                saved.result(60)
            assert repository.snapshot(fresh=True)[MAIN] != name
    finally:
        cluster.remove()


def test_a_server_that_commits_early_is_asked_to_sync(dsn):
    """Of a database whose default is to acknowledge what is not yet on disk."""
    with psycopg.connect(dsn, autocommit=True) as beside:
        beside.execute(f"ALTER DATABASE {dsn.rpartition('/')[2]} SET synchronous_commit = off")
        with closing(PgStorage(dsn)) as storage:
            repository = storage.create("config")
            beside.execute(
                "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS"
                " 'BEGIN NEW.epoch := current_setting(''synchronous_commit''); RETURN NEW; END'"
            )
            sql = "CREATE TRIGGER note BEFORE INSERT ON gitconfig_journal FOR EACH ROW EXECUTE FUNCTION note()"
            beside.execute(sql)
            save(repository, MAIN, 1)
            assert beside.execute("SELECT epoch FROM gitconfig_journal").fetchone()[0] == "on"


def test_a_standby_that_lacks_the_last_writes_begins_a_new_epoch():
    primary = Cluster(programs(), {"fsync": "off", "wal_level": "replica"})
    standby = Cluster(programs(), {"fsync": "off", "hot_standby": "on"}, copy_of=primary)
    with closing(PgStorage(primary.dsn("postgres"), lock_seconds=2)) as storage:
        repository = storage.create("config")
        kept = save(repository, MAIN, 1)
        eventually(lambda: _stored(standby) == 1)
        standby.stop()
        lost = save(repository, MAIN, 2, kept)
        cursors = [(record.epoch, record.seq) for record in repository.journal()]
        before = generation(repository)
        with Proxy(primary.dsn("postgres")) as proxy, closing(PgStorage(proxy.dsn, lock_seconds=2)) as beside:
            other = beside.open("config")
            assert dict(other.snapshot(fresh=True)) == {MAIN: lost}
            primary.stop()
            standby.start()
            standby.promote()
            proxy.cut()
            proxy._parts = proxy._parts._replace(netloc=f"test@127.0.0.1:{standby.port}")
            assert dict(other.snapshot(fresh=True)) == {MAIN: kept}, "what was lost is not shown"
            with pytest.raises(RefChanged):
                save(other, MAIN, 3, lost)
            third = save(other, MAIN, 3, kept)
            records = list(other.journal())
            assert [record.seq for record in records] == [1, 2]
            assert records[0].epoch != records[1].epoch
            assert dict(other.snapshot(fresh=True)) == {MAIN: third}
            assert generation(other) != before
            other.reach(*cursors[0], 10)
            with pytest.raises(CursorLost):
                other.reach(*cursors[1], 10)
    primary.remove()
    standby.remove()


def test_a_primary_that_may_only_be_read_any_more_is_left_for_the_other_host():
    primary = Cluster(programs(), {"fsync": "off", "wal_level": "replica"})
    standby = Cluster(programs(), {"fsync": "off", "hot_standby": "on"}, copy_of=primary)
    hosts = f"127.0.0.1:{primary.port},127.0.0.1:{standby.port}"
    with closing(PgStorage(primary.dsn("postgres").replace(f"127.0.0.1:{primary.port}", hosts))) as storage:
        repository = storage.create("config")
        first = save(repository, MAIN, 1)
        eventually(lambda: _stored(standby) == 1)
        standby.promote()
        with psycopg.connect(primary.dsn("postgres"), autocommit=True) as beside:
            beside.execute("ALTER SYSTEM SET default_transaction_read_only = on")
            beside.execute("SELECT pg_reload_conf()")
        eventually(lambda: _may_only_be_read(primary))
        second = save(repository, MAIN, 2, first)
        assert _stored(standby) == 2
        assert dict(repository.snapshot(fresh=True)) == {MAIN: second}
    primary.remove()
    standby.remove()


def _may_only_be_read(cluster):
    with psycopg.connect(cluster.dsn("postgres")) as beside:
        return beside.execute("SHOW transaction_read_only").fetchone()[0] == "on"


def _is_stale(repository):
    try:
        repository.generation()
    except StorageStale:
        return True
    return False


def _stored(cluster):
    with suppress(StorageError), closing(PgStorage(cluster.dsn("postgres"))) as storage:
        return len(list(storage.open("config").journal()))
    return 0
