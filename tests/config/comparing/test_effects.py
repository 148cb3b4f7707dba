"""Whom a change concerns."""

from itertools import pairwise

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
    return Effects(ResolveOptions(), read_documents, seconds=60.0), trees


def test_a_glance_at_few_files_sees_what_a_long_look_does():
    effects, (old, new) = _commits(
        {"application.yml": "a: 1\n", "orders.yml": "x: 1\n", "carts.yml": "spring.config.import: shared.yml\n"},
        {"application-prod.yml": "a: 2\n", "shared.yml": "s: 1\n", "billing.yml": "b: 1\n"},
    )
    glanced = effects.glance(old, new)
    assert glanced == Concerned(effects.affected(old, new), everywhere=True)
    assert {one.application for one in glanced.affected} == {"orders", "carts", "shared", "billing"}


def _counting(effects, seconds=60.0, **more):
    """The same effects, and the paths they read."""
    looked = []
    return Effects(
        effects.options,
        lambda tree, path, *rest: looked.append(path) or read_documents(tree, path, *rest),
        seconds,
        **more,
    ), looked


def test_a_glance_at_many_files_looks_again_only_at_those_whom_a_change_can_concern():
    many = {f"app{number:03}.yml": "a: 1\n" for number in range(150)}
    changes = {"zoo.yml": "a: 2\n", "zoo-prod.yml": "z: 1\n", "app149.yml": "a: 1\nb: 1\n", "app148.yml": None}
    effects, (first, old, new) = _commits(many, {"other.yml": "o: 1\n"}, changes)
    counted, looked = _counting(effects)
    assert [one.application for one in counted.glance(first, old).affected] == ["other"]
    assert len(set(looked)) > 150
    looked.clear()
    found = counted.glance(old, new)
    assert [(one.application, one.profile, one.keys) for one in found.affected] == [
        ("app148", "default", ("a",)),
        ("app149", "default", ("b",)),
        ("zoo", "default", ("a",)),
        ("zoo", "prod", ("a", "z")),
    ]
    assert found == Concerned(effects.affected(old, new), everywhere=True)
    assert len(set(looked)) < 10


def test_what_was_looked_at_before_is_looked_at_again_where_it_has_new_profiles_or_the_tree_moved():
    start = {"application.yml": "s: 1\n", "orders.yml": "a: 1\n", "carts.yml": "spring.config.import: shared.yml\n"}
    steps = [
        {"orders-prod.yml": "a: 2\n"},
        {"shared.yml": "x: 1\n"},
        {"application-eu.yml": "s: 3\n"},
        {"carts.yml": "c: 1\n"},
    ]
    effects, trees = _commits(start, *steps, {"shared.yml": "x: 2\n"}, {"orders.yml": None, "orders-prod.yml": None})
    pairs = [*pairwise(trees), (trees[0], trees[3]), (trees[5], trees[2]), (trees[2], trees[6])]
    for old, new in pairs:
        assert effects.glance(old, new) == Concerned(effects.affected(old, new), everywhere=True)


def test_a_glance_ends_when_its_time_is_over_and_begins_with_those_who_read_what_changed():
    many = {f"app{number:03}.yml": "a: 1\n" for number in range(150)}
    effects, (old, new) = _commits(many, {"app149.yml": "a: 2\n", "app100.yml": "a: 2\n"})
    ticks = iter(range(1000))
    counted, looked = _counting(effects, seconds=10.0, clock=lambda: float(next(ticks)))
    found = counted.glance(old, new)
    assert [one.application for one in found.affected] == ["app100", "app149"]
    assert not found.everywhere
    assert 25 <= len(set(looked)) < 60
    assert counted.glance(old, new).everywhere is False


def test_time_that_runs_out_is_no_difference():
    effects, (old, new) = _commits({"orders.yml": "a: 1\n"}, {"orders.yml": "a: 2\n"})
    ticks = iter([0.0, 0.0, 0.0, *[9.0] * 50])
    late = BoundedReader(new.objects, Deadline(1, lambda: next(ticks)))
    with pytest.raises(CheckTimeout):
        effects.affected(old, TreeView(late, new.tree))
