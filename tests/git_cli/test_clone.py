"""What the real git gets: clone, fetch, and histories cut short."""

from support.git import git


def test_an_empty_repository_is_cloned_and_its_first_push_is_there_for_the_next_clone(serve, clone):
    served = serve()
    first = clone(served)
    tip = first.commit(application="a: 1\n")
    first.git("push", "--quiet", "origin", "main")
    assert clone(served, "second").git("rev-parse", "HEAD") == tip
    assert served.sound()


def test_the_unborn_default_label_is_what_an_empty_clone_is_on(serve, tmp_path):
    served = serve(default_branch="prod")
    git(tmp_path, "-c", "protocol.version=2", "clone", "--quiet", served.url, "work")
    assert git(tmp_path / "work", "symbolic-ref", "HEAD") == "refs/heads/prod\n"


def test_the_default_label_is_checked_out(serve, clone):
    served = serve(default_branch="prod")
    work = clone(served)
    work.commit(a="1")
    work.git("push", "--quiet", "origin", "HEAD:prod", "HEAD:main")
    assert clone(served, "other").git("rev-parse", "--abbrev-ref", "HEAD") == "prod"


def test_a_fetch_brings_what_is_new_and_nothing_else(serve, clone):
    served = serve()
    one = clone(served)
    for number in range(20):
        one.commit(**{f"app{number}__x": f"n: {number}", f"app{number}__y": "y: 1"})
    one.git("push", "--quiet", "origin", "main")
    two = clone(served, "two")
    tip = one.commit(app3__x="n: 99")
    one.git("push", "--quiet", "origin", "main")
    packs = two.folder / ".git" / "objects" / "pack"
    before = set(packs.glob("*.idx"))
    two.git("-c", "fetch.unpackLimit=1", "fetch", "--quiet")
    (fresh,) = set(packs.glob("*.idx")) - before
    assert two.git("rev-parse", "origin/main") == tip
    assert len(git(two.folder, "show-index", input=fresh.read_bytes()).splitlines()) == 4  # commit, two trees, blob


def test_a_fetch_with_commits_of_its_own_negotiates(serve, clone):
    served = serve()
    one = clone(served)
    one.commit(a="1")
    one.git("push", "--quiet", "origin", "main")
    two = clone(served, "two")
    for number in range(40):
        two.commit(b=str(number))
    tip = one.commit(a="2")
    one.git("push", "--quiet", "origin", "main")
    two.git("fetch", "--quiet")
    assert two.git("rev-parse", "origin/main") == tip
    two.git("fsck", "--strict")


def test_annotated_tags_come_along(serve, clone):
    served = serve()
    one = clone(served)
    one.commit(a="1")
    one.git("tag", "--annotate", "--message", "first", "v1")
    one.git("tag", "light")
    one.git("push", "--quiet", "origin", "main", "v1", "light")
    two = clone(served, "two")
    assert two.git("tag").split() == ["light", "v1"]
    assert two.git("ls-remote", "origin", "refs/tags/v1^{}").split()[0] == one.git("rev-parse", "HEAD")
    one.commit(a="2")
    one.git("tag", "--annotate", "--message", "second", "v2")
    one.git("push", "--quiet", "origin", "main", "v2")
    two.git("fetch", "--quiet")
    assert two.git("rev-parse", "v2") == one.git("rev-parse", "v2")


def test_private_refs_are_not_shown_and_cannot_be_asked_for(serve, clone):
    served = serve()
    work = clone(served)
    work.commit(a="1")
    work.git("push", "--quiet", "origin", "main")
    hidden = git(served.folder, "commit-tree", "-m", "hidden", "4b825dc642cb6eb9a060e54bf8d69288fbee4904").strip()
    git(served.folder, "update-ref", "refs/gitconfig/secret", hidden)
    assert "gitconfig" not in work.git("ls-remote", "origin")
    assert "not our ref" in work.refused("fetch", "origin", hidden)
    assert "couldn't find remote ref" in work.refused("fetch", "origin", "refs/gitconfig/secret")


def test_an_older_commit_can_be_asked_for_by_id(serve, clone):
    served = serve()
    one = clone(served)
    old = one.commit(a="1")
    one.commit(a="2")
    one.git("push", "--quiet", "origin", "main")
    two = clone(served, "two", "--depth=1")
    two.git("fetch", "--quiet", "origin", old)
    assert two.git("show", f"{old}:a.yml") == "1"


