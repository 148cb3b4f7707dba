"""A database in trouble: clients are told what kind of storage is away and what to do, and the log where it is."""

from contextlib import closing

import psycopg
import pytest
from structlog.testing import capture_logs
from support import mongo, postgres
from support.proxy import Proxy
from support.strangers import client_of, complaints, fill, text_of

from gitconfig_server.storage.mongodb.storage import MongoStorage
from gitconfig_server.storage.postgresql.storage import PgStorage

pytestmark = pytest.mark.anyio


def refuse(dsn, proxy):
    proxy.refuse()


def forbid_writes(dsn, proxy):
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {dsn.rpartition('/')[2]} SET default_transaction_read_only = on")
    proxy.cut()


def drop_tables(dsn, proxy):
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("ALTER TABLE gitconfig_repository RENAME TO away")


POSTGRESQL = {"refuses": refuse, "is read-only": forbid_writes, "lost its tables": drop_tables}


async def check(storage, proxy, dsn, trouble, kind, caplog):
    """Bring trouble, and look at what everybody hears."""
    storage.create("config")
    async with client_of(storage) as client:
        await fill(client)
    async with client_of(storage) as client:  # which remembers nothing
        trouble(dsn, proxy)
        with capture_logs() as logged:
            found = await complaints(client)
    assert found
    database = dsn.rpartition("/")[2]
    for one in map(text_of, found):
        assert not [part for part in ("127.0.0.1", proxy.dsn.rpartition(":")[2], database) if part in one], one
    assert any(kind in one.text for one in found)
    assert database in f"{logged} {caplog.text}"


@pytest.mark.parametrize("trouble", POSTGRESQL)
async def test_postgresql(trouble, caplog):
    dsn = postgres.new_database()
    with (
        Proxy(dsn) as proxy,
        closing(PgStorage(f"{proxy.dsn}?connect_timeout=2", lock_seconds=1, call_seconds=0.5)) as storage,
    ):
        await check(storage, proxy, dsn, POSTGRESQL[trouble], "PostgreSQL", caplog)


async def test_mongodb(caplog):
    dsn = mongo.new_database()
    with (
        Proxy(dsn) as proxy,
        closing(MongoStorage(f"{proxy.dsn}?directConnection=true", lock_seconds=1, call_seconds=0.5)) as storage,
    ):
        await check(storage, proxy, dsn, refuse, "MongoDB", caplog)
