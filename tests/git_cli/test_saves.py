"""What saves leave behind, seen by the real git."""

import pytest
from support.git import git
from support.native import native_client

pytestmark = pytest.mark.anyio

HOSTILE_MESSAGE = "first\r\n\r\nbody: x\nKey: value\x00"


async def test_git_reads_and_checks_every_write(tmp_path):
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=main", "config.git")
    repository = tmp_path / "config.git"
    client = native_client(str(repository))
    author = {"author": "Ünal Ö <u@example.com>", "message": HOSTILE_MESSAGE}
    await client.put("/sources/orders/prod", json={"properties": {"db": {"pool": 3}}, **author})
    await client.put("/files/deep/er/ü%20b.bin", content=bytes(range(256)))
    await client.put("/sources/orders/blue", json={"properties": {"a": 1}})
    await client.put("/labels/v1", json={"kind": "tag", "message": "the first", "author": "Tess <t@example.com>"})
    await client.put("/labels/feature/x", json={"from": "v1"})
    await client.delete("/files/deep/er/ü%20b.bin")
    await client.put("/sources/orders/prod?label=staged", json={"properties": {"db": {"pool": 4}}})
    git(repository, "fsck", "--strict")
    assert git(repository, "log", "-1", "--format=%an|%ae|%s", "main~3").strip() == "Ünal Ö|u@example.com|first"
    assert git(repository, "show", "main:orders-prod.yml") == "db:\n  pool: 3\n"
    assert git(repository, "ls-tree", "-r", "--name-only", "main").split() == [
        "gitconfig.yml",
        "orders-blue.yml",
        "orders-prod.yml",
    ]
    assert git(repository, "cat-file", "-t", "v1").strip() == "tag"
    assert git(repository, "for-each-ref", "--format=%(taggername) %(subject)", "refs/tags").strip() == "Tess the first"
    assert git(repository, "rev-parse", "staged~1") == git(repository, "rev-parse", "main")


async def test_a_branch_that_a_work_tree_has_checked_out_is_left_alone(tmp_path):
    git(tmp_path, "init", "--quiet", "--initial-branch=main", "tree")
    tree = tmp_path / "tree"
    git(tree, "commit", "--quiet", "--allow-empty", "--message", "begin")
    git(tree, "branch", "other")
    client = native_client(str(tree))
    refused = await client.put("/files/a.txt?label=main", content=b"x")
    assert (refused.status_code, refused.json()["rule"]) == (409, "checked-out")
    assert (await client.put("/files/a.txt?label=other", content=b"x")).json()["changed"]
    git(tree, "fsck", "--strict")


async def test_dates_of_real_commits_beyond_the_year_9999_are_shown_as_they_are(tmp_path):
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=main", "config.git")
    repository = tmp_path / "config.git"
    tree = git(repository, "hash-object", "-t", "tree", "-w", "/dev/null").strip()
    who = "A <a@b> 1700000000000 +0200"
    commit = f"tree {tree}\nauthor {who}\ncommitter {who}\n\nx\n".encode()
    made = git(repository, "hash-object", "-t", "commit", "-w", "--stdin", input=commit).strip()
    git(repository, "update-ref", "refs/heads/main", made)
    tip = (await native_client(str(repository)).get("/history/main")).json()
    assert (tip["authored_as"], tip["authored_at"][:4]) == ("1700000000000 +0200", "9999")
