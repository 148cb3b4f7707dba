"""A service from one word."""

import pytest
from support.repositories import commit

from gitconfig_server.client.connect import connected, is_address
from gitconfig_server.client.service import HttpConfigService
from gitconfig_server.errors import FollowedLabel, InvalidInput, InvalidSettings, NotARepository
from gitconfig_server.model.principals import Principal
from gitconfig_server.model.reads import Reading
from gitconfig_server.model.writes import PutFile
from gitconfig_server.service.door_rules import DoorRules
from gitconfig_server.service.embedded import EmbeddedConfigService
from gitconfig_server.storage.urls import open_storage

pytestmark = pytest.mark.anyio

ADA = Principal("Ada", "ada@example.com")


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A repository on disk, and no settings in the environment."""
    monkeypatch.delenv("GITCONFIG_REPOSITORY", raising=False)
    storage, name = open_storage(str(tmp_path / "config.git"))
    commit(DoorRules().open(storage.create(name)), {"folder/orders.yml": "pool: 4\n"})
    storage.close()
    return tmp_path / "config.git"


async def test_addresses_are_servers_and_the_rest_is_here(repository):
    async with connected("HTTP://127.0.0.1:9") as service:
        assert isinstance(service, HttpConfigService)
    for place in (str(repository), repository.as_uri()):
        async with connected(place) as service:
            assert isinstance(service, EmbeddedConfigService)
            assert [file.path for file in (await service.files(ADA)).items] == ["folder/orders.yml"]
    assert not is_address("httpd.git")


async def test_a_local_write_is_by_who_asks_and_touches_no_setting(repository):
    before = {path.name: path.read_bytes() for path in repository.iterdir() if path.is_file()}
    async with connected(str(repository)) as service:
        done = await service.commit(ADA, None, [PutFile("x.txt", b"1")])
        assert (await service.commit_details(ADA, done.commit or "")).summary.author == "Ada"
    assert {path.name: path.read_bytes() for path in repository.iterdir() if path.is_file()} == before
    assert not (repository / "hooks/pre-receive").exists()


async def test_the_settings_of_the_environment_count_here_too(repository, monkeypatch):
    monkeypatch.setenv("GITCONFIG_SPRING__SEARCH_PATHS", "folder")
    async with connected(str(repository)) as service:
        found = await service.environment(ADA, ("orders",), ("default",), Reading())
        assert [source.path for source in found.sources] == ["folder/orders.yml"]
    monkeypatch.setenv("GITCONFIG_UPSTREAM__URL", "https://git.example.com/x.git")
    async with connected(str(repository)) as service:
        with pytest.raises(FollowedLabel):
            await service.commit(ADA, None, [PutFile("x.txt", b"1")])
    monkeypatch.setenv("GITCONFIG_NONSENSE", "1")
    with pytest.raises(InvalidSettings, match="GITCONFIG_NONSENSE"):
        async with connected(str(repository)):
            pass


@pytest.mark.parametrize("place", ["", " ", "ssh://user:p4ss@host/x", "memory://x", "sqlite://p4ss"])
async def test_places_that_are_neither_are_refused_without_their_secrets(place):
    with pytest.raises(InvalidInput) as caught:
        async with connected(place):
            pass
    assert "p4ss" not in str(caught.value)


async def test_a_folder_that_is_no_repository_is_not_made_one(tmp_path):
    with pytest.raises(NotARepository):
        async with connected(str(tmp_path)):
            pass
    assert list(tmp_path.iterdir()) == []
