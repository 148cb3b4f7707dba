import unicodedata

import pytest
from support.trees import tree_of

from gitconfig_server.config.checking.similar_names import find_similar_names
from gitconfig_server.git.objects.trees import changed_files

COMPOSED = "café.yml"
DECOMPOSED = unicodedata.normalize("NFD", COMPOSED)


def found(new, old=None):
    trees = tree_of(dict.fromkeys(old, "a: 1")) if old is not None else None, tree_of(dict.fromkeys(new, "a: 1"))
    return [(one.path, one.fatal) for one in find_similar_names(*trees, changed_files(*trees))]


@pytest.mark.parametrize(
    ("old", "added"),
    [
        (["orders.yml"], "Orders.yml"),
        (["in/orders.yml"], "in/ORDERS.yml"),
        ([COMPOSED], DECOMPOSED),
        (["strasse.txt"], "straße.txt"),
    ],
)
def test_a_name_like_anothers_is_refused_where_it_is_new(old, added):
    assert found([*old, added], old) == [(added, True)]
    assert found([*old, added], [*old, added]) == []


def test_a_folder_is_told_once_and_what_comes_into_it_later_is_not():
    assert found(["in/a.yml", "In/b.yml", "In/c.yml"], ["in/a.yml"]) == [("In", True)]
    assert found(["in/a.yml", "In/b.yml", "In/c.yml"], ["in/a.yml", "In/b.yml"]) == []


def test_renaming_and_like_names_in_other_folders_are_no_fault():
    assert found(["Orders.yml", "in/orders.yml"], ["orders.yml"]) == []


def test_with_a_first_tip_they_are_remarked_upon():
    assert found(["orders.yml", "Orders.yml"]) == [("Orders.yml", False), ("orders.yml", False)]
