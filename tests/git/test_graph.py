from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from support.repositories import EPOCH, TESTER

from gitconfig_server.git.graph import first_parents, is_ancestor, new_commits
from gitconfig_server.git.objects.commits import make_commit, parents_of
from gitconfig_server.git.objects.reader import ObjectMap
from gitconfig_server.git.objects.trees import EMPTY_TREE


def build(shape, minutes=None):
    """Commits in order; ``shape[i]`` lists the indexes of the parents of commit i."""
    made = []
    for index, parents in enumerate(shape):
        when = EPOCH + timedelta(minutes=index if minutes is None else minutes[index])
        ids = [made[parent].id for parent in parents]
        made.append(make_commit(EMPTY_TREE, ids, author=TESTER, committer=TESTER, when=when, message=f"{index}"))
    return [one.id for one in made], ObjectMap(made)


@st.composite
def shapes(draw):
    size = draw(st.integers(1, 12))
    return [draw(st.sets(st.integers(0, index - 1), max_size=2)) if index else set() for index in range(size)]


def ancestors(objects, tips):
    seen, todo = set(), list(tips)
    while todo:
        commit = todo.pop()
        if commit not in seen:
            seen.add(commit)
            todo.extend(parents_of(objects, commit)[0])
    return seen


@given(shapes(), st.data())
@settings(max_examples=200)
def test_new_commits_are_those_the_other_side_lacks(shape, data):
    ids, objects = build(shape)
    wants = data.draw(st.lists(st.sampled_from(ids), max_size=3))
    haves = data.draw(st.lists(st.sampled_from(ids), max_size=3))
    found = new_commits(objects, wants, haves)
    assert set(found) == ancestors(objects, wants) - ancestors(objects, haves)
    assert len(found) == len(set(found))


@given(shapes(), st.data())
def test_lying_dates_never_hide_a_new_commit(shape, data):
    minutes = data.draw(st.lists(st.integers(-50, 50), min_size=len(shape), max_size=len(shape)))
    ids, objects = build(shape, minutes)
    want, have = data.draw(st.sampled_from(ids)), data.draw(st.sampled_from(ids))
    missing = ancestors(objects, [want]) - ancestors(objects, [have])
    assert missing <= set(new_commits(objects, [want], [have]))


@given(shapes(), st.data())
def test_ancestry_is_that_of_the_graph(shape, data):
    minutes = data.draw(st.lists(st.integers(-50, 50), min_size=len(shape), max_size=len(shape)))
    ids, objects = build(shape, minutes)
    one, two = data.draw(st.sampled_from(ids)), data.draw(st.sampled_from(ids))
    assert is_ancestor(objects, one, two) == (one in ancestors(objects, [two]))


def test_first_parents_leave_merged_branches_out():
    ids, objects = build([[], [0], [0], [1, 2], [3]])
    assert list(first_parents(objects, ids[4])) == [ids[4], ids[3], ids[1], ids[0]]


def test_a_long_history_is_walked_without_recursion():
    ids, objects = build([[]] + [[index] for index in range(3000)])
    assert is_ancestor(objects, ids[0], ids[-1])
    assert len(new_commits(objects, [ids[-1]], [ids[0]])) == 3000
