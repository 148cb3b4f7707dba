import sys
from io import BytesIO
from itertools import count

import pytest
from support import packs
from support.repositories import build_commit, commit, memory_repository

from gitconfig_server.git.objects.commits import tree_of
from gitconfig_server.git.objects.reader import make_blob, make_object
from gitconfig_server.git.receiving.connectivity import MAX_FAULTS, ObjectChecks
from gitconfig_server.git.receiving.pack_scan import PackLimits
from gitconfig_server.git.receiving.quarantine import Quarantine
from gitconfig_server.storage.objects import BLOB, TAG

BLOB_X = make_blob(b"x: 1\n")
FILE, FOLDER = b"100644", b"40000"


def findings(git, objects, tips=None):
    """What the checks say of a pack of ``objects``, whose last one is the tip."""
    with Quarantine(git.stored, git.objects, PackLimits()) as quarantine:
        checks = ObjectChecks(quarantine, git.objects)
        for one in quarantine.receive(BytesIO(packs.pack(objects))):
            checks.look(one)
        return checks.conclude([objects[-1].id] if tips is None else tips)


def rules(found):
    return [finding.rule for finding in found]


@pytest.fixture
def git():
    git = memory_repository()
    commit(git, {"application.yml": "a: 1", "app/orders.yml": "b: 1", "app/deep/x.yml": "c: 1"})
    return git


def test_a_sound_commit_on_top_passes(git):
    tip = git.snapshot()[b"refs/heads/main"]
    assert findings(git, build_commit(git, {"app/orders.yml": "b: 2"}, [tip])) == []


def test_a_whole_history_passes(git):
    root = packs.tree((FILE, b"a.yml", BLOB_X.id))
    first = packs.commit(root.id)
    tag = make_object(TAG, b"object " + first.id + b"\ntype commit\ntag v1\n\nx\n")
    assert findings(git, [BLOB_X, root, first, packs.commit(root.id, first.id), tag]) == []


@pytest.mark.parametrize(
    "objects",
    [
        [packs.commit(b"1" * 40)],
        [packs.commit(packs.tree().id, b"1" * 40), packs.tree()],
        [packs.tree((FILE, b"a", b"1" * 40))],
        [packs.tree((FOLDER, b"a", b"1" * 40))],
        [make_object(TAG, b"object " + b"1" * 40 + b"\ntype commit\ntag v1\n\nx\n")],
    ],
)
def test_what_is_named_must_be_there(git, objects):
    found = findings(git, objects)
    assert rules(found) == ["missing"]
    assert "1" * 40 in found[0].detail


def merge_of(count, trees):
    """A commit with so many parents, and all that they need."""
    parents = [packs.commit(trees[number % len(trees)].id, message=b"%d\n" % number) for number in range(count)]
    folders = packs.tree(*((FOLDER, b"d%03d" % number, trees[0].id) for number in range(80)))
    above = packs.commit(folders.id, *(one.id for one in parents))
    beside = [packs.commit(folders.id, above.id, message=b"%d\n" % number) for number in range(count)]
    changed = packs.tree(
        (FOLDER, b"new", trees[0].id), *((FOLDER, b"x%03d" % number, trees[0].id) for number in range(80))
    )
    tip = packs.commit(changed.id, *(one.id for one in beside))
    return [BLOB_X, *trees, folders, changed, *parents, above, *beside, tip]


def steps(git, objects):
    counted = count()
    sys.setprofile(lambda *_: next(counted))
    try:
        assert findings(git, objects) == []
    finally:
        sys.setprofile(None)
    return next(counted)


def test_commits_with_many_parents_take_no_more_steps_than_they_have_parents(git):
    trees = [packs.tree((FILE, b"a%d.yml" % number, BLOB_X.id)) for number in range(400)]
    few, many = merge_of(50, trees[:50]), merge_of(400, trees)
    assert steps(git, many) < 11 * steps(git, few)
    few_alike, many_alike = merge_of(50, trees[:1]), merge_of(400, trees[:1])
    assert steps(git, many_alike) < 8 * steps(git, few_alike)
    assert steps(git, many_alike) < 250 * len(many_alike)


def test_a_tip_must_be_there(git):
    assert rules(findings(git, [BLOB_X], [b"2" * 40])) == ["missing"]


