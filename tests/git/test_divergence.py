from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from support.repositories import EPOCH, TESTER

from gitconfig_server.git.graph import divergence
from gitconfig_server.git.objects.commits import make_commit, parents_of
from gitconfig_server.git.objects.reader import ObjectMap
from gitconfig_server.git.objects.trees import EMPTY_TREE

steps = st.tuples(st.lists(st.integers(1, 6), max_size=2), st.integers(0, 2))
"""Of a commit: how far back its parents are, and the seconds since the commit before it."""


def graph(shape, lies=()):
    """Commits, each with parents among those before it; no date is before a parent's, but for ``lies``."""
    objects, made, seconds = ObjectMap(()), [], 0
    for number, (back, later) in enumerate(shape):
        seconds += later
        parents = list(dict.fromkeys(made[number - step].id for step in back if step <= number))
        when = EPOCH + timedelta(seconds=dict(lies).get(number, seconds))
        commit = make_commit(EMPTY_TREE, parents, author=TESTER, committer=TESTER, when=when, message=str(number))
        objects.add([commit])
        made.append(commit)
    return objects, [commit.id for commit in made]


def history(objects, commit):
    """Everything a commit descends from, itself included."""
    found, queue = set(), [commit]
    while queue:
        one = queue.pop()
        if one not in found:
            found.add(one)
            queue += parents_of(objects, one)[0]
    return found


@given(st.lists(steps, min_size=2, max_size=14))
def test_the_base_and_what_each_side_has_alone(shape):
    objects, commits = graph(shape)
    one, two = commits[-2:]
    mine, yours = history(objects, one), history(objects, two)
    parted = divergence(objects, one, two)
    assert (set(parted.ahead), set(parted.behind)) == (mine - yours, yours - mine)
    assert len(parted.ahead) == len(mine - yours)
    shared = mine & yours
    assert set(parted.bases) == {
        base for base in shared if not any(base in history(objects, other) for other in shared - {base})
    }
    assert parted.base == next(iter(parted.bases), None)


@given(
    st.lists(steps, min_size=2, max_size=12), st.lists(st.tuples(st.integers(0, 11), st.integers(0, 30)), max_size=5)
)
def test_dates_that_lie_never_lead_to_an_older_base(shape, lies):
    objects, commits = graph(shape, lies)
    one, two = commits[-2:]
    shared = history(objects, one) & history(objects, two)
    base = divergence(objects, one, two).base
    assert (base is None) is (not shared)
    assert not any(base in history(objects, other) for other in shared - {base})


def test_newest_first():
    objects, commits = graph([([], 0), ([1], 1), ([1], 1), ([1], 1)])
    parted = divergence(objects, commits[3], commits[1])
    assert parted.ahead == (commits[3], commits[2])
    assert (parted.base, parted.behind) == (commits[1], ())
    assert divergence(objects, commits[1], commits[3]).behind == parted.ahead
    assert divergence(objects, commits[2], commits[2]).base == commits[2]
