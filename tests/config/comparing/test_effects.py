"""Whom a change concerns."""

import pytest
from support.staging import StagingDesk

from gitconfig_server.config.comparing.effects import Effects
from gitconfig_server.config.resolution.resolve import ResolveOptions, read_documents
from gitconfig_server.errors import CheckTimeout
from gitconfig_server.git.objects.commits import tree_of
from gitconfig_server.git.objects.deadline import BoundedReader, Deadline
from gitconfig_server.git.objects.trees import TreeView
from gitconfig_server.model.findings import Affected, Concerned
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


def _commits(*versions):
    """The trees of one repository after each of these contents, and how to compare them."""
    desk = StagingDesk()
    trees = []
    for files in versions:
        desk.write(files)
        objects = desk.git.objects
        trees.append(TreeView(objects, tree_of(objects, desk.git.snapshot()[b"refs/heads/main"])))
    return Effects(ResolveOptions(), read_documents), trees


def test_a_glance_at_few_files_sees_what_a_long_look_does():
    effects, (old, new) = _commits(
        {"application.yml": "a: 1\n", "orders.yml": "x: 1\n", "carts.yml": "spring.config.import: shared.yml\n"},
        {"application-prod.yml": "a: 2\n", "shared.yml": "s: 1\n", "billing.yml": "b: 1\n"},
    )
    glanced = effects.glance(old, new)
    assert glanced == Concerned(effects.affected(old, new), everywhere=True)
    assert {one.application for one in glanced.affected} == {"orders", "carts", "shared", "billing"}


def test_a_glance_at_many_files_finds_who_reads_what_changed_and_looks_at_few_others():
    many = {f"app{number:03}.yml": "a: 1\n" for number in range(150)}
    effects, (old, new) = _commits(
        many, {"zoo.yml": "a: 2\n", "zoo-prod.yml": "z: 1\n", "app149.yml": "a: 1\nb: 1\n", "app148.yml": None}
    )
    looked = []
    counted = Effects(effects.options, lambda tree, path, *more: looked.append(path) or effects.read(tree, path, *more))
    found = counted.glance(old, new)
    assert [(one.application, one.profile, one.keys) for one in found.affected] == [
        ("app148", "default", ("a",)),
        ("app149", "default", ("b",)),
        ("zoo", "default", ("a",)),
        ("zoo", "prod", ("a", "z")),
    ]
    assert not found.everywhere
    assert len(set(looked)) < 30


def test_a_glance_at_a_change_of_all_ends_soon():
    many = {f"app{number:03}.yml": "a: 1\n" for number in range(150)}
    effects, (old, new) = _commits({**many, "application.yml": "s: 1\n"}, {"application.yml": "s: 2\n"})
    found = effects.glance(old, new)
    assert len(found.affected) == 25
    assert {one.keys for one in found.affected} == {("s",)}
    assert not found.everywhere
    assert len(effects.affected(old, new)) == 150


def test_time_that_runs_out_is_no_difference():
    effects, (old, new) = _commits({"orders.yml": "a: 1\n"}, {"orders.yml": "a: 2\n"})
    ticks = iter([0.0, 0.0, 0.0, *[9.0] * 50])
    late = BoundedReader(new.objects, Deadline(1, lambda: next(ticks)))
    with pytest.raises(CheckTimeout):
        effects.affected(old, TreeView(late, new.tree))