def test_what_is_named_must_be_of_the_kind_it_is_named_as(git):
    stored = tree_of(git.objects, git.snapshot()[b"refs/heads/main"])
    as_tree = packs.tree((FOLDER, b"a", BLOB_X.id))
    as_blob = packs.tree((FILE, b"a", stored))
    assert rules(findings(git, [BLOB_X, as_tree])) == ["type"]
    assert rules(findings(git, [as_blob])) == ["type"]
    assert rules(findings(git, [packs.commit(git.snapshot()[b"refs/heads/main"])])) == ["type"]
    assert rules(findings(git, [packs.tree(), packs.commit(packs.tree().id, stored)])) == ["type"]


def test_faults_are_told_with_commit_and_path(git):
    folder = packs.tree((b"120000", b"link", BLOB_X.id))
    root = packs.tree((FOLDER, b"app", folder.id))
    tip = packs.commit(root.id)
    (found,) = findings(git, [BLOB_X, folder, root, tip])
    assert str(found) == f"{tip.id[:8].decode()} app/link: symbolic links are not accepted [symlink]"


def test_a_broken_commit_is_told_by_its_id(git):
    bad = packs.commit(packs.tree().id, lines=b"author x\ncommitter y\n")
    (found,) = findings(git, [packs.tree(), bad])
    assert (found.path, found.rule) == (f"commit {bad.id[:8].decode()}", "malformed-commit")


def test_attributes_are_read_under_whatever_commit_names_them(git):
    long = make_blob(b"x" * 3000)
    assert findings(git, [long], []) == []
    git.objects.put([long])
    root = packs.tree((FILE, b".gitattributes", long.id))
    (found,) = findings(git, [root, packs.commit(root.id)])
    assert (found.path, found.rule) == (".gitattributes", "gitattributes")


def test_paths_have_a_greatest_depth_wherever_their_parts_come_from(git):
    inner = packs.tree((FILE, b"x.yml", BLOB_X.id))
    tall = [inner]
    for _ in range(48):
        tall.append(packs.tree((FOLDER, b"d", tall[-1].id)))
    assert findings(git, [BLOB_X, *tall, packs.commit(tall[-1].id)]) == []
    git.objects.put([BLOB_X, *tall])
    taller = packs.tree((FOLDER, b"d", tall[-1].id))
    assert findings(git, [taller, packs.commit(taller.id)]) == []
    tallest = packs.tree((FOLDER, b"d", taller.id))
    assert rules(findings(git, [taller, tallest, packs.commit(tallest.id)])) == ["path-depth"]


def test_trees_that_name_each_other_twice_do_not_take_for_ever(git):
    trees = [packs.tree((FILE, b"x", BLOB_X.id))]
    for _ in range(45):
        trees.append(packs.tree((FOLDER, b"a", trees[-1].id), (FOLDER, b"b", trees[-1].id)))
    assert findings(git, [BLOB_X, *trees, packs.commit(trees[-1].id)]) == []


def test_an_object_that_differs_from_the_stored_one_is_refused(git, monkeypatch):
    git.objects.put([BLOB_X])
    real = git.objects.get_many_raw
    monkeypatch.setattr(git.objects, "get_many_raw", lambda ids: ((one, BLOB, b"other") for one, *_ in real(ids)))
    assert rules(findings(git, [BLOB_X])) == ["collision"]


def test_faults_are_counted_up_to_a_number(git):
    bad = [packs.tree((b"120000", b"l%d" % number, BLOB_X.id)) for number in range(MAX_FAULTS + 5)]
    assert len(findings(git, [BLOB_X, *bad])) == MAX_FAULTS


def test_only_what_differs_is_asked_for(git, monkeypatch):
    for number in range(50):
        commit(git, {f"app{number}/x.yml": "x: 1"})
    offered = build_commit(git, {"app7/x.yml": "x: 2"}, [git.snapshot()[b"refs/heads/main"]])
    asked = []
    real = git.objects.contains_many
    monkeypatch.setattr(git.objects, "contains_many", lambda ids: real(asked.extend(ids := list(ids)) or ids))
    assert findings(git, offered) == []
    assert len(asked) < 8
