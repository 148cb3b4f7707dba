"""Answers of Spring's server over the repositories of its own tests, made anew here; ``U`` numbers are the notes'."""

import json
from contextlib import AsyncExitStack

import pytest
from support.asgi import ask, started
from support.repositories import commit

from gitconfig_server.git.ref_names import tag_ref
from gitconfig_server.git.repository import GitRepository
from gitconfig_server.server.assembly import create_app
from gitconfig_server.settings import Settings
from gitconfig_server.storage.base import JournalRecord, RefUpdate
from gitconfig_server.storage.disk.storage import DiskStorage

pytestmark = pytest.mark.anyio
V2 = "application/vnd.spring-cloud.config-server.v2+json"

INFO = "info:\n  foo: bar\n"
RAW = INFO + "raw: true\n"
REPOSITORIES = {
    "config-repo": {
        "master": {"application.yml": INFO, "bar.properties": "foo: bar"},
        "raw": {"application.yml": RAW, "bar.properties": "foo:bar\n"},
        "tag foo": {"application.yml": RAW, "bar.properties": "foo: bar"},
    },
    "another": {"master": {"bar.properties": "foo=bar\n", "sub/application.yml": INFO}},
    "nested": {
        "master": {
            "application.yml": INFO,
            "bar/application.properties": "foo=bar\n",
            "foo/application.properties": "foo=foo\n",
        }
    },
    "ordering": {
        "master": {"project/application.yml": RAW, "project/sub/application-test.yml": "info:\n  foo: profile\n"}
    },
    "active": {
        "main": {
            "application.yaml": "spring:\n  profiles:\n    active: dev\n" + INFO,
            "application-dev.yaml": "info:\n  foo: dev\n",
        }
    },
    "slash": {
        "master": {"bar.yml": "key: value from master\n"},
        "feature/foo": {"bar.yml": "key: value from branch\n"},
        "tag foo": {"bar.yml": "key: value from tag\n"},
    },
    "test1-config-repo": {
        "master": {"application.yml": "my.app.name: appname\n", "test1-svc.properties": "username=foobar\n"}
    },
    "test2-config-repo": {"master": {"application.properties": "foo=foo\n", "bar.properties": "foo=bar\n"}},
    "master-labeltest": {"master": {"application.yml": INFO, "test1-svc.properties": "username=foobar\n"}},
    "documents": {"main": {"application.yml": INFO + "---\nspring.config.activate.on-profile: encrypt\na: 1\n"}},
}
"""Name -> label -> files."""


@pytest.fixture(scope="module")
def anyio_backend():
    return "asyncio"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("upstream")
    storage = DiskStorage(made)
    for name, labels in REPOSITORIES.items():
        stored = storage.create(name, "master")
        git = GitRepository(stored)
        for label, files in labels.items():
            tag = label.removeprefix("tag ")
            commit(git, files, label="made" if tag != label else label)
            if tag != label:
                snapshot = stored.snapshot()
                made_here = RefUpdate(b"refs/heads/made", snapshot[b"refs/heads/made"], None)
                updates = (RefUpdate(tag_ref(tag), None, snapshot[b"refs/heads/made"]), made_here)
                stored.update_refs(updates, record=JournalRecord(updates, "push", "test"))
    storage.close()
    return made


@pytest.fixture(scope="module")
async def get(folder):
    """The answer to a path under settings, in which ``R`` stands for the folder of the repositories."""
    async with AsyncExitStack() as running:
        clients = {}

        async def answer(settings, path, **headers):
            text = json.dumps(settings).replace("R/", f"{folder}/")
            if text not in clients:
                app = create_app(Settings.model_validate_json(text))
                clients[text] = await running.enter_async_context(started(app))
            return await ask(clients[text], path, headers=headers)

        yield answer


def names(answer, folder):
    """The sources inside the folder of the repositories, the strongest first."""
    return " > ".join(one["name"].removeprefix(f"{folder.as_uri()}/") for one in answer.json()["propertySources"])


def under(repository, **spring):
    return {"repository": f"R/{repository}", "spring": spring}


def matched(pattern, uri="R/test1-config-repo"):
    pattern = {"pattern": pattern} if pattern else {}
    return under("config-repo", repositories={"test1-svc": {"uri": uri} | pattern})


