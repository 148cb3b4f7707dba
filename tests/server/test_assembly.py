import asyncio
from urllib.parse import quote

import httpx
import pytest
from fastapi import FastAPI
from support.asgi import started
from support.read_only import read_only
from support.repositories import commit

import gitconfig_server
from gitconfig_server.errors import GitConfigError
from gitconfig_server.server import assembly
from gitconfig_server.server.assembly import create_app
from gitconfig_server.service.door_rules import door_rules
from gitconfig_server.service.opening import pack_limits
from gitconfig_server.settings import Settings
from gitconfig_server.storage.urls import open_storage, public_uri


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
@pytest.mark.parametrize("prefix", ["/cfg", "/a b/é"])
async def test_create_app_may_be_mounted_beneath_a_prefix(repository, prefix):
    outer = FastAPI()
    outer.mount(prefix, create_app(Settings(repository=str(repository))))
    shown = quote(prefix)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(outer), base_url=f"http://localhost{shown}") as app:
        for path in ("/orders/prod", "/config/orders/prod", "/api/v1/labels", "/ready", "/metrics", "/config/_list"):
            assert (await app.get(path)).status_code == 200, path
        assert (await app.get("/config.git/info/refs?service=git-upload-pack")).status_code == 200
        assert (await app.get("/actuator")).json()["_links"]["self"]["href"].endswith(f"{shown}/actuator")
        done = await app.put("/api/v1/sources/a/default", json={"properties": {"a": 1}})
        assert done.status_code == 200
        page = await app.get("/api/v1/sources?limit=1")
        link = page.headers["link"].partition("<")[2].partition(">")[0]
        assert link.startswith(f"{shown}/api/v1/sources?")
        absent = (await app.get("/api/v1/labels/nope")).json()
        assert absent["instance"] == f"{shown}/api/v1/labels/nope"
        type_of = absent["type"].removeprefix(shown)
        assert (await app.get(type_of)).json()["code"] == "unknown-label"
        assert (await app.get("/api/v1/openapi.json")).json()["servers"] == [{"url": shown}]
        again = await app.get(link.removeprefix(shown))
        assert [one["application"] for one in again.json()["sources"]] == ["orders"]


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
        ("memory://one", "memory://one"),
        ("sqlite:///srv/config.db?repository=shop", "shop"),
        ("postgresql://me:secret@db/config", "config"),
    ],
)
def test_public_uri(repository, uri):
    assert public_uri(repository) == uri


def test_read_only_folder_is_served_with_a_notice(repository, tmp_path):
    with read_only(repository, tmp_path / "mounted") as folder:
        opened = assembly.open_repository(Settings(repository=str(folder)))
        opened.storage.close()
    assert "read-only" in opened.notices[0]


def test_work_tree_is_served_with_a_notice(tmp_path, repository):
    work_tree = tmp_path / "work"
    work_tree.mkdir()
    repository.rename(work_tree / ".git")
    config = work_tree / ".git" / "config"
    config.write_text(config.read_text().replace("bare = true", "bare = false"))
    opened = assembly.open_repository(Settings(repository=str(work_tree)))
    opened.storage.close()
    assert "work tree" in opened.notices[0]


@pytest.fixture
def several(tmp_path):
    for name in ("orders", "team/billing"):
        storage, stored = open_storage(str(tmp_path / name))
        (tmp_path / name).parent.mkdir(exist_ok=True)
        commit(door_rules(Settings()).open(storage.create(stored)), {"application.yml": f"of: {name}\n"})
        storage.close()
    return tmp_path


@pytest.mark.anyio
async def test_a_repository_for_each_application_is_read_by_springs_routes_alone(several):
    app = client(Settings(repository=f"{several}/{{application}}"))
    for name in ("orders", "team/billing"):
        source = (await app.get(f"/{name.replace('/', '(_)')}/prod")).json()["propertySources"][0]
        assert source == {"name": f"{(several / name).as_uri()}/application.yml", "source": {"of": name}}
    for path in (
        "/missing/prod",
        "/team/prod",
        "/orders%2F.git/prod",
        "/orders/prod/nolabel",
        "/" + "x" * 300 + "/prod",
    ):
        assert (await app.get(path)).status_code in (400, 404), path
    for path in ("/api/v1/labels", "/config.git/info/refs?service=git-upload-pack"):
        assert (await app.get(path)).status_code == 404
    assert (await app.get("/actuator/health")).json() == {"status": "UP"}


@pytest.mark.anyio
async def test_patterns_lead_to_further_repositories(several, repository):
    further = {"x": {"uri": str(several / "team/billing"), "pattern": "billing"}, "gone": str(several / "gone")}
    app = client(Settings(repository=str(repository), spring={"repositories": further}))
    for name, path in (("billing", "application.yml"), ("orders", "orders.yml"), ("gone", None)):
        answer = await app.get(f"/{name}/prod")
        names = [source["name"].rpartition("/")[2] for source in answer.json()["propertySources"]]
        assert names == ([path] if path else [])
    assert [one["name"] for one in (await app.get("/api/v1/applications")).json()["applications"]] == ["orders"]


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        ({"repository": "/r/{app}"}, None),
        ({"repository": "https://git.test/{application}"}, "repository: expected a path"),
        ({"spring": {"repositories": {"x": "ssh://git.test/x"}}}, "spring.repositories.x: expected a path"),
        ({"spring": {"repositories": {"x": "/r/{name}"}}}, r"spring.repositories.x: \{name\} is none of"),
        ({"spring": {"repositories": {"x": {"uri": "/r", "search_paths": ["../x"]}}}}, "spring.repositories.x.search_"),
        ({"repository": "/r/{label}", "upstream": {"url": "https://git.test/x"}}, "upstream: follows one repository"),
    ],
)
def test_addresses_that_make_no_sense_are_refused_at_the_start(repository, settings, fault):
    with pytest.raises(GitConfigError, match=fault):
        create_app(Settings(**({"repository": str(repository)} | settings)))


def test_documents_for_a_cloud_platform_count_where_the_setting_names_it(tmp_path):
    async def keys(**settings):
        app = create_app(Settings(repository="memory://", **settings))
        async with started(app) as client:
            text = "spring.config.activate.on-cloud-platform: azure-app-service\nk: 1\n"
            made = await client.put("/api/v1/files/orders.yml", content=text)
            assert made.status_code in (200, 201), made.text
            answer = await client.get("/orders/default")
            return [list(one["source"]) for one in answer.json()["propertySources"]]

    assert asyncio.run(keys()) == []
    assert asyncio.run(keys(spring={"cloud_platform": "azure_app_service"}))[0][-1] == "k"
