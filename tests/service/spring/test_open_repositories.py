from contextlib import AsyncExitStack

import pytest
from support.repositories import commit

from gitconfig_server.config.reader import ReadOptions
from gitconfig_server.errors import RepositoryNotFound, StorageError
from gitconfig_server.git.repository import GitRepository
from gitconfig_server.model.principals import ANONYMOUS
from gitconfig_server.service.crossing import Crossing
from gitconfig_server.service.spring.open_repositories import Manner, OpenRepositories
from gitconfig_server.service.spring.templates import Location
from gitconfig_server.storage.disk.storage import DiskStorage

pytestmark = pytest.mark.anyio
MANNER = Manner("repository", ReadOptions())


@pytest.fixture
def make(tmp_path):
    """A factory: a repository of this name, and where it is."""

    def built(name):
        storage = DiskStorage(tmp_path)
        commit(GitRepository(storage.create(name)), {"application.yml": f"name: {name}\n"})
        storage.close()
        return location(tmp_path / name)

    return built


def location(path):
    return Location(path, path.as_uri(), path.parent)


async def read(opened, place):
    async with opened.using(place, MANNER) as service:
        found = await service.environment(ANONYMOUS, ("a",), ("z",))
        return found.sources[0].properties["name"]


async def test_repositories_are_opened_once(make):
    opened = OpenRepositories(Crossing())
    place = make("one")
    async with opened.using(place, MANNER) as first, opened.using(place, MANNER) as second:
        assert first is second
    async with opened.using(place, MANNER) as third:
        assert third is first
    opened.close()


async def test_what_is_used_stays_open_and_the_rest_leaves_in_turn(make):
    opened = OpenRepositories(Crossing(), bound=2)
    places = [make(f"r{number}") for number in range(4)]
    async with opened.using(places[0], MANNER) as used:
        assert [await read(opened, place) for place in places] == ["r0", "r1", "r2", "r3"]
        async with opened.using(places[3], MANNER) as last, opened.using(places[3], MANNER) as again:
            assert last is again
        assert (await used.environment(ANONYMOUS, ("a",), ("z",))).sources[0].properties == {"name": "r0"}
    async with AsyncExitStack() as held:  # more at once than are kept
        assert len({await held.enter_async_context(opened.using(place, MANNER)) for place in places}) == 4
    assert [await read(opened, place) for place in places] == ["r0", "r1", "r2", "r3"]
    opened.close()


async def test_what_is_no_repository_is_not_found_and_not_kept(make, tmp_path):
    opened = OpenRepositories(Crossing())
    (tmp_path / "folder").mkdir()
    for name in ("nothing", "folder", "x" * 300):
        with pytest.raises(RepositoryNotFound):
            await read(opened, location(tmp_path / name))
    make("nothing")
    assert await read(opened, location(tmp_path / "nothing")) == "nothing"
    opened.close()


async def test_links_that_lead_out_or_in_circles_are_not_followed(make, tmp_path):
    opened = OpenRepositories(Crossing())
    make("outside")
    root = tmp_path / "root"
    root.mkdir()
    (root / "link").symlink_to(tmp_path / "outside")
    (root / "bare.git").symlink_to(tmp_path / "outside")
    (root / "circle").symlink_to(root / "circle")
    for name in ("link", "bare", "circle"):
        with pytest.raises(RepositoryNotFound):
            await read(opened, location(root / name))
    assert await read(opened, Location(root / "link", "file:///link")) == "outside"  # no name was put into this path
    opened.close()


async def test_a_repository_that_fails_is_looked_for_anew(make):
    opened = OpenRepositories(Crossing())
    place = make("one")
    async with opened.using(place, MANNER) as first:
        with pytest.raises(StorageError):
            async with opened.using(place, MANNER):
                raise StorageError("its disk is gone")
    async with opened.using(place, MANNER) as second:
        assert second is not first
    opened.close()