DEFAULT = "config-repo/bar.properties > config-repo/application.yml"
TEST1 = "test1-config-repo/test1-svc.properties > test1-config-repo/application.yml"
SKIPPING = {"continue_on_multiple_label_failure": True}


@pytest.mark.parametrize(
    ("settings", "path", "expected"),
    [
        pytest.param(under("config-repo"), "/bar/staging/master", DEFAULT, id="U1"),
        pytest.param(under("config-repo"), "/bar/staging", DEFAULT, id="U2"),
        pytest.param(under("config-repo"), "/bar/staging/main", DEFAULT, id="U3"),
        pytest.param(under("config-repo"), "/bar/staging/raw", DEFAULT, id="U4"),
        pytest.param(under("config-repo"), "/bar/staging/foo", DEFAULT, id="U5"),
        pytest.param(under("config-repo"), "/bar/staging/master,foo,raw", " > ".join([DEFAULT] * 3), id="U7"),
        pytest.param(
            under("config-repo", **SKIPPING), "/bar/staging/master,nope,raw", f"{DEFAULT} > {DEFAULT}", id="U9"
        ),
        pytest.param(under("config-repo", **SKIPPING), "/bar/staging/nope,alsomissing", "", id="U10"),
        pytest.param(under("config-repo", try_master_branch=False), "/bar/staging/master", DEFAULT, id="U11"),
        pytest.param(
            under("another", search_paths=["sub"]),
            "/bar/staging",
            "another/sub/application.yml > another/bar.properties",
            id="U23",
        ),
        pytest.param(
            under("another", search_paths=["*"]),
            "/bar/staging",
            "another/sub/application.yml > another/bar.properties",
            id="U23-wild",
        ),
        pytest.param(
            under("another", search_paths=["{application}"]), "/sub/staging", "another/sub/application.yml", id="U24"
        ),
        pytest.param(
            under("another", search_paths=["{application}"]),
            "/bar/staging",
            "another/bar.properties",
            id="U24-no-folder",
        ),
        pytest.param(
            under("nested", search_paths=["{application}"]),
            "/foo,bar/staging",
            "nested/bar/application.properties > nested/foo/application.properties > nested/application.yml",
            id="U25",
        ),
        pytest.param(
            under("nested", search_paths=["{profile}"]),
            "/staging/bar,foo",
            "nested/foo/application.properties > nested/bar/application.properties > nested/application.yml",
            id="U26",
        ),
        pytest.param(
            under("ordering", search_paths=["**"]),
            "/application/test",
            "ordering/project/sub/application-test.yml > ordering/project/application.yml",
            id="U27",
        ),
        pytest.param(under("active"), "/foo/default", "active/application.yaml", id="U28"),
        pytest.param(
            under("active"), "/foo/dev,test", "active/application-dev.yaml > active/application.yaml", id="U28-asked"
        ),
        pytest.param(matched("*test1*"), "/test1-svc/staging", TEST1, id="U30"),
        pytest.param(matched("*test1*"), "/test1-svc/cloud,staging", TEST1, id="U30-several"),
        pytest.param(matched("*test1*"), "/bar/staging", DEFAULT, id="U30-default"),
        pytest.param(matched("*test1*"), "/test1-svc/staging/raw", "config-repo/application.yml", id="U31"),
        pytest.param(matched("*/staging"), "/test1-svc/staging,cloud", TEST1, id="U32"),
        pytest.param(matched("*/staging"), "/test1-svc/cloud,staging", "config-repo/application.yml", id="U32-second"),
        pytest.param(matched("*/staging"), "/bar/staging", "test1-config-repo/application.yml", id="U32-alone"),
        pytest.param(matched(None), "/test1-svc/staging", TEST1, id="U33"),
        pytest.param(
            matched("*", "R/{application}-config-repo"),
            "/test2/staging",
            "test2-config-repo/application.properties",
            id="U34",
        ),
        pytest.param(
            matched("*", "R/{application}-config-repo"),
            "/missing/staging",
            "config-repo/application.yml",
            id="U34-missing",
        ),
        pytest.param(
            matched("*/*", "R/{profile}-config-repo"),
            "/foo/test1,test2",
            "test2-config-repo/application.properties",
            id="U35",
        ),
        pytest.param(
            matched("*/*", "R/{profile}-config-repo"),
            "/foo/test1,test2,missing",
            "test2-config-repo/application.properties",
            id="U35-last",
        ),
        pytest.param(
            matched("*/*", "R/{profile}-config-repo"), "/foo/missing", "config-repo/application.yml", id="U35-missing"
        ),
        pytest.param(
            matched("*", "R/{label}-labeltest"),
            "/test1-svc/staging/master",
            "master-labeltest/test1-svc.properties > master-labeltest/application.yml",
            id="U36",
        ),
        pytest.param(
            matched("*", "R/{label}-labeltest"), "/test1-svc/staging", "config-repo/application.yml", id="U36-no-label"
        ),
        pytest.param(under("documents"), "/foo/development", "documents/application.yml (document #0)", id="U38"),
        pytest.param(
            under("documents"),
            "/foo/encrypt",
            "documents/application.yml (document #1) > documents/application.yml (document #0)",
            id="U39",
        ),
    ],
)
async def test_sources_are_those_of_spring(get, folder, settings, path, expected):
    answer = await get(settings, path)
    assert answer.status_code == 200, answer.text
    assert names(answer, folder) == expected


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        pytest.param(under("config-repo"), "/bar/staging/unknownlabel", id="U6"),
        pytest.param(under("config-repo"), "/bar/staging/master,doesnotexist,raw", id="U8"),
        pytest.param(under("config-repo", **SKIPPING), "/bar/staging/doesnotexist", id="U10"),
        pytest.param(under("config-repo", try_master_branch=False), "/bar/staging", id="U11"),
        pytest.param(under("config-repo") | {"default_label": "unknown"}, "/bar/staging", id="U13"),
    ],
)
async def test_missing_labels_are_404(get, settings, path):
    assert (await get(settings, path)).status_code == 404


