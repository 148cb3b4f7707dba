"""Any backend as a configuration server: in Python, and mounted in somebody's application."""

import asyncio

import httpx
import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.routing import Mount

from gitconfig_server.backend import ConfigBackend, ConfigSource
from gitconfig_server.backends.filesystem import FilesystemConfigBackend
from gitconfig_server.backends.memory import InMemoryConfigBackend
from gitconfig_server.client.config_client import ConfigClient
from gitconfig_server.web.config_server import ConfigServer


class Foreign:
    """A third party's backend: three methods and nothing of ours."""

    def __init__(self, **properties):
        self.stored = {("orders", "prod", "main"): properties}

    async def fetch(self, application, profile, label="main"):
        properties = self.stored.get((application, profile, label))
        return None if properties is None else ConfigSource(application, profile, label, properties)

    async def save(self, source):
        self.stored[source.application, source.profile, source.label] = source.properties

    async def list(self):
        return [ConfigSource(*names) for names in self.stored]


def filled(*sources):
    backend = InMemoryConfigBackend()
    for application, profile, properties in sources:
        asyncio.run(backend.save(ConfigSource(application, profile, "main", properties)))
    return ConfigServer(backend)


def ask(app, method, path, **arguments):
    async def send():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as http:
            return await http.request(method, path, **arguments)

    return asyncio.run(send())


def names(document):
    return [source["name"] for source in document["propertySources"]]


def test_a_foreign_backend_is_served():
    assert isinstance(Foreign(), ConfigBackend)
    assert not isinstance(object(), ConfigBackend)
    server = ConfigServer(Foreign(a=1))
    assert asyncio.run(server.save("orders", "prod", {"b": 2})) == {"saved": True}
    assert asyncio.run(server.fetch("orders", "prod"))["propertySources"] == [
        {"name": "orders-prod", "source": {"b": 2}}
    ]
    assert asyncio.run(server.list()) == [{"application": "orders", "profile": "prod", "label": "main"}]


def test_the_four_tiers_stack_up_and_absent_ones_are_skipped():
    everything = [(name, profile, {}) for name in ("application", "orders") for profile in ("default", "prod")]
    document = asyncio.run(filled(*everything).fetch("orders", "prod"))
    assert names(document) == ["orders-prod", "orders-default", "application-prod", "application-default"]
    assert {key: document[key] for key in ("name", "profiles", "label")} == {
        "name": "orders",
        "profiles": ["prod"],
        "label": "main",
    }
    assert names(asyncio.run(filled(everything[0], everything[3]).fetch("orders", "prod"))) == [
        "orders-prod",
        "application-default",
    ]
    assert names(asyncio.run(filled(*everything).fetch("orders"))) == ["orders-default", "application-default"]
    assert asyncio.run(filled(("billing", "prod", {})).fetch("orders", "prod")) is None


def test_of_several_profiles_the_last_wins():
    server = filled(("orders", "prod", {"k": "prod"}), ("orders", "eu", {"k": "eu"}), ("application", "eu", {}))
    document = asyncio.run(server.fetch("orders", "prod,eu"))
    assert names(document) == ["orders-eu", "orders-prod", "application-eu"]
    assert document["profiles"] == ["prod", "eu"]


def test_nested_properties_are_flat_in_the_answer_and_keep_their_order():
    document = asyncio.run(filled(("orders", "prod", {"z": {"b": [1, {"c": 2}], "a": None}})).fetch("orders", "prod"))
    assert list(document["propertySources"][0]["source"].items()) == [("z.b[0]", 1), ("z.b[1].c", 2), ("z.a", "")]


