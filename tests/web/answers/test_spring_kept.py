"""Answers of Spring's faces that were made of several labels, or of repositories beside the served one."""

import httpx
import pytest
from support.repositories import commit
from support.whole import whole

from gitconfig_server.git.repository import GitRepository
from gitconfig_server.storage.disk.storage import DiskStorage

pytestmark = pytest.mark.anyio


def value(answer: httpx.Response):
    return answer.json()["propertySources"][0]["source"]["v"] if answer.status_code == 200 else answer.status_code


async def again(one, path):
    """The second answer, how often it came from memory, and the value in it."""
    await one.client.get(path)
    answer, hits = await one.hits(path)
    return value(answer), hits


async def test_several_labels_are_given_again_until_one_of_them_moves():
    async with whole({"orders.yml": "v: 1\n"}) as one:
        commit(one.git, {"orders.yml": "v: 2\n"}, label="dev")
        path = "/orders/prod/main,dev"
        assert await again(one, path) == (2, 1)
        commit(one.git, {"other.yml": "x: 1\n"}, label="dev")
        answer, hits = await one.hits(path)
        assert (value(answer), hits) == (2, 1)
        tips = [one.git.snapshot()[f"refs/heads/{label}".encode()].decode() for label in ("main", "dev")]
        assert answer.json()["version"] == ",".join(tips)
        commit(one.git, {"orders.yml": "v: 3\n"}, label="dev")
        assert value(await one.client.get(path)) == 3
        assert await again(one, path) == (3, 1)


@pytest.fixture
def teams(tmp_path):
    """Two further repositories on disk, as somebody else has them open."""
    found = []
    for name in ("first", "second"):
        git = GitRepository(DiskStorage(tmp_path).create(f"{name}.git"))
        commit(git, {"orders.yml": f"v: {name}\n"})
        found.append(git)
    return found


def settings(tmp_path):
    return {name: {"uri": str(tmp_path / f"{name}.git"), "pattern": ["orders*"]} for name in ("first", "second")}


async def test_what_a_matched_repository_says_is_given_again_until_it_moves(teams, tmp_path):
    async with whole({"orders.yml": "v: main\n"}, spring={"repositories": settings(tmp_path)}) as one:
        assert await again(one, "/orders/prod") == ("first", 1)
        commit(teams[1], {"orders.yml": "v: nobody asks\n"})
        commit(one.git, {"orders.yml": "v: nobody asks\n"})
        answer, hits = await one.hits("/orders/prod")
        assert (value(answer), hits) == ("first", 1)
        commit(teams[0], {"orders.yml": "v: new\n"})
        assert value(await one.client.get("/orders/prod")) == "new"
        assert await again(one, "/orders/prod") == ("new", 1)


async def test_a_repository_that_had_nothing_to_say_may_come_to_have(teams, tmp_path):
    async with whole({"orders.yml": "v: main\n"}, spring={"repositories": settings(tmp_path)}) as one:
        commit(one.git, {"orders.yml": "v: main\n"}, label="dev")
        assert await again(one, "/orders/prod/dev") == ("main", 1)
        commit(teams[1], {"orders.yml": "v: second\n"}, label="dev")
        assert value(await one.client.get("/orders/prod/dev")) == "second"
        assert await again(one, "/orders/prod/dev") == ("second", 1)
        commit(teams[0], {"orders.yml": "v: first\n"}, label="dev")
        assert value(await one.client.get("/orders/prod/dev")) == "first"


async def test_what_was_answered_for_a_repository_that_is_not_there_is_not_kept(tmp_path):
    async with whole({"orders.yml": "v: main\n"}, spring={"repositories": settings(tmp_path)}) as one:
        assert await again(one, "/orders/prod") == ("main", 0)
        commit(GitRepository(DiskStorage(tmp_path).create("first.git")), {"orders.yml": "v: first\n"})
        assert value(await one.client.get("/orders/prod")) == "first"
