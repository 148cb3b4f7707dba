"""Object, List and Property: names and errors are aioconfig's, values survive the way through the tree."""

import math
import tracemalloc

import pytest
from hypothesis import given
from support.data_trees import trees

from gitconfig_server.errors import Conflict, NotFound
from gitconfig_server.manager.errors import AsynchronousConfigException, ChildExists, LookupFailed, Misfit, NoSuchChild
from gitconfig_server.manager.nodes.tree import List, Object, Property, find_node, make_node, to_data, walk
from gitconfig_server.manager.nodes.values import MASK, Secret, checked, is_same, masked, replaced, unmasked


def identical(one, other):
    """Equal with types and with the order of maps."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return list(one) == list(other) and all(identical(one[name], other[name]) for name in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(identical, one, other))
    return one == other


@given(trees)
def test_a_tree_gives_back_what_it_was_made_from(data):
    assert identical(Object.from_dict(data).to_dict(), data)


def test_empty_map_empty_list_and_null_are_three_values():
    data = {"object": {}, "list": [], "null": None, "text": ""}
    assert identical(Object.from_dict(data).to_dict(), data)
    assert not is_same({}, [])
    assert not is_same([], None)
    assert not is_same(1, True)
    assert not is_same(1, 1.0)
    assert is_same({"a": 1, "b": 2}, {"b": 2, "a": 1})
    assert not is_same([1, 2], [2, 1])


def test_names_and_errors_are_those_of_aioconfig():
    root = Object("")
    server = root.add_child(Object("server", root))
    port = server.add_child(Property("port", server))
    assert port.set(1) == 1
    assert port.get() == 1
    assert port.is_leaf()
    assert not server.is_leaf()
    with pytest.raises(KeyError, match="Child name already exists: port") as raised:
        server.add_child(Property("port"))
    assert isinstance(raised.value, ChildExists | Conflict | AsynchronousConfigException)
    assert str(raised.value) == "Child name already exists: port"
    with pytest.raises(KeyError, match="No such child: nothing"):
        server.remove_child("nothing")
    with pytest.raises(NameError, match="Lookup failed: nothing"):
        find_node(root, "server/nothing/deeper")
    assert issubclass(LookupFailed, NotFound)
    assert issubclass(NoSuchChild, NotFound)
    assert server.get_child("nothing") is None
    assert server.remove_child("port") is port
    assert port.get_parent() is None
    assert server.keys() == []


def test_add_child_sets_the_parent_and_paths_follow():
    root = Object("")
    port = root.add_child(Object("config")).add_child(Object("running")).add_child(Property("port"))
    assert port.path() == ("config", "running", "port")
    assert find_node(root, "/config/running/port") is find_node(root, "config.running.port") is port


def test_elements_of_a_list_are_known_by_their_index():
    steps = List("steps")
    first, third = steps.append_child(Property("", None, "a")), steps.append_child(Property("", None, "c"))
    second = steps.insert_child(1, Property("", None, "b"))
    assert [one.get_name() for one in steps.values()] == ["0", "1", "2"]
    assert steps.get_child("2") is third
    assert steps.remove_child(0) is first
    assert second.get_name() == "0"
    assert steps.to_list() == ["b", "c"]
    for wrong in ("2", "-1", "01", "x", ""):
        assert steps.get_child(wrong) is None
    with pytest.raises(NoSuchChild, match="No such child: 7"):
        steps.remove_child(7)


def test_a_subclass_that_gives_none_may_not_be_read():
    class Hidden(Property):
        def get(self):
            return None

    root = Object("")
    root.add_child(Hidden("hidden"))
    root.add_child(Property("null"))
    assert root.to_dict() == {"null": None}


@pytest.mark.parametrize(
    "wrong", [{"": 1}, {"a": {1: 2}}, {"a": math.inf}, {"a": math.nan}, {"a": b"x"}, {"a": "\ud800"}, {"a": object()}]
)
def test_what_no_configuration_can_hold_is_refused_with_its_place(wrong):
    with pytest.raises(Misfit) as raised:
        Object.from_dict(wrong)
    assert raised.value.problems[0].path == ("" if "" in wrong else "a")


def test_every_problem_is_named():
    with pytest.raises(Misfit) as raised:
        checked({"a": [1, math.inf], "b": {"c": object()}})
    assert [one.path for one in raised.value.problems] == ["a/1", "b/c"]


def test_depth_is_bounded():
    data: dict = {}
    for _ in range(3_000):
        data = {"a": data}
    with pytest.raises(Misfit, match="100 levels"):
        checked(data)


def test_a_node_costs_at_most_256_bytes_beside_its_value():
    data = {f"group{group}": {f"name{index}": index for index in range(100)} for group in range(100)}
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    tree = make_node("", data)
    used = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert used / sum(1 for _ in walk(tree)) <= 256
    assert to_data(tree) == data


def test_secrets_are_masked_and_a_mask_sent_back_means_unchanged():
    present = {"dsn": Secret("postgres://x"), "list": [Secret("a")], "port": 1}
    assert masked(present) == {"dsn": MASK, "list": [MASK], "port": 1}
    assert "postgres" not in repr(present)
    sent = {"dsn": MASK, "list": [MASK, MASK], "port": 2}
    assert unmasked(sent, present) == {"dsn": Secret("postgres://x"), "list": [Secret("a"), MASK], "port": 2}
    assert unmasked({"dsn": "new"}, present) == {"dsn": Secret("new")}


def test_replacing_shares_what_is_not_on_the_way():
    data = {"a": {"b": 1}, "c": {"d": [1, 2, 3]}}
    changed = replaced(data, ("c", "d", "1"), 9)
    assert changed == {"a": {"b": 1}, "c": {"d": [1, 9, 3]}}
    assert data["c"]["d"] == [1, 2, 3]
    assert changed["a"] is data["a"]
    assert replaced(data, ("c", "d", "3"), 4)["c"]["d"] == [1, 2, 3, 4]
    for wrong in (("x", "y"), ("c", "d", "4"), ("a", "b", "c")):
        with pytest.raises(LookupFailed):
            replaced(data, wrong, 1)