@pytest.mark.parametrize("base", [None, "", "/cfg/"])
def test_routes_of_a_starlette_application(base):
    server = filled()
    routes = server.routes() if base is None else server.routes(base)
    at = {None: "/config", "": "", "/cfg/": "/cfg"}[base]
    app = Starlette(routes=routes)
    saved = ask(app, "POST", f"{at}/orders/prod", json={"db": {"url": "x"}})
    assert (saved.status_code, saved.json()) == (200, {"saved": True})
    got = ask(app, "GET", f"{at}/orders/prod").json()
    assert got["propertySources"] == [{"name": "orders-prod", "source": {"db.url": "x"}}]
    assert ask(app, "HEAD", f"{at}/orders/prod").status_code == 200
    assert ask(app, "GET", f"{at}/_list").json() == [{"application": "orders", "profile": "prod", "label": "main"}]
    missing = ask(app, "GET", f"{at}/orders/dev")
    assert (missing.status_code, missing.json()) == (404, {"error": "configuration not found"})
    assert ask(app, "PUT", f"{at}/orders/prod").status_code == 405


@pytest.mark.parametrize("mount", [True, False])
def test_slashes_in_labels(mount):
    server = filled()
    if mount:
        app = Starlette(routes=[Mount("/sub", routes=server.routes())])
    else:
        app = FastAPI()
        app.router.routes.extend(server.routes("/sub/config"))
    assert ask(app, "POST", "/sub/config/orders/prod/feature%2Fa%20b", json={"k": 1}).status_code == 400, (
        "no such label"
    )
    assert ask(app, "POST", "/sub/config/orders/prod/feature%2Fx", json={"k": 1}).status_code == 200
    assert ask(app, "GET", "/sub/config/orders/prod/feature(_)x").json()["label"] == "feature/x"
    assert ask(app, "GET", "/sub/config/orders/prod/feature/x").status_code == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 200),
        (b"{}", 200),
        (b"[]", 422),
        (b'"x"', 422),
        (b"{", 400),
        (b"\xff", 400),
        (b'{"a": NaN}', 422),
        (b'{"a": 1e999}', 422),
        (b'{"a": 1, "a": 2}', 422),
        (b'{"a": "\\ud800"}', 422),
        (b'{"a": ' + b"[" * 5000 + b"]" * 5000 + b"}", 422),
    ],
    ids=["empty", "object", "list", "text", "broken", "bytes", "NaN", "infinite", "twice", "surrogate", "deep"],
)
def test_a_body_that_is_no_sound_object_saves_nothing(tmp_path, body, status):
    app = Starlette(routes=ConfigServer(FilesystemConfigBackend(tmp_path)).routes())
    answer = ask(app, "POST", "/config/orders/prod", content=body)
    assert answer.status_code == status
    assert ask(app, "GET", "/config/orders/prod").status_code == (200 if status == 200 else 404)


def test_a_body_past_the_limit_is_refused():
    app = Starlette(routes=filled().routes())
    assert ask(app, "POST", "/config/orders/prod", content=b" " * (8 * 1024 * 1024 + 1)).status_code == 413


@pytest.mark.parametrize(
    "path", ["%2e%2e/prod", "orders/%2e%2e", "orders/prod/%2e%2e", "a%2Fb/prod", "o%00/p", "o%ff/p"]
)
def test_hostile_paths_are_refused(path):
    app = Starlette(routes=filled().routes())
    assert ask(app, "GET", f"/config/{path}").status_code == 400
    assert ask(app, "POST", f"/config/{path}", json={"k": 1}).status_code == 400
    assert ask(app, "GET", "/config/_list").json() == []


def test_the_client_merges_what_the_server_answers():
    server = filled(
        ("orders", "prod", {"db": {"url": "prod"}}), ("application", "default", {"db": {"url": "x", "n": 1}})
    )
    app = Starlette(routes=server.routes())

    async def fetch(**options):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport) as http:
            found = await ConfigClient(server_url="http://test/config", http_client=http, **options).fetch()
            assert not http.is_closed
            return found

    assert asyncio.run(fetch(application="orders", profile="prod")) == {"db.url": "prod", "db.n": 1}
    assert asyncio.run(fetch(application="orders", profile="prod", label="feature/x")) == {}