async def test_versions_of_several_labels_stand_in_the_order_of_the_request(get):
    labels = ["master", "foo", "raw"]
    versions = [(await get(under("config-repo"), f"/bar/staging/{label}")).json()["version"] for label in labels]
    answer = await get(under("config-repo"), "/bar/staging/master,foo,raw")
    assert (answer.json()["version"], answer.json()["label"]) == (",".join(versions), "master,foo,raw")
    assert "config-commit" not in answer.headers
    values = [one["source"] for one in answer.json()["propertySources"]]
    assert [("raw" in one) for one in values[1::2]] == [True, True, False]


async def test_default_label_and_main_are_two_things(get):
    settings = under("config-repo") | {"default_label": "raw"}
    default, main = await get(settings, "/bar/staging"), await get(settings, "/bar/staging/main")
    assert (default.json()["label"], "raw" in default.json()["propertySources"][1]["source"]) == (None, True)
    assert (main.json()["label"], "raw" in main.json()["propertySources"][1]["source"]) == ("main", False)


@pytest.mark.parametrize(
    ("path", "label", "value"),
    [
        ("/bar/default/foo", "foo", "tag"),
        ("/bar/default/feature(_)foo", "feature/foo", "branch"),
        ("/bar/default", None, "master"),
    ],
)
async def test_a_branch_in_a_folder_hides_no_tag(get, path, label, value):
    body = (await get(under("slash"), path)).json()
    assert (body["label"], body["propertySources"][0]["source"]) == (label, {"key": f"value from {value}"})


async def test_second_form_has_origins(get):
    sources = (await get(under("config-repo"), "/bar/staging/raw", Accept=V2)).json()["propertySources"]
    assert [one["source"] for one in sources] == [
        {"foo": {"value": "bar", "origin": "1:5"}},
        {"info.foo": {"value": "bar", "origin": "2:8"}, "raw": {"value": True, "origin": "3:6"}},
    ]


async def test_overrides_stand_in_front(get):
    settings = under("config-repo", overrides={"spring.cloud.config.enabled": True})
    plain = (await get(settings, "/foo/development/master")).json()["propertySources"]
    assert plain[0] == {"name": "overrides", "source": {"spring.cloud.config.enabled": "true"}}
    assert len(plain) == 2
    with_origins = (await get(settings, "/foo/development/master", Accept=V2)).json()["propertySources"]
    origin = {"value": "true", "origin": "Config server overrides"}
    assert with_origins[0]["source"] == {"spring.cloud.config.enabled": origin}
