import pytest
from support.repositories import EPOCH, TESTER, build_commit, commit, memory_repository, move

from gitconfig_server.errors import CheckTimeout
from gitconfig_server.git.objects.commits import make_commit, make_tag, tree_of
from gitconfig_server.git.objects.reader import ObjectMap, make_object
from gitconfig_server.git.objects.trees import changed_files
from gitconfig_server.git.rules import RefRules
from gitconfig_server.model.findings import Finding
from gitconfig_server.model.principals import Intent, Mover, Principal
from gitconfig_server.storage.base import RefUpdate
from gitconfig_server.storage.objects import TAG

MAIN = b"refs/heads/main"


def no_bad_words(old, new):
    """A content check: a changed file must not say ``bad``."""
    return [
        Finding(path.decode(), "bad-word", "says bad")
        for path, _, entry in changed_files(old, new)
        if entry and b"bad" in new.read(entry.id)
    ]


def verdict(git, ref, old, new, objects=()):
    (judged,) = git.judge([RefUpdate(ref, old, new)], ObjectMap(objects))
    return judged.refusal.rule if judged.refusal else "ok"


@pytest.mark.parametrize(
    "ref",
    [
        b"HEAD",
        b"refs/gitconfig/policy",
        b"refs/notes/commits",
        b"refs/heads/",
        b"refs/heads/HEAD",
        b"refs/heads/-x",
        b"refs/heads/a..b",
        b"refs/heads/a.lock",
        b"refs/heads/a.LOCK/b",
        b"refs/heads/.git",
        b"refs/heads/a@{b",
        b"refs/heads/a\x01",
        b"refs/heads/a\\b",
        b"refs/heads/" + b"1" * 40,
        b"refs/heads/\xff",
        b"refs/heads/" + b"x" * 300,
        b"refs/heads/" + b"/".join([b"x" * 200] * 3),
        b"refs/heads/main@2026-01-31",
        b"refs/tags/v1@2026-99-31",
        b"refs/tags/../heads/main",
    ],
)
def test_hostile_names_are_refused(ref):
    git = memory_repository()
    tip = commit(git, {"a": "1"})
    assert verdict(git, ref, None, tip) == "name"


def test_a_label_moves_forward_only():
    git = memory_repository()
    one = commit(git, {"a": "1"})
    two = commit(git, {"a": "2"})
    other = build_commit(git, {"a": "3"}, [one])
    assert verdict(git, MAIN, two, other[-1].id, other) == "non-fast-forward"
    assert verdict(git, b"refs/heads/staged", two, other[-1].id, other) == "ok"


def test_settings_can_allow_what_is_refused():
    git = memory_repository(rules=RefRules(allow_non_fast_forward=True, allow_deletion=True))
    one = commit(git, {"a": "1"})
    two = commit(git, {"a": "2"})
    move(git, b"refs/heads/old", [], one)
    assert verdict(git, MAIN, two, one) == "ok"
    assert verdict(git, b"refs/heads/old", one, None) == "ok"


def test_deletions_are_refused_and_the_default_label_always_stays():
    git = memory_repository(rules=RefRules(allow_deletion=True))
    tip = commit(git, {"a": "1"})
    assert verdict(git, MAIN, tip, None) == "default-label"
    strict = memory_repository()
    tip = commit(strict, {"a": "1"}, label="other")
    assert verdict(strict, b"refs/heads/other", tip, None) == "deletion"
    assert verdict(strict, b"refs/heads/staged-other", tip, None) == "ok"


def test_names_that_cannot_stand_together_are_refused():
    git = memory_repository()
    tip = commit(git, {"a": "1"}, label="team/x")
    assert verdict(git, b"refs/heads/team", None, tip) == "name-conflict"
    assert verdict(git, b"refs/heads/team/x/y", None, tip) == "name-conflict"
    assert verdict(git, b"refs/tags/team/x", None, tip) == "name-conflict"


