"""What staging, applying and going back leave behind, seen by the real git."""

import pytest
from support.git import git
from support.native import native_client, put_source

pytestmark = pytest.mark.anyio


async def post(client, path, **body):
    answer = await client.post(f"/labels/main/{path}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_git_reads_the_graph_and_finds_no_fault(tmp_path):
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=main", "config.git")
    repository = tmp_path / "config.git"
    client = native_client(str(repository))
    await put_source(client, "orders/prod", pool=1)
    await put_source(client, "billing/prod", pool=1)
    for source in ("orders", "billing"):
        await client.put(f"/sources/{source}/prod?label=staged", json={"properties": {"pool": 2}})
    await put_source(client, "other/prod", a=1)
    part = await post(client, "apply", applications=["orders"])
    assert git(repository, "rev-parse", "main").strip() == part["commit"]
    grown = git(repository, "rev-parse", "main^2").strip()
    assert git(repository, "log", "-1", "--format=%(trailers:key=Staged,valueonly)", grown).split() == [
        git(repository, "rev-parse", "staged^1").strip()
    ]
    assert git(repository, "merge-base", "main", "staged").strip() == grown
    assert git(repository, "diff", "--name-only", "main", "staged").split() == ["billing-prod.yml", "other-prod.yml"]
    tip = git(repository, "rev-parse", "staged").strip()
    whole = await post(client, "apply")
    assert git(repository, "rev-parse", "main", "staged").split() == [whole["commit"]] * 2
    assert git(repository, "rev-parse", "main^1", "main^2").split() == [part["commit"], tip]
    undone = await post(client, "revert", commit="main", mainline=1)
    assert git(repository, "rev-parse", "main^{tree}") == git(repository, "rev-parse", f"{part['commit']}^{{tree}}")
    restored = await post(client, "restore", to=whole["commit"])
    assert git(repository, "rev-parse", "main^{tree}") == git(repository, "rev-parse", f"{whole['commit']}^{{tree}}")
    trailers = git(repository, "log", "-2", "--format=%(trailers:only)", "main").split()
    assert trailers == ["Restores:", whole["commit"], "Reverts:", whole["commit"]]
    assert restored["previous"] == undone["commit"]
    git(repository, "fsck", "--strict")


async def test_git_may_stage_too(tmp_path):
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=main", "config.git")
    repository, tree = tmp_path / "config.git", tmp_path / "tree"
    client = native_client(str(repository))
    await put_source(client, "orders/prod", pool=1)
    git(tmp_path, "clone", "--quiet", str(repository), "tree")
    (tree / "orders-prod.yml").write_text("pool: 2\n")
    git(tree, "commit", "--quiet", "--all", "--message", "a larger pool")
    git(tree, "push", "--quiet", "origin", "HEAD:staged")
    found = (await client.get("/labels/main/staged")).json()
    assert [(one["key"], one["new"]) for one in found["changes"]] == [("pool", 2)]
    assert [one["subject"] for one in found["commits"]] == ["a larger pool"]
    await post(client, "apply")
    git(tree, "pull", "--quiet", "--ff-only", "origin", "main")
    assert (tree / "orders-prod.yml").read_text() == "pool: 2\n"
    git(repository, "fsck", "--strict")