def test_a_shallow_clone_pushes_fetches_deepens_and_becomes_whole(serve, clone):
    served = serve()
    one = clone(served)
    for number in range(6):
        one.commit(a=str(number), **{f"f{number}": "x"})
    one.git("push", "--quiet", "origin", "main")
    two = clone(served, "two", "--depth=1")
    assert two.git("rev-list", "--count", "HEAD") == "1"
    two.commit(b="shallow")
    two.git("push", "--quiet", "origin", "main")
    one.git("pull", "--quiet", "origin", "main")
    one.commit(c="more")
    one.git("push", "--quiet", "origin", "main")
    two.git("fetch", "--quiet")
    assert two.git("rev-list", "--count", "origin/main") == "3"
    two.git("fetch", "--quiet", "--depth=5")
    assert two.git("rev-list", "--count", "origin/main") == "5"
    two.git("fetch", "--quiet", "--unshallow")
    assert two.git("rev-list", "--count", "origin/main") == "8"
    two.git("fsck", "--strict", "--connectivity-only")
    assert served.sound()


def test_a_full_clone_can_be_made_shallow(serve, clone):
    served = serve()
    one = clone(served)
    for number in range(4):
        one.commit(a=str(number))
    one.git("push", "--quiet", "origin", "main")
    one.git("fetch", "--quiet", "--depth=2")
    assert one.git("rev-list", "--count", "origin/main") == "2"


def test_histories_with_merges_are_cut_at_the_right_depth(serve, clone):
    served = serve()
    one = clone(served)
    one.commit(a="1")
    one.git("checkout", "--quiet", "-b", "side")
    one.commit(b="1")
    one.git("checkout", "--quiet", "main")
    one.commit(a="2")
    one.git("merge", "--quiet", "--no-edit", "side")
    one.git("push", "--quiet", "origin", "main")
    two = clone(served, "two", "--depth=2")
    assert two.git("rev-list", "--count", "HEAD") == "3"
    two.git("fetch", "--quiet", "--unshallow")
    assert two.git("rev-list", "HEAD") == one.git("rev-list", "HEAD")
    two.git("fsck", "--strict")


def test_what_is_not_offered_is_refused_in_words(serve, clone):
    served = serve()
    work = clone(served)
    work.commit(a="1")
    work.git("push", "--quiet", "origin", "main")
    assert "no commits selected" in work.refused("fetch", "--shallow-since=2090-01-01", "origin")


def test_a_clone_beside_submodules_that_stock_git_brought_in(serve, clone, tmp_path):
    served = serve()
    source = tmp_path / "source"
    git(tmp_path, "init", "--quiet", "--initial-branch=main", "source")
    git(source, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},vendor")
    git(source, "commit", "--quiet", "--message", "submodule")
    git(source, "push", "--quiet", str(served.folder), "main")
    assert clone(served).git("ls-tree", "HEAD").split()[0] == "160000"


def test_a_pack_is_sent_as_it_lies_while_all_of_it_is_to_be_seen(serve, clone, tmp_path):
    served = serve()
    work = clone(served)
    work.commit(**{f"app{number}__x": f"n: {number}" for number in range(600)})
    work.git("push", "--quiet", "origin", "HEAD:main")
    seen = work.commit(a="seen: 1")
    hidden = work.commit(a="hidden: 1")
    for label, commit in (("main", seen), ("gone", hidden)):
        work.git("push", "--quiet", "origin", f"{commit}:refs/heads/{label}")
    git(served.folder, "repack", "-adq")
    with_all = served.folder.glob("objects/pack/*.pack")
    assert clone(served, "one").git("rev-parse", "origin/gone") == hidden
    git(served.folder, "update-ref", "-d", "refs/heads/gone")
    assert len(list(with_all)) == 1
    for kept in (served.folder / "gitconfig").glob("kept-*"):
        kept.unlink()
    other = clone(served, "two")
    assert other.git("rev-parse", "HEAD") == seen
    assert other.try_git("cat-file", "-e", hidden).returncode != 0
    assert served.sound()
