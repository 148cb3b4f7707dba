import pytest
from support.git import git
from support.repositories import commit
from support.upstreams import Remote, followed, trouble

from gitconfig_server.git.objects.commits import read_commit
from gitconfig_server.git.ref_names import branch_ref, tag_ref
from gitconfig_server.git.upstream_refs import seen_ref
from gitconfig_server.model.principals import Intent, Mover, Principal
from gitconfig_server.service.door_rules import DoorRules
from gitconfig_server.storage.base import RefUpdate

pytestmark = pytest.mark.anyio

MAIN = branch_ref("main")


@pytest.fixture
def remote(tmp_path):
    made = Remote(tmp_path / "remote.git")
    made.commit({"orders.yml": "pool: 1\n", "carts.yml": "size: 1\n"})
    return made


@pytest.fixture
async def ours(remote):
    made = followed(remote.path, push_back=True)
    await made.round()
    return made


async def test_saves_are_pushed(remote, ours):
    saved = [commit(ours.git, {"orders.yml": f"pool: {number}\n"}).decode() for number in (2, 3, 4)]
    status = await ours.round()
    assert (status.unpushed, status.troubles) == ((), ())
    assert git(remote.path, "rev-list", "--reverse", "main").split()[1:] == saved
    git(remote.path, "fsck", "--strict")


async def test_new_labels_and_tags_are_pushed_and_staged_ones_are_not(remote, ours):
    tip = commit(ours.git, {"a.yml": "a: 1\n"}, label="feature/x")
    commit(ours.git, {"a.yml": "a: 2\n"}, label="staged")
    judged = ours.git.judge([RefUpdate(tag_ref("v1"), None, tip)])
    ours.git.update_refs(judged, by=Mover(Principal("tess")), reason="push")
    await ours.round()
    names = git(remote.path, "for-each-ref", "--format=%(refname)").split()
    assert names == ["refs/heads/feature/x", "refs/heads/main", "refs/tags/v1"]


async def test_deletions_are_pushed(remote):
    remote.run("push", "--quiet", "origin", "origin/main:refs/heads/old")
    ours = followed(remote.path, push_back=True, rules=DoorRules(allow_deletion=True))
    await ours.round()
    judged = ours.git.judge([RefUpdate(branch_ref("old"), ours.git.snapshot()[branch_ref("old")], None)])
    ours.git.update_refs(judged, by=Mover(Principal("tess")), reason="push")
    status = await ours.round()
    assert (remote.tip("old"), status.unpushed) == ("", ())


async def test_changes_of_both_sides_are_joined_with_ours_as_first_parent(remote, ours):
    theirs = remote.commit({"carts.yml": "size: 2\n", "new/one.yml": "a: 1\n"})
    saved = commit(ours.git, {"orders.yml": "pool: 2\n"})
    status = await ours.round()
    assert (status.troubles, status.unpushed) == ((), ())
    merged = read_commit(ours.git.objects, ours.git.snapshot()[MAIN])
    assert merged.parents == (saved, theirs.encode())
    assert remote.tip("main") == merged.id.decode()
    shown = [remote.show("main", path) for path in ("orders.yml", "carts.yml", "new/one.yml")]
    assert shown == ["pool: 2\n", "size: 2\n", "a: 1\n"]
    assert ours.reasons() == ["upstream", "push", "upstream-joined"]
    git(remote.path, "fsck", "--strict")


async def test_join_beside_a_label_that_brings_a_whole_pack(remote, ours):
    remote.commit({f"app{number}.yml": "a: 1\n" for number in range(120)}, label="big")
    remote.commit({"carts.yml": "size: 2\n"} | {f"new{number}.yml": f"a: {number}\n" for number in range(120)})
    commit(ours.git, {"orders.yml": "pool: 2\n"})
    status = await ours.round()
    assert (status.troubles, status.error) == ((), "")
    assert (ours.tip("big"), ours.tip("main")) == (remote.tip("big"), remote.tip("main"))
    git(remote.path, "fsck", "--strict")


async def test_one_change_made_on_both_sides_is_no_conflict(remote, ours):
    remote.commit({"orders.yml": "pool: 2\n", "carts.yml": None})
    commit(ours.git, {"orders.yml": "pool: 2\n", "carts.yml": None})
    assert (await ours.round()).troubles == ()
    assert git(remote.path, "ls-tree", "--name-only", "main").split() == ["orders.yml"]


async def test_conflict_stops_pushing_and_names_files_and_commits(remote, ours):
    theirs = remote.commit({"orders.yml": "pool: 2\n", "carts.yml": "size: 2\n"})
    saved = commit(ours.git, {"orders.yml": "pool: 3\n"}).decode()
    for _ in range(2):
        status = await ours.round()
        found = trouble(status)
        assert (found.rule, found.files, found.ours, found.theirs) == ("conflict", ("orders.yml",), saved, theirs)
        (node,) = found.conflicts
        assert node.startswith(f"orders.yml#pool: 3 in line 1 by main ({saved[:8]} ")
        assert f" and 2 in line 1 by {status.remote} ({theirs[:8]} " in node
        assert (remote.tip("main"), ours.tip("main")) == (theirs, saved)
        assert (status.unpushed, status.error, status.failures) == (("main",), "", 0)
    assert commit(ours.git, {"more.yml": "a: 1\n"})  # local writes go on
    assert trouble(await ours.round()).files == ("orders.yml",)


async def test_conflict_ends_with_a_merge_that_somebody_pushes(remote, ours):
    theirs = remote.commit({"orders.yml": "pool: 2\n"})
    saved = commit(ours.git, {"orders.yml": "pool: 3\n"}).decode()
    await ours.round()
    remote.commit({"orders.yml": "pool: 3\n"})  # upstream gives way: both sides have changed it to the same
    status = await ours.round()
    assert (status.troubles, status.unpushed) == ((), ())
    assert {saved, theirs} < set(git(remote.path, "rev-list", "main").split())


