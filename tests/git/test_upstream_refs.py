import pytest
from support.repositories import build_commit, memory_repository

from gitconfig_server.errors import FollowedLabel
from gitconfig_server.git.objects.reader import ObjectMap
from gitconfig_server.git.rules import RefRules
from gitconfig_server.git.upstream_refs import FollowedLabels, seen_labels, seen_ref
from gitconfig_server.model.principals import Intent, Mover
from gitconfig_server.storage.base import RefUpdate

A = b"a" * 40


@pytest.mark.parametrize(
    ("globs", "ref", "matches"),
    [
        (["*"], b"refs/heads/release/1", True),
        (["*"], b"refs/tags/v1", True),
        (["release/*"], b"refs/heads/release/1/x", True),
        (["release/*"], b"refs/heads/main", False),
        (["main", "v?"], b"refs/tags/v1", True),
        (["MAIN"], b"refs/heads/main", False),
        (["*"], b"refs/heads/staged", False),
        (["*"], b"refs/heads/staged-release", False),
        (["*"], b"refs/notes/x", False),
        ([], b"refs/heads/main", False),
    ],
)
def test_globs_say_which_labels_are_followed(globs, ref, matches):
    assert FollowedLabels(globs).match(ref) is matches


def test_what_was_seen_stands_beside_the_label():
    assert seen_ref(b"refs/heads/a/b") == b"refs/gitconfig/upstream/heads/a/b"
    refs = {b"refs/heads/main": A, seen_ref(b"refs/heads/main"): A, seen_ref(b"refs/tags/v1"): A}
    assert seen_labels(refs) == {b"refs/heads/main": A, b"refs/tags/v1": A}


@pytest.mark.parametrize(
    ("globs", "seen", "covered"),
    [
        (["*"], b"refs/heads/main", True),
        (["*"], b"refs/heads/other", False),
        (["*"], None, True),
        (["main"], b"refs/heads/other", True),
        (["other"], None, False),
    ],
)
def test_label_is_followed_where_upstream_has_it_or_a_setting_names_it(globs, seen, covered):
    refs = {seen_ref(seen): A} if seen else {}
    assert FollowedLabels(globs).cover(b"refs/heads/main", refs) is covered


def test_only_upstream_itself_moves_what_is_followed():
    git = memory_repository(rules=RefRules(followed=FollowedLabels(["main"])))
    new = build_commit(git, {"a.yml": "a: 1\n"})
    updates = [RefUpdate(ref, None, new[-1].id) for ref in (b"refs/heads/main", b"refs/heads/staged")]
    main, staged = git.judge(updates, ObjectMap(new))
    assert isinstance(main.refusal, FollowedLabel)
    assert staged.refusal is None
    assert [one.refusal for one in git.judge(updates, ObjectMap(new), Mover(intent=Intent.UPSTREAM))] == [None, None]
