import pytest
from support.git import git
from support.repositories import build_commit, commit, move
from support.upstreams import Remote, followed, trouble

from gitconfig_server.config.engine import ConfigEngine
from gitconfig_server.errors import FileNotFound, FollowedLabel, UpdateRefused
from gitconfig_server.git.objects.reader import ObjectMap
from gitconfig_server.git.receiving.pack_scan import PackLimits
from gitconfig_server.git.ref_names import branch_ref, tag_ref
from gitconfig_server.git.upstream_refs import seen_ref
from gitconfig_server.model.principals import Intent, Mover, Principal
from gitconfig_server.model.reads import Reading
from gitconfig_server.storage.base import RefUpdate

pytestmark = pytest.mark.anyio

MAIN = branch_ref("main")


async def test_labels_are_taken_with_history_and_tags(remote):
    remote.commit({"orders.yml": "pool: 2\n"})
    remote.run("tag", "--annotate", "--message", "first", "v1", "origin/main")
    remote.run("push", "--quiet", "origin", "v1", "origin/main:refs/heads/feature/x")
    ours = followed(remote.path)
    status = await ours.round()
    assert (status.error, status.troubles, status.failures) == ("", (), 0)
    assert ours.tip("main") == ours.tip("feature/x") == remote.tip("main")
    tag = git(remote.path, "rev-parse", "refs/tags/v1").strip()
    assert ours.git.snapshot()[tag_ref("v1")].decode() == tag != remote.tip("main")
    assert ours.reasons() == ["upstream"]
    assert next(ours.git.moves(MAIN)).actor == f"file://{remote.path}"


async def test_what_changes_there_changes_here(remote):
    ours = followed(remote.path)
    await ours.round()
    tip = remote.commit({"orders.yml": "pool: 2\n"})
    await ours.round()
    assert ours.tip("main") == tip
    assert ours.git.snapshot()[seen_ref(MAIN)].decode() == tip
    before = ours.git.generation()
    await ours.round()
    assert ours.git.generation() == before


async def test_only_labels_that_the_globs_mean_are_followed(remote):
    for label in ("release/1", "release/2/x", "wip"):
        remote.run("push", "--quiet", "origin", f"origin/main:refs/heads/{label}")
    ours = followed(remote.path, labels=["main", "release/*"])
    await ours.round()
    assert {ref.decode() for ref in ours.git.advertised()} == {
        "refs/heads/main",
        "refs/heads/release/1",
        "refs/heads/release/2/x",
    }


async def test_forced_moves_are_followed_and_journalled_as_such(remote):
    remote.commit({"orders.yml": "pool: 2\n"})
    remote.run("push", "--quiet", "origin", "origin/main:refs/tags/v1")
    ours = followed(remote.path)
    await ours.round()
    rewritten = remote.rewrite({"orders.yml": "pool: 3\n"})
    remote.run("push", "--quiet", "--force", "origin", "origin/main:refs/tags/v1")
    status = await ours.round()
    assert status.troubles == ()
    assert ours.tip("main") == ours.git.snapshot()[tag_ref("v1")].decode() == rewritten
    assert ours.reasons() == ["upstream", "upstream-forced"]


async def test_deleted_labels_are_deleted_but_never_the_default_one(remote):
    remote.run("push", "--quiet", "origin", "origin/main:refs/heads/old", "origin/main:refs/tags/v1")
    ours = followed(remote.path)
    await ours.round()
    commit(ours.git, {"a.yml": "a: 1\n"}, label="ours-alone")
    git(remote.path, "update-ref", "-d", "refs/heads/main")
    git(remote.path, "update-ref", "-d", "refs/tags/v1")
    status = await ours.round()
    assert {ref.decode() for ref in ours.git.advertised()} == {
        "refs/heads/main",
        "refs/heads/old",
        "refs/heads/ours-alone",
    }
    assert trouble(status).rule == "default-label"


async def test_renamed_default_branch_is_followed(remote):
    ours = followed(remote.path)
    await ours.round()
    git(remote.path, "branch", "--move", "main", "trunk")
    status = await ours.round()
    assert status.troubles == ()
    assert set(ours.git.advertised()) == {branch_ref("trunk")}
    assert ours.git.default_ref() == branch_ref("trunk")


