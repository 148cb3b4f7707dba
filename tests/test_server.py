import httpx
import pytest
from support.read_only import read_only
from support.repositories import commit

import gitconfig_server
from gitconfig_server import server
from gitconfig_server.server import create_app, door_rules, pack_limits, public_uri
from gitconfig_server.settings import Settings
from gitconfig_server.storage.urls import open_storage


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
def repository(tmp_path):
    path = tmp_path / "config.git"
    storage, name = open_storage(str(path))
    commit(door_rules(Settings()).open(storage.create(name)), {"orders.yml": "pool: 4\n"})
    storage.close()
    return path


def client(settings):
    return httpx.AsyncClient(transport=httpx.ASGITransport(create_app(settings)), base_url="http://localhost")


@pytest.mark.anyio
async def test_create_app_serves_all_faces(repository):
    app = client(Settings(repository=str(repository)))
    spring = (await app.get("/orders/prod")).json()
    assert spring["propertySources"] == [{"name": f"{repository.as_uri()}/orders.yml", "source": {"pool": 4}}]
    native = (await app.get("/api/v1/environments/orders/prod")).json()
    assert (native["properties"], native["commit"]) == ({"pool": 4}, spring["version"])
    assert (await app.get("/ready")).status_code == 200
    for path in ("/config.git", "/git/config.git"):
        assert (await app.get(f"{path}/info/refs?service=git-upload-pack")).status_code == 200


@pytest.mark.anyio
async def test_settings_reach_what_they_are_for(repository):
    app = client(
        Settings(
            repository=str(repository),
            repository_uri="https://git.test/config/",
            default_label="trunk",
            spring={"try_master_branch": False, "accept_empty": False},
            allowed_hosts=["config.test"],
        )
    )
    assert (await app.get("/orders/prod")).status_code == 404
    source = (await app.get("/orders/prod/main", headers={"Host": "config.test"})).json()["propertySources"][0]
    assert source["name"] == "https://git.test/config/orders.yml"
    assert (await app.get("/orders/prod/master")).status_code == 404


@pytest.mark.anyio
async def test_memory_repository_starts_empty():
    assert (await client(Settings(repository="memory://")).get("/api/v1/labels")).json()["labels"] == []


@pytest.mark.anyio
async def test_package_offers_create_app_on_demand(repository, monkeypatch):
    monkeypatch.setenv("GITCONFIG_REPOSITORY", str(repository))
    app = gitconfig_server.create_app()
    answer = await httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost").get("/health")
    assert answer.status_code == 200


def test_push_settings_become_rules_and_limits():
    settings = Settings(
        push={"validate": "all", "allow_deletion": True, "ignore": ["*.md"], "max_objects": 7, "max_pack_bytes": 8}
    )
    rules, limits = door_rules(settings), pack_limits(settings)
    assert (rules.validate_all, rules.allow_deletion, rules.allow_non_fast_forward) == (True, True, False)
    assert rules.ignore == ("*.md",)
    assert (limits.objects, limits.pack_bytes) == (7, 8)


@pytest.mark.parametrize(
    ("repository", "uri"),
    [
        ("/srv/config.git", "file:///srv/config.git"),
        ("/srv/a b", "file:///srv/a%20b"),
        ("file:///srv/config", "file:///srv/config"),
        ("postgresql://me:secret@db/config", "postgresql://db/config"),
    ],
)
def test_public_uri(repository, uri):
    assert public_uri(repository) == uri


def test_read_only_folder_is_served_with_a_notice(repository, tmp_path):
    with read_only(repository, tmp_path / "mounted") as folder:
        opened = server.open_repository(Settings(repository=str(folder)))
        opened.storage.close()
    assert "read-only" in opened.notices[0]


def test_work_tree_is_served_with_a_notice(tmp_path, repository):
    work_tree = tmp_path / "work"
    work_tree.mkdir()
    repository.rename(work_tree / ".git")
    config = work_tree / ".git" / "config"
    config.write_text(config.read_text().replace("bare = true", "bare = false"))
    opened = server.open_repository(Settings(repository=str(work_tree)))
    opened.storage.close()
    assert "work tree" in opened.notices[0]