def test_a_tag_stays_where_it_is():
    git = memory_repository()
    one = commit(git, {"a": "1"})
    move(git, b"refs/tags/v1", [], one)
    two = commit(git, {"a": "2"})
    assert verdict(git, b"refs/tags/v1", one, two) == "tag-moved"


def test_a_branch_holds_a_commit_and_a_tag_leads_to_one():
    git = memory_repository()
    tip = commit(git, {"a": "1"})
    tag = make_object(TAG, b"object " + tip + b"\ntype commit\ntag v1\ntagger a <b> 0 +0000\n\n")
    tree = tree_of(git.objects, tip)
    assert verdict(git, b"refs/heads/x", None, tag.id, [tag]) == "not-a-commit"
    assert verdict(git, b"refs/tags/v1", None, tag.id, [tag]) == "ok"
    assert verdict(git, b"refs/tags/v2", None, tree) == "not-a-commit"
    assert verdict(git, b"refs/heads/x", None, b"0" * 40) == "not-a-commit"


def test_a_bad_tip_is_refused_and_an_old_fault_is_remarked_on():
    git = memory_repository(checks=[no_bad_words])
    one = commit(git, {"a": "fine"})
    bad = build_commit(git, {"a": "bad"}, [one])
    assert verdict(git, MAIN, one, bad[-1].id, bad) == "invalid-content"
    git.objects.put(bad)
    mended = build_commit(git, {"a": "good"}, [bad[-1].id])
    (judged,) = git.judge([RefUpdate(MAIN, one, mended[-1].id)], ObjectMap([*bad, *mended]))
    assert judged.refusal is None
    assert [(found.fatal, found.commit) for found in judged.findings] == [(False, bad[-1].id.decode())]


def test_every_commit_can_be_made_to_count():
    git = memory_repository(checks=[no_bad_words], rules=RefRules(validate_all=True))
    one = commit(git, {"a": "fine"})
    bad = build_commit(git, {"a": "bad"}, [one])
    git.objects.put(bad)
    mended = build_commit(git, {"a": "good"}, [bad[-1].id])
    assert verdict(git, MAIN, one, mended[-1].id, [*bad, *mended]) == "invalid-content"


def test_faults_that_stand_already_do_not_block_a_new_label():
    git = memory_repository()
    old = commit(git, {"a": "bad"})
    checked = type(git)(git.stored, checks=[no_bad_words])
    new = build_commit(git, {"b": "fine"}, [old])
    assert verdict(checked, b"refs/heads/topic", None, new[-1].id, new) == "ok"
    assert verdict(checked, b"refs/heads/copy", None, old) == "ok"


def test_a_tag_into_an_offered_branch_is_not_held_to_more_than_the_branch():
    git = memory_repository(checks=[no_bad_words])
    bad = build_commit(git, {"a": "bad"})
    git.objects.put(bad)
    mended = build_commit(git, {"a": "good"}, [bad[-1].id])
    updates = [RefUpdate(b"refs/tags/v0", None, bad[-1].id), RefUpdate(MAIN, None, mended[-1].id)]
    judged = git.judge(updates, ObjectMap([*bad, *mended]))
    assert [one.refusal for one in judged] == [None, None]
    assert [one.update for one in judged] == updates


def test_an_annotated_tag_can_be_moved_where_that_is_allowed():
    git = memory_repository(checks=[no_bad_words])
    first = commit(git, {"a": "1"})
    second = commit(git, {"a": "2"})
    tag = make_tag(second, "v1", TESTER, EPOCH, "second")
    git.objects.put([tag])
    move(git, b"refs/tags/v1", [tag])
    (judged,) = git.judge([RefUpdate(b"refs/tags/v1", tag.id, first)], by=Mover(intent=Intent.DELIBERATE))
    assert judged.refusal is None
    assert verdict(git, b"refs/tags/v1", tag.id, first) == "tag-moved"