async def test_other_labels_are_pushed_beside_a_conflict(remote, ours):
    remote.commit({"orders.yml": "pool: 2\n"})
    commit(ours.git, {"orders.yml": "pool: 3\n"})
    tip = commit(ours.git, {"a.yml": "a: 1\n"}, label="feature").decode()
    status = await ours.round()
    assert (remote.tip("feature"), status.unpushed) == (tip, ("main",))


async def test_join_that_does_not_validate_is_not_made(remote, ours):
    remote.commit({"bad.yml": "a: [1\n"})
    saved = commit(ours.git, {"orders.yml": "pool: 3\n"}).decode()
    status = await ours.round()
    assert (trouble(status).rule, ours.tip("main")) == ("invalid-content", saved)
    assert "bad.yml" in trouble(status).files[0]


async def test_forced_move_upstream_is_joined_from_where_both_agreed(remote, ours):
    remote.commit({"carts.yml": "size: 2\n"})
    await ours.round()
    rewritten = remote.rewrite({"carts.yml": "size: 9\n"})
    saved = commit(ours.git, {"orders.yml": "pool: 2\n"})
    status = await ours.round()
    assert status.troubles == ()
    assert read_commit(ours.git.objects, ours.git.snapshot()[MAIN]).parents == (saved, rewritten.encode())
    assert (remote.show("main", "carts.yml"), remote.show("main", "orders.yml")) == ("size: 9\n", "pool: 2\n")


async def test_a_push_that_was_taken_and_not_noted_is_no_conflict(remote, ours):
    """A kill between the two: what is remembered of the remote is older than what both have by now."""
    seen = ours.git.snapshot()[seen_ref(MAIN)]
    pushed = commit(ours.git, {"orders.yml": "pool: 2\n"})
    await ours.round()
    note = Mover(Principal("tess"), Intent.OWN)
    ours.git.update_refs(ours.git.judge([RefUpdate(seen_ref(MAIN), pushed, seen)], by=note), note, reason="undone")
    theirs = remote.commit({"carts.yml": "size: 2\n"})
    saved = commit(ours.git, {"orders.yml": "pool: 3\n"})
    status = await ours.round()
    assert status.troubles == ()
    assert read_commit(ours.git.objects, ours.git.snapshot()[MAIN]).parents == (saved, theirs.encode())
    assert (remote.show("main", "carts.yml"), remote.show("main", "orders.yml")) == ("size: 2\n", "pool: 3\n")


async def test_label_deleted_there_with_saves_here_is_made_again(remote, ours):
    remote.run("push", "--quiet", "origin", "origin/main:refs/heads/feature")
    await ours.round()
    tip = commit(ours.git, {"a.yml": "a: 1\n"}, label="feature").decode()
    git(remote.path, "update-ref", "-d", "refs/heads/feature")
    await ours.round()
    assert remote.tip("feature") == ours.tip("feature") == tip


async def test_remote_that_refuses_is_told_of_and_asked_again(remote, ours):
    hook = remote.path / "hooks" / "update"
    hook.write_text("#!/bin/sh\necho protected >&2\nexit 1\n")
    hook.chmod(0o755)
    commit(ours.git, {"orders.yml": "pool: 2\n"})
    status = await ours.round()
    assert (trouble(status).rule, status.unpushed, status.failures) == ("push-refused", ("main",), 1)
    assert "hook declined" in trouble(status).reason
    hook.unlink()
    status = await ours.round()
    assert (status.troubles, status.unpushed, status.failures) == ((), (), 0)


async def test_push_that_fails_leaves_what_was_fetched(remote, ours):
    tip = remote.commit({"carts.yml": "size: 2\n"}, label="other")
    git(remote.path, "config", "receive.maxInputSize", "1")
    commit(ours.git, {"orders.yml": "pool: 2\n"})
    status = await ours.round()
    assert (ours.tip("other"), status.unpushed) == (tip, ("main",))
    assert "did not take the push" in status.error
    assert not status.stale(status.fetched, None)


async def test_what_is_saved_while_the_remote_is_away_is_told(remote, ours):
    away = remote.path.rename(remote.path.with_name("away"))
    commit(ours.git, {"orders.yml": "pool: 2\n"})
    status = await ours.round()
    assert (status.unpushed, status.failures) == (("main",), 1)
    away.rename(remote.path)
    assert (await ours.round()).unpushed == ()


async def test_pushed_but_not_noted_is_noted_later(remote, ours):
    """As after a kill between the remote's answer and our note of it."""
    before, seen = ours.git.snapshot()[MAIN], seen_ref(MAIN)
    saved = commit(ours.git, {"orders.yml": "pool: 2\n"})
    await ours.round()
    note = Mover(Principal("test"), Intent.OWN)
    ours.git.update_refs(ours.git.judge([RefUpdate(seen, saved, before)], by=note), note, reason="test")
    assert (await ours.round()).unpushed == ()
    assert ours.git.snapshot()[seen] == saved


async def test_empty_remote_gets_everything(tmp_path):
    empty = Remote(tmp_path / "empty.git")
    ours = followed(empty.path, push_back=True)
    tip = commit(ours.git, {"a.yml": "a: 1\n"}).decode()
    await ours.round()
    assert empty.tip("main") == tip


async def test_without_push_back_saves_of_before_stay(remote, ours):
    saved = commit(ours.git, {"orders.yml": "pool: 3\n"}).decode()
    reader = followed(remote.path, stored=ours.git.stored)
    status = await reader.round()
    assert (trouble(status).rule, reader.tip("main")) == ("diverged", saved)
