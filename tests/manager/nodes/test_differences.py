"""What differs, and joining by key."""

from hypothesis import given
from support.data_trees import trees

from gitconfig_server.manager.nodes.differences import differences, merged
from gitconfig_server.manager.nodes.values import MISSING, is_same, replaced
from gitconfig_server.model.history import Op


@given(trees, trees)
def test_the_differences_lead_from_one_to_the_other(old, new):
    found = list(differences(old, new))
    assert bool(found) != is_same(old, new)
    for one in found:
        if all(not isinstance(_at(old, one.segments[:depth]), list) for depth in range(len(one.segments))):
            old = replaced(old, one.segments, one.new)
        else:
            return  # indexes of lists shift while items go
    assert is_same(old, new)


def _at(data, segments):
    for segment in segments:
        data = data.get(segment, MISSING) if isinstance(data, dict) else data
    return data


def test_the_order_of_a_list_differs_and_that_of_a_map_does_not():
    assert not list(differences({"a": 1, "b": 2}, {"b": 2, "a": 1}))
    assert list(differences([1, 2], [2, 1]))


def test_an_item_taken_out_does_not_change_those_behind_it():
    old = {"steps": [{"n": 1}, {"n": 2}, {"n": 3}]}
    (gone,) = differences(old, {"steps": [{"n": 2}, {"n": 3}]})
    assert (gone.path, gone.op, gone.old) == ("steps/0", Op.REMOVE, {"n": 1})


def test_sides_join_by_key():
    base = {"a": 1, "b": 1, "c": {"d": 1, "e": 1}, "gone": 1}
    ours = {"a": 2, "b": 1, "c": {"d": 1, "e": 1}, "gone": 1, "new": 1}
    theirs = {"a": 1, "b": 2, "c": {"d": 2}}
    joined, conflicts = merged(base, ours, theirs)
    assert joined == {"a": 2, "b": 2, "c": {"d": 2}, "new": 1}
    assert conflicts == []


def test_what_both_changed_keeps_ours_and_is_named():
    joined, conflicts = merged({"a": {"x": 1, "y": 1}}, {"a": {"x": 2, "y": 2}}, {"a": {"x": 3, "y": 2}})
    assert joined == {"a": {"x": 2, "y": 2}}
    assert conflicts == [("a", "x")]


def test_a_key_deleted_here_and_changed_there_is_a_conflict():
    joined, conflicts = merged({"a": 1, "b": 1}, {"b": 1}, {"a": 2, "b": 1})
    assert joined == {"b": 1}
    assert conflicts == [("a",)]