def test_staged_may_hold_what_cannot_be_read():
    git = memory_repository(checks=[no_bad_words])
    bad = build_commit(git, {"a": "bad"})
    assert verdict(git, b"refs/heads/staged", None, bad[-1].id, bad) == "ok"
    assert verdict(git, b"refs/heads/staged-team/x", None, bad[-1].id, bad) == "ok"


def test_nothing_passes_a_door_that_has_not_judged_it():
    one, other = memory_repository(), memory_repository()
    made = build_commit(one, {"a.yml": "a: 1\n"})
    update = RefUpdate(MAIN, None, made[-1].id)
    judged = other.judge([update], ObjectMap(made))
    with pytest.raises(ValueError, match="not judged by this door"):
        one.update_refs(judged, Mover(), objects=made, reason="push")
    assert one.snapshot() == {}


def test_what_the_server_notes_for_itself_is_under_its_own_refs_alone():
    git = memory_repository()
    tip = commit(git, {"a.yml": "a: 1\n"})
    own = Mover(intent=Intent.OWN)
    (noted,) = git.judge([RefUpdate(b"refs/gitconfig/note", None, tip)], by=own)
    (strayed,) = git.judge([RefUpdate(b"refs/heads/note", None, tip)], by=own)
    (pushed,) = git.judge([RefUpdate(b"refs/gitconfig/note", None, tip)])
    assert (noted.refusal, strayed.refusal.rule, pushed.refusal.rule) == (None, "name", "name")


def test_who_may_not_move_a_label_is_told_whatever_it_holds():
    git = memory_repository(permits=lambda who, update: who.name == "tess")
    made = build_commit(git, {"a.yml": "a: 1\n"})
    update = RefUpdate(MAIN, None, made[-1].id)
    (refused,) = git.judge([update], ObjectMap(made), Mover(Principal("bob")))
    (allowed,) = git.judge([update], ObjectMap(made), Mover(Principal("tess")))
    assert (refused.refusal.rule, allowed.refusal) == ("denied", None)


class Unlisted(dict):
    """Refs that can be looked up, and are too many to be gone through."""

    def __iter__(self):
        raise AssertionError("all refs were listed")

    keys = values = items = copy = __iter__


def test_a_move_looks_refs_up_and_does_not_list_them(monkeypatch):
    git = memory_repository()
    tip = commit(git, {"a": "1"})
    one = build_commit(git, {"a": "2"}, [tip])
    refs = Unlisted({MAIN: tip, b"refs/heads/team/one": tip, b"refs/tags/v1": tip})
    monkeypatch.setattr(git.stored, "snapshot", lambda **_: refs)
    assert verdict(git, MAIN, tip, one[-1].id, one) == "ok"
    assert verdict(git, b"refs/heads/team/one/more", None, tip) == "name-conflict"
    assert verdict(git, b"refs/heads/v1", None, tip) == "name-conflict"


def test_a_tree_that_stands_at_the_tip_is_looked_at_once():
    """As where all that was staged is applied, and nobody has been there meanwhile."""
    seen = []

    def look(old, new):
        seen.append(new.tree)
        return []

    git = memory_repository(checks=[look])
    base = commit(git, {"a": "1"})
    staged = build_commit(git, {"a": "2"}, [base])
    merge = make_commit(
        tree_in(staged), (base, staged[-1].id), author=TESTER, committer=TESTER, when=EPOCH, message="apply"
    )
    seen.clear()
    git.judge([RefUpdate(MAIN, base, merge.id)], ObjectMap([*staged, merge]))
    assert seen == [tree_in(staged)]


def tree_in(objects):
    return tree_of(ObjectMap(objects), objects[-1].id)


def test_what_can_only_be_warned_of_keeps_nobody_from_writing():
    def never_ends(reader, old, new):
        raise CheckTimeout(1.0)

    git = memory_repository(history_checks=[never_ends])
    tip = commit(git, {"a": "1"})
    one = build_commit(git, {"a": "2"}, [tip])
    assert verdict(git, MAIN, tip, one[-1].id, one) == "ok"