async def test_label_may_become_a_folder_of_labels(remote):
    remote.run("push", "--quiet", "origin", "origin/main:refs/heads/release")
    ours = followed(remote.path)
    await ours.round()
    git(remote.path, "branch", "--move", "release", "release/1")
    status = await ours.round()
    assert status.troubles == ()
    assert set(ours.git.advertised()) == {MAIN, branch_ref("release/1")}


async def test_remote_that_lost_everything_takes_nothing_away(remote):
    ours = followed(remote.path)
    await ours.round()
    git(remote.path, "update-ref", "-d", "refs/heads/main")
    status = await ours.round()
    assert "no labels any more" in status.error
    assert ours.tip("main")


async def test_empty_remote_is_current(tmp_path):
    status = await followed(Remote(tmp_path / "empty.git").path).round()
    assert (status.error, status.age(status.fetched)) == ("", 0)


async def test_tip_that_does_not_validate_is_not_taken_and_the_others_are(remote):
    remote.run("push", "--quiet", "origin", "origin/main:refs/heads/other")
    ours = followed(remote.path)
    good = (await ours.round(), ours.tip("main"))[1]
    broken = remote.commit({"orders.yml": "pool: [1\n", "sound.yml": "a: 1\n"})
    other = remote.commit({"orders.yml": "pool: 5\n"}, label="other")
    for _ in range(2):
        status = await ours.round()
        found = trouble(status)
        assert (ours.tip("main"), ours.tip("other")) == (good, other)
        assert (found.rule, found.ours, found.theirs) == ("invalid-content", good, broken)
        assert found.files[0].startswith("orders.yml:2:1: ")
    assert status.error == ""
    mended = remote.commit({"orders.yml": "pool: 6\n"})
    assert (await ours.round()).troubles == ()
    assert ours.tip("main") == mended


async def test_default_label_that_never_could_be_taken_is_told_apart(remote):
    remote.run("push", "--quiet", "origin", "origin/main:refs/heads/master")
    remote.commit({"orders.yml": "pool: [1\n"})
    ours = followed(remote.path)
    lacking = (await ours.round()).lacking()
    assert lacking is not None
    assert (lacking.label, lacking.files[0][:13]) == ("main", "orders.yml:2:")
    good = remote.commit({"orders.yml": "pool: 2\n"})
    assert ((await ours.round()).lacking(), ours.tip("main")) == (None, good)
    remote.commit({"orders.yml": "pool: [1\n"})
    assert (await ours.round()).lacking() is None


async def test_what_was_refused_is_not_fetched_again(remote):
    ours = followed(remote.path)
    await ours.round()
    remote.commit({"orders.yml": "pool: [1\n"})
    first = await ours.round()
    blob = git(remote.path, "rev-parse", "main:orders.yml").strip()
    (remote.path / "objects" / blob[:2] / blob[2:]).unlink()  # whoever asks for a pack gets none
    second = await ours.round()
    assert (second.troubles, second.error) == (first.troubles, "")


async def test_unsound_objects_spoil_their_own_label_alone(remote):
    ours = followed(remote.path)
    await ours.round()
    tree = git(remote.path, "mktree", input=b"100644 blob %s\tgit~1\n" % _blob(remote, b"x")).strip()
    bad = git(remote.path, "commit-tree", tree, "-m", "a disguise").strip()
    git(remote.path, "update-ref", "refs/heads/bad", bad)
    tip = remote.commit({"orders.yml": "pool: 2\n"})
    status = await ours.round()
    assert ours.tip("main") == tip
    assert ours.tip("bad") == ""
    assert (trouble(status, "bad").rule, status.error) == ("path-name", "")
    assert (await ours.round()).troubles == status.troubles


