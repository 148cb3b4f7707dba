"""Whom a change concerns."""

import pytest
from support.staging import StagingDesk

from gitconfig_server.model.findings import Affected
from gitconfig_server.model.history import DiffQuery
from gitconfig_server.model.reads import Reading


@pytest.fixture
def desk():
    made = StagingDesk()
    made.write({"application.yml": "level: info\n", "application-prod.yml": "z: 1\n"})
    made.write({"orders.yml": "level: warn\nrate: 1\n", "carts.yml": "a: 1\n", "orders-dev.yml": "rate: 2\n"})
    return made


def test_readers_of_all_that_get_another_value_are_named(desk):
    desk.stage({"application.yml": "level: debug\n", "orders.yml": "level: warn\nrate: 3\n"})
    expected = (
        Affected("carts", "default", ("level",), 1),
        Affected("carts", "prod", ("level",), 1),
        Affected("orders", "default", ("rate",), 1),
        Affected("orders", "prod", ("rate",), 1),
    )
    assert desk.check().affected == expected
    assert desk.apply(dry_run=True).affected == expected
    assert desk.apply().affected == expected


def test_what_nobody_notices_concerns_nobody(desk):
    assert desk.write({"orders.yml": "# x\nlevel: warn\nrate: 1\n"}, dry_run=True).affected == ()
    assert desk.write({"readme.md": "x\n"}, dry_run=True).affected == ()
    assert desk.write({"carts.yml": None}, dry_run=True).affected == (
        Affected("carts", "default", ("a",), 1),
        Affected("carts", "prod", ("a",), 1),
    )


def test_since_two_branches_parted(desk):
    desk.label("feature")
    desk.write({"orders-dev.yml": "rate: 9\n"}, label="feature")
    desk.write({"carts.yml": "a: 2\n"})
    found = desk.engine.diff(Reading("main...feature"), Reading(), DiffQuery(effective=True))
    assert [(one.application, one.profile, one.key, one.old, one.new) for one in found.changes] == [
        ("orders", "dev", "rate", 2, 9)
    ]
    assert found.new.revision == "feature"
