"""What a folder's own configuration says holds for those who come over HTTP."""

import os

import pytest
from support.git import git
from support.repositories import commit

from gitconfig_server.config.branches import head_for
from gitconfig_server.git.repository import GitRepository
from gitconfig_server.storage.disk.storage import DiskStorage


@pytest.fixture
def work(serve, clone):
    """A served repository with a commit on main, and a clone of it."""
    served = serve()
    work = clone(served)
    work.commit(a="1")
    work.git("push", "--quiet", "origin", "main")
    return served, work


def test_hidden_labels_are_neither_shown_nor_given_nor_taken(work, clone):
    served, work = work
    other = clone(served, "other")
    secret = work.commit(b="1")
    work.git("push", "--quiet", "origin", "main:secret")
    git(served.folder, "config", "--add", "transfer.hideRefs", "refs/heads/secret")
    assert "secret" not in work.git("ls-remote", "origin")
    assert "not our ref" in other.refused("fetch", "origin", secret)
    assert "deny updating a hidden ref" in work.refused("push", "origin", "main:secret/x")
    git(served.folder, "config", "--add", "uploadpack.hideRefs", "!refs/heads/secret")
    assert "secret" in work.git("ls-remote", "origin")
    with (served.folder / "config").open("a") as config:  # the last one in the file decides
        config.write("[transfer]\n\thideRefs = refs/heads/secret\n")
    assert "secret" not in work.git("ls-remote", "origin")


def test_head_can_be_hidden(work):
    served, work = work
    assert "HEAD" in work.git("ls-remote", "origin")
    git(served.folder, "config", "--add", "transfer.hideRefs", "HEAD")
    assert work.git("ls-remote", "origin").split()[1:] == ["refs/heads/main"]


@pytest.mark.parametrize(
    ("setting", "command"), [("receivepack", ("push", "origin", "main:x")), ("uploadpack", ("fetch",))]
)
def test_a_service_that_is_turned_off_is_forbidden(work, setting, command):
    served, work = work
    git(served.folder, "config", f"http.{setting}", "false")
    assert "403" in work.refused(*command)
    git(served.folder, "config", f"http.{setting}", "true")
    work.git(*command)


def test_the_largest_push_is_the_smaller_of_both_bounds(work):
    served, work = work
    git(served.folder, "config", "receive.maxInputSize", "1k")
    work.commit(big="".join(f"k{number}: {hash(str(number))}\n" for number in range(500)))
    assert "receive.maxInputSize" in work.refused("push", "origin", "main")
    git(served.folder, "config", "receive.maxInputSize", "1m")
    work.git("push", "origin", "main")


def test_a_branch_that_names_another_is_shown_cloned_and_written_through(work, clone):
    served, work = work
    git(served.folder, "symbolic-ref", "refs/heads/alias", "refs/heads/main")
    assert work.git("ls-remote", "origin", "alias").split()[0] == work.git("rev-parse", "HEAD")
    other = clone(served, "other", "--branch", "alias")
    tip = other.commit(c="1")
    other.git("push", "--quiet", "origin", "alias")
    assert served.repository.snapshot() == {b"refs/heads/main": tip.encode()}
    assert git(served.folder, "symbolic-ref", "refs/heads/alias") == "refs/heads/main\n"
    assert "it stands for refs/heads/main" in other.refused("push", "origin", ":alias")
    head = head_for(served.repository, "alias")
    assert (head.label, head.tip) == ("main", served.repository.snapshot()[b"refs/heads/main"])


def test_a_branch_and_those_that_name_it_are_pushed_together_where_they_are_to_be_one(work, clone):
    served, work = work
    for alias, target in (("one", "main"), ("two", "main"), ("three", "later"), ("four", "three")):
        git(served.folder, "symbolic-ref", f"refs/heads/{alias}", f"refs/heads/{target}")
    tip = work.commit(c="1")
    said = work.try_git("push", "--porcelain", "origin", "main:one", "main", "main:two", "main:four").stdout
    assert [line[0] for line in said.splitlines() if "\t" in line] == [" ", " ", " ", "*"]
    assert served.repository.snapshot() == {b"refs/heads/main": tip.encode(), b"refs/heads/later": tip.encode()}
    assert (served.folder / "refs" / "heads" / "four").read_text() == "ref: refs/heads/three\n"
    assert git(clone(served, "other", "--branch", "four").folder, "rev-parse", "HEAD").strip() == tip
    work.commit(d="1")
    work.commit(e="1")
    said = work.try_git("push", "--porcelain", "origin", "main", "main~1:one", "main:two").stdout
    assert "it stands for refs/heads/main: push to that" in said.partition("refs/heads/one")[2]
    assert [line[0] for line in said.splitlines() if "\t" in line] == [" ", " ", "!"]  # git tells refusals last
    assert served.sound()


SHARED = [
    ("group", 0o077, 0o2770, 0o660, 0o440),
    ("group", 0o022, 0o2775, 0o664, 0o444),
    ("yes", 0o027, 0o2770, 0o660, 0o440),
    ("all", 0o077, 0o2775, 0o664, 0o444),
    ("0640", 0o077, 0o2750, 0o640, 0o440),
    ("0640", 0o022, 0o2750, 0o640, 0o440),
    ("640", 0o002, 0o2750, 0o640, 0o440),
    ("0600", 0o022, 0o700, 0o600, 0o400),
    ("umask", 0o027, 0o750, 0o640, 0o440),
]


@pytest.mark.parametrize(("setting", "umask", "folder", "ref", "loose"), SHARED)
def test_what_is_made_in_a_shared_folder_is_shared(tmp_path, setting, umask, folder, ref, loose):
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=main", "one")
    before = os.umask(umask)
    try:
        storage = DiskStorage(tmp_path)
        repository = GitRepository(storage.open("one"))
        git(tmp_path / "one", "config", "core.sharedRepository", setting)  # while it is served
        tip = commit(repository, {"a.yml": "a: 1"}, label="new/dir").decode()
        storage.close()
    finally:
        os.umask(before)
    made = {"refs/heads/new": folder, "refs/heads/new/dir": ref, f"objects/{tip[:2]}/{tip[2:]}": loose}
    assert {path: (tmp_path / "one" / path).stat().st_mode & 0o7777 for path in made} == made
