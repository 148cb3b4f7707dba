"""Whatever comes in, bad input is the client's fault."""

import asyncio
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.service import reader_of
from support.writing import Desk

from gitconfig_server.model.writes import PutFile
from gitconfig_server.service.crossing import Crossing
from gitconfig_server.service.embedded import EmbeddedConfigService
from gitconfig_server.settings import Settings
from gitconfig_server.web.app import create_app

DESK = Desk()
DESK.change(
    PutFile("orders.properties", b"a.b=1\na=2\n"), PutFile("orders.yml", b"list: [{x: 1}]\n---\na: &a 3\nb: *a\n")
)
SERVICE = EmbeddedConfigService(DESK.engine, Crossing())
APP = create_app(SERVICE, Settings(), spring=reader_of(SERVICE, Settings()))

WORDS = (
    "orders prod main .. . .git a.lock -x @{ (_) HEAD %2e%2e %2F %00 %0a %ff ; ;x=1 , a,b # %23 %25 api v1 config "
    "actuator health orders-prod.yml a-b.json x-.properties -..yaml "
    "labels sources environments files history problems application default orders.yml"
)
SEGMENT = st.one_of(st.sampled_from(WORDS.split()), st.binary(max_size=6).map(lambda raw: raw.decode("latin-1")))
PATHS = st.lists(SEGMENT, max_size=6).map(lambda parts: "/" + "/".join(parts))
API_PATHS = st.lists(SEGMENT, min_size=1, max_size=4).map(lambda parts: "/api/v1/" + "/".join(parts))
NAMES = (
    "label revision at limit cursor since shape origins application x resolvePlaceholders useDefaultLabel"
    " path document collapse dry_run expect message author"
)
OPTION = st.tuples(
    st.sampled_from(NAMES.split()),
    st.one_of(st.sampled_from(["main", "1", "", "nested", "main~1", "%00", "%ff", "2026-01-01"]), st.text(max_size=5)),
)
QUERIES = st.lists(OPTION, max_size=3).map(lambda pairs: "&".join("=".join(pair) for pair in pairs))
METHODS = st.sampled_from(["GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE"])
MEDIA_TYPES = [b"application/json", b"application/merge-patch+json", b"application/json-patch+json"]
KEYS = st.sampled_from(
    ["a", "a.b", "list", "list[0]", "list[1].x", "b", "properties", "changes", "from", "op", "path", ""]
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=3), KEYS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=6,
)
PATCHES = st.lists(
    st.fixed_dictionaries(
        {"op": st.sampled_from(["add", "remove", "replace", "move", "copy", "test"]), "path": st.just("/list/0")},
        optional={"value": VALUES, "from": st.sampled_from(["/a", "/list", "", "x"])},
    ),
    max_size=3,
)
CHANGES = st.lists(
    st.fixed_dictionaries(
        {"op": st.sampled_from(["put", "patch", "delete"])},
        optional={
            "application": st.sampled_from(["orders", "x", ".."]),
            "path": st.sampled_from(["orders.yml", "n.txt", "../x", "orders.yml/x"]),
            "patch": st.one_of(PATCHES, VALUES),
            "properties": VALUES,
            "content": st.text(max_size=5),
            "document": st.integers(-1, 2),
        },
    ),
    max_size=3,
)
BODIES = st.one_of(
    st.binary(max_size=6),
    VALUES.map(json.dumps).map(str.encode),
    PATCHES.map(json.dumps).map(str.encode),
    VALUES.map(lambda value: json.dumps({"properties": value}).encode()),
    CHANGES.map(lambda changes: json.dumps({"changes": changes}).encode()),
)
WRITES = st.sampled_from(
    [
        "sources/orders/default",
        "sources/x/default",
        "files/orders.yml",
        "files/n.txt",
        "labels/x",
        "labels/main/commits",
    ]
).map(lambda path: f"/api/v1/{path}")
HEADERS = st.lists(
    st.tuples(
        st.sampled_from(
            b"accept if-none-match if-match idempotency-key origin content-length x-request-id range".split()
        ),
        st.one_of(
            st.sampled_from([b"*/*", b"*", b"http://[", b"-1", b"application/*+json;q=x"]), st.binary(max_size=8)
        ),
    ),
    max_size=3,
)


async def status_of(method, path, query, headers, body=b""):
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode("latin-1"),
        "query_string": query.encode(errors="surrogatepass"),
        "headers": [(b"host", b"localhost"), *headers],
        "client": ("127.0.0.1", 1),
        "server": ("localhost", 80),
        "scheme": "http",
        "http_version": "1.1",
    }
    statuses = []

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message):
        statuses.append(message.get("status"))

    await APP(scope, receive, send)
    return statuses[0]


@pytest.fixture(scope="module")
def runner():
    with asyncio.Runner() as runner:
        yield runner


@settings(max_examples=300, deadline=None)
@given(METHODS, st.one_of(PATHS, API_PATHS), QUERIES, HEADERS)
def test_nothing_sent_is_a_server_error(runner, method, path, query, headers):
    assert runner.run(status_of(method, path, query, headers)) < 500


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(["PUT", "PATCH", "POST", "DELETE"]), WRITES, QUERIES, st.sampled_from(MEDIA_TYPES), BODIES)
def test_no_write_is_a_server_error(runner, method, path, query, media_type, body):
    headers = [(b"content-type", media_type)]
    assert runner.run(status_of(method, path, query, headers, body)) < 500
