"""A tip with unreadable files: the label moves, and an application that would read one keeps its last good commit."""

import pytest
from support.upstreams import Remote, followed, trouble

from gitconfig_server.config.reader import ConfigReader, ReadOptions
from gitconfig_server.errors import InvalidContent
from gitconfig_server.model.reads import Reading
from gitconfig_server.service.door_rules import DoorRules

pytestmark = pytest.mark.anyio

TAKING = DoorRules(followed=("*",), take_invalid=True)


@pytest.fixture
def remote(tmp_path):
    made = Remote(tmp_path / "remote.git")
    made.commit({"orders.yml": "pool: 1\n", "billing.yml": "tax: 1\n"})
    return made


def read(ours, application, label="main", *, hold=True):
    reader = ConfigReader(ours.git, ReadOptions(hold=hold))
    return reader.environment((application,), ("default",), Reading(label))


async def test_only_who_would_read_the_broken_file_stays_behind(remote):
    ours = followed(remote.path, rules=TAKING)
    await ours.round()
    good = ours.tip("main")
    tip = remote.commit({"orders.yml": "pool: [1\n", "billing.yml": "tax: 2\n"})
    status = await ours.round()
    assert ours.tip("main") == tip
    orders, billing = read(ours, "orders"), read(ours, "billing")
    assert (orders.commit, dict(orders.sources[0].properties)) == (good, {"pool": 1})
    assert (orders.running.saved, orders.running.held[:13], orders.basis) == (tip, "orders.yml:2:", None)
    assert (billing.commit, billing.running, dict(billing.sources[0].properties)) == (tip, None, {"tax": 2})
    assert (trouble(status).rule, trouble(status).files[0][:13]) == ("held", "orders.yml:2:")
    assert status.shown(status.attempted, None)["state"] == "held"


async def test_held_is_told_until_it_is_mended_whoever_follows(remote):
    ours = followed(remote.path, rules=TAKING)
    await ours.round()
    remote.commit({"orders.yml": "pool: [1\n"})
    first = trouble(await ours.round())
    again = followed(remote.path, rules=TAKING, stored=ours.git.stored)
    again.upstream._shared.status.write(ours.upstream.status())
    for other in (ours, again):
        assert trouble(await other.round()) == first
    mended = remote.commit({"orders.yml": "pool: 2\n"})
    status = await again.round()
    assert (status.troubles, status.shown(status.attempted, None)["state"]) == ((), "current")
    assert (read(ours, "orders").commit, read(ours, "orders").running) == (mended, None)


async def test_what_was_broken_before_the_first_fetch_is_read_as_it_grew(remote):
    good = remote.tip("main")
    for number in range(3):
        remote.commit({"orders.yml": f"pool: [{number}\n"})
    remote.run("push", "--quiet", "origin", "origin/main:refs/tags/v1")
    ours = followed(remote.path, rules=TAKING)
    await ours.round()
    assert [read(ours, "orders", label).commit for label in ("main", "v1")] == [good, good]


async def test_no_application_is_held_where_the_settings_say_serve_or_the_label_is_our_own(remote):
    ours = followed(remote.path, rules=TAKING)
    await ours.round()
    remote.commit({"orders.yml": "pool: [1\n"})
    await ours.round()
    with pytest.raises(InvalidContent, match=r"orders\.yml:2"):
        read(ours, "orders", hold=False)
    with pytest.raises(InvalidContent):
        read(ours, "orders", ours.tip("main"))  # a commit is what it is


SCHEMA = "properties: {pool: {type: integer}, shared: {type: integer}}\n"


async def test_a_tip_that_breaks_a_schema_is_held_from_those_it_does_not_fit(remote):
    remote.commit({"schemas/application.yml": SCHEMA})
    ours = followed(remote.path, rules=TAKING)
    await ours.round()
    good = ours.tip("main")
    bad = remote.commit({"orders.yml": "pool: many\n", "billing.yml": "tax: 2\n"})
    status = await ours.round()
    assert ours.tip("main") == bad
    orders, billing = read(ours, "orders"), read(ours, "billing")
    assert (orders.commit, dict(orders.sources[0].properties)) == (good, {"pool": 1})
    assert "[schema-type]" in orders.running.held
    assert (billing.commit, billing.running) == (bad, None)
    assert (trouble(status).rule, trouble(status).files[0][:13]) == ("held", "orders.yml:1:")
    other = remote.commit({"billing.yml": "tax: 3\n"})
    assert trouble(await ours.round()).rule == "held"
    assert (read(ours, "orders").commit, read(ours, "billing").commit) == (good, other)
    mended = remote.commit({"orders.yml": "pool: 3\n"})
    assert (await ours.round()).troubles == ()
    assert (read(ours, "orders").commit, read(ours, "orders").running) == (mended, None)


async def test_where_broken_files_are_served_what_breaks_a_schema_is_an_error(remote):
    remote.commit({"schemas/application.yml": SCHEMA})
    ours = followed(remote.path, rules=TAKING)
    await ours.round()
    remote.commit({"orders.yml": "pool: many\n"})
    await ours.round()
    with pytest.raises(InvalidContent, match="schema-type"):
        read(ours, "orders", hold=False)


async def test_where_the_label_waits_what_breaks_a_schema_is_not_taken(remote):
    remote.commit({"schemas/application.yml": SCHEMA})
    ours = followed(remote.path, rules=DoorRules(followed=("*",)))
    await ours.round()
    good = ours.tip("main")
    remote.commit({"orders.yml": "pool: many\n"})
    assert trouble(await ours.round()).rule == "invalid-content"
    assert ours.tip("main") == good


async def test_a_schema_that_cannot_be_judged_is_not_taken(remote):
    ours = followed(remote.path, rules=TAKING)
    await ours.round()
    good = ours.tip("main")
    remote.commit({"schemas/application.yml": "type: 5\n"})
    assert trouble(await ours.round()).rule == "invalid-content"
    assert ours.tip("main") == good