async def test_links_and_submodules_are_taken_and_never_followed(remote):
    ours = followed(remote.path)
    link, module = _blob(remote, b"/etc/passwd"), b"1" * 40
    entries = b"100644 blob %s\t.gitmodules\n120000 blob %s\torders.yml\n160000 commit %s\tsub\n"
    tree = git(remote.path, "mktree", "--missing", input=entries % (_blob(remote, b""), link, module)).strip()
    commit = git(remote.path, "commit-tree", tree, "-m", "links").strip()
    git(remote.path, "update-ref", "refs/heads/main", commit)
    status = await ours.round()
    assert (ours.tip("main"), status.troubles) == (commit, ())
    repository = ConfigEngine(ours.git)
    assert repository.environment(("orders",), ("default",), Reading("main")).sources == ()
    with pytest.raises(FileNotFound):
        repository.file("orders.yml", Reading("main"))


async def test_limits_of_a_push_hold(remote):
    remote.commit({f"app{number}.yml": "a: 1\n" for number in range(20)})
    ours = followed(remote.path, limits=PackLimits(objects=5))
    status = await ours.round()
    assert (trouble(status).rule, ours.tip("main")) == ("too-large", "")


async def test_names_that_cannot_be_labels_are_passed_over(remote):
    git(remote.path, "update-ref", f"refs/heads/{'a' * 40}", remote.tip("main"))
    git(remote.path, "update-ref", "refs/heads/staged", remote.tip("main"))
    ours = followed(remote.path)
    status = await ours.round()
    assert set(ours.git.advertised()) == {MAIN}
    assert [(one.label, one.rule) for one in status.troubles] == [("a" * 40, "name")]


async def test_tag_by_the_name_of_a_branch_gives_way(remote):
    git(remote.path, "update-ref", "refs/tags/main", remote.tip("main"))
    ours = followed(remote.path)
    assert (await ours.round()).troubles == ()
    assert set(ours.git.advertised()) == {MAIN}


async def test_shallow_remote_is_refused(remote, tmp_path):
    remote.commit({"orders.yml": "pool: 2\n"})
    git(tmp_path, "clone", "--quiet", "--bare", "--depth", "1", f"file://{remote.path}", "shallow.git")
    status = await followed(tmp_path / "shallow.git").round()
    assert "shallow" in status.error


async def test_followed_labels_are_read_only_and_others_are_not(remote):
    ours = followed(remote.path)
    with pytest.raises(FollowedLabel):  # before the first fetch nobody knows what is followed
        commit(ours.git, {"a.yml": "a: 1\n"}, label="feature")
    await ours.round()
    with pytest.raises(FollowedLabel) as caught:
        commit(ours.git, {"orders.yml": "pool: 9\n"})
    assert (caught.value.code, caught.value.rule) == ("followed-label", "followed-label")
    (deletion,) = ours.git.judge([RefUpdate(MAIN, ours.git.snapshot()[MAIN], None)])
    assert isinstance(deletion.refusal, FollowedLabel)
    commit(ours.git, {"a.yml": "a: 1\n"}, label="feature")
    commit(ours.git, {"a.yml": "a: 1\n"}, label="staged")
    status = await ours.round()
    assert status.troubles == ()
    assert ours.tip("feature")


async def test_own_label_is_not_replaced_by_one_of_its_name(remote):
    ours = followed(remote.path)
    await ours.round()
    own = commit(ours.git, {"a.yml": "a: 1\n"}, label="feature").decode()
    remote.commit({"b.yml": "b: 1\n"}, label="feature")
    status = await ours.round()
    assert (ours.tip("feature"), trouble(status, "feature").rule) == (own, "diverged")


async def test_what_init_made_gives_way(remote):
    ours = followed(remote.path)
    made = build_commit(ours.git, {"README.md": "hello\n"})
    judged = ours.git.judge([RefUpdate(MAIN, None, made[-1].id)], ObjectMap(made), Mover(intent=Intent.UPSTREAM))
    ours.git.update_refs(judged, objects=made, by=Mover(Principal("init")), reason="init")
    assert (await ours.round()).troubles == ()
    assert ours.tip("main") == remote.tip("main")


async def test_private_refs_stay_closed_to_everybody(remote):
    ours = followed(remote.path)
    await ours.round()
    with pytest.raises(UpdateRefused):
        move(ours.git, seen_ref(branch_ref("x")), [], new=ours.git.snapshot()[MAIN])


def _blob(remote, content):
    return git(remote.path, "hash-object", "-w", "--stdin", input=content).strip().encode()
