"""What ``docs/git.md`` says of where this server differs from Git's own on purpose, as the real git meets it."""

from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from support.git import git


@pytest.fixture
def work(serve, clone):
    work = clone(serve())
    work.commit(application="a: 1\n")
    work.git("push", "--quiet", "origin", "main")
    return work


def test_refs_that_are_not_written_are_refused_one_by_one(work):
    work.git("tag", "-a", "-m", "one", "folder", "HEAD^{tree}")
    reasons = {
        "HEAD:refs/notes/commits": "only refs/heads/* and refs/tags/* can be written",
        "HEAD:refs/gitconfig/x": "deny updating a hidden ref",
        "folder:refs/tags/folder": "does not lead to a commit",
        "HEAD:application.yml:refs/tags/file": "does not lead to a commit",
        f"HEAD:refs/heads/{'1' * 40}": "looks like a commit id",
        "HEAD:refs/heads/-x": "no part may begin with a dot or a dash",
        f"HEAD:refs/heads/{'x' * 241}": "no part may be longer than 240 bytes",
        "HEAD:refs/heads/main@2020-01-01": "reads as another label at a time",
        ":refs/heads/main": "the default label cannot be deleted",
    }
    blob = work.git("rev-parse", "HEAD:application.yml")
    said = work.refused("push", "origin", *(spec.replace("HEAD:application.yml", blob) for spec in reasons))
    refused = [line for line in said.splitlines() if "[remote rejected]" in line]
    for spec, reason in reasons.items():
        shown = spec.rpartition(":")[2].removeprefix("refs/heads/").removeprefix("refs/tags/")
        assert any(f" {shown} (" in line and reason in line for line in refused), spec


def test_refs_of_the_folder_are_shown_and_fetched(serve, clone):
    served = serve()
    first = clone(served)
    first.commit(application="a: 1\n")
    first.git("tag", "-a", "-m", "one", "folder", "HEAD^{tree}")
    first.git("push", "--quiet", str(served.folder), "HEAD:main", "HEAD:refs/notes/commits", "folder")
    served.repository.snapshot(fresh=True)
    first.git("fetch", "--quiet", "origin", "+refs/*:refs/seen/*")
    seen = first.git("for-each-ref", "--format=%(refname)", "refs/seen").split()
    assert seen == ["refs/seen/heads/main", "refs/seen/notes/commits", "refs/seen/tags/folder"]


def test_what_no_pushed_tree_holds(work):
    ids = {"blob": work.git("rev-parse", "HEAD:application.yml"), "commit": work.git("rev-parse", "HEAD")}
    reasons = {
        "120000,{blob},link": "symbolic links are not accepted",
        "160000,{commit},sub": "submodules are not accepted",
        "100644,{blob},.gitmodules": "declares submodules",
        "100644,{blob},a\tb.yml": "contains a control character",
        "100644,{blob},a\\b.yml": "contains a slash or a backslash",
        "100644,{blob}," + "x" * 256: "is longer than 255 bytes",
    }
    for number, entry in enumerate(reasons):
        work.git("update-index", "--add", "--cacheinfo", entry.format(**ids))
        work.git("commit", "--quiet", "--message", "strange")
        work.git("branch", f"strange-{number}")
        work.git("reset", "--quiet", "--hard", "origin/main")
    said = work.refused("push", "origin", "refs/heads/strange-*")
    assert [reason for reason in reasons.values() if reason not in said] == []


def test_filters_that_are_not_served_and_the_dumb_protocol(work):
    for spec in ("object:type=blob", "sparse:oid=main:application.yml", "combine:tree:1+object:type=tree"):
        assert "is not supported" in work.refused("fetch", "--refetch", f"--filter={spec}", "origin")
    for path, status in (("info/refs", 403), ("HEAD", 404), ("objects/info/packs", 404)):
        with pytest.raises(HTTPError, match=str(status)) as refused:
            urlopen(f"{work.git('remote', 'get-url', 'origin')}/{path}")
        refused.value.close()


def test_what_no_shown_ref_leads_to_is_not_given(serve, clone):
    served = serve()
    first = clone(served)
    first.commit(application="a: 1\n")
    first.git("push", "--quiet", "origin", "main")
    lost = first.commit(application="a: 2\n")
    git(served.folder, "fetch", "--quiet", first.folder, "main:refs/gitconfig/hidden")
    assert f"not our ref {lost}" in clone(served, "other").refused("fetch", "origin", lost)
