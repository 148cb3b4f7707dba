"""The same suite on a newer PostgreSQL, from a wheel that needs no package of the system."""

from itertools import count

import psycopg
import pytest
from support.postgres import Cluster, embedded_programs
from support.storages import Made, OpenedByUrl

from gitconfig_server.storage.conformance.checks import CHECKS
from gitconfig_server.storage.postgresql.storage import PgStorage


@pytest.fixture(scope="module")
def cluster():
    made = Cluster(embedded_programs())
    yield made
    made.remove()


@pytest.fixture
def make(cluster):
    numbers = count()

    def new_database():
        name = f"checked_{next(numbers)}"
        with psycopg.connect(cluster.dsn("postgres"), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name}")
            connection.execute(f"CREATE DATABASE {name}")
        return cluster.dsn(name)

    made = Made("postgresql", None)
    made._open = OpenedByUrl(lambda: (new_database, PgStorage))
    yield made
    made.close()


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_conforms(check, make):
    check(make)


def test_it_is_a_newer_one(cluster):
    with psycopg.connect(cluster.dsn("postgres")) as connection:
        assert connection.info.server_version >= 180000
