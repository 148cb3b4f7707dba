"""What is stored is shown as it is stored, and patched as it is shown."""

import pytest
from support.native import MERGE, PATCH, native_client

from gitconfig_server.wire.sources import SourceAnswer

pytestmark = pytest.mark.anyio

TEXT = b"""\
a: {}
b: []
n: ~
on: yes
labels:
  app: web
  app.kubernetes.io/name: web
ports: {443: tls}
list: [{}, [], ~, 1.10]
"""
SHOWN = {
    "a": {}, "b": [], "n": None, "[true]": True, "labels.app": "web", "labels.app.kubernetes.io/name": "web",
    "ports[443]": "tls", "list[0]": {}, "list[1]": [], "list[2]": None, "list[3]": 1.1,
}  # fmt: skip

NESTED = {
    "a": {}, "b": [], "n": None, "true": True, "labels": {"app": "web", "app.kubernetes.io/name": "web"},
    "ports": {"443": "tls"}, "list": [{}, [], None, 1.1],
}  # fmt: skip


@pytest.fixture
async def client():
    client = native_client()
    await client.put("/files/orders.yml", content=TEXT)
    return client


async def text(client):
    return (await client.get("/files/orders.yml")).content


async def test_a_source_shows_empty_maps_and_lists_and_null(client):
    answer = (await client.get("/sources/orders/default?shape=flat")).json()
    assert answer["properties"] == answer["documents"][0]["properties"] == SHOWN
    nested = (await client.get("/sources/orders/default?shape=nested")).json()
    assert nested["properties"] == nested["documents"][0]["properties"] == NESTED
    declared = SourceAnswer(**{**answer, "documents": ()})
    assert declared.properties["n"] is None


async def test_what_is_shown_can_be_put_back(client):
    for properties in (SHOWN, NESTED):
        answer = await client.put("/sources/orders/default", json={"properties": properties})
        assert (answer.status_code, await text(client)) == (200, TEXT), answer.text


@pytest.mark.parametrize(
    ("patch", "old", "new"),
    [
        ({"labels": {"app": "api"}}, b"app: web", b"app: api"),
        ({"ports": {"443": None}}, b"{443: tls}", b"{}"),
        ({"on": False}, b"on: yes", b"on: false"),
        ({"n": {"x": 1}}, b"n: ~\n", b"n:\n  x: 1\n"),
        ([{"op": "remove", "path": "/list/0"}], b"[{}, [], ~, 1.10]", b"[[], ~, 1.10]"),
        ([{"op": "add", "path": "/b/-", "value": None}], b"b: []", b"b:\n  - null"),
    ],
)
async def test_a_patch_changes_what_it_names(client, patch, old, new):
    kind = MERGE if isinstance(patch, dict) else PATCH
    answer = await client.patch("/sources/orders/default", json=patch, headers={"content-type": kind})
    assert answer.status_code == 200, answer.text
    assert await text(client) == TEXT.replace(old, new)


async def test_documents_are_counted_with_empty_ones(client):
    await client.put("/files/orders.yml", content=b"---\n# nothing\n---\na: 1\n---\nb: 1\n")
    shown = (await client.get("/sources/orders/default")).json()["documents"]
    assert [(one["document"], one["properties"]) for one in shown] == [(2, {"b": 1}), (1, {"a": 1})]
    answer = await client.patch("/sources/orders/default?document=1", json={"a": 2}, headers={"content-type": MERGE})
    assert answer.status_code == 200, answer.text
    assert await text(client) == b"---\n# nothing\n---\na: 2\n---\nb: 1\n"


async def test_a_patch_of_several_documents_changes_the_one_that_counts(client):
    await client.put("/files/orders.yml", content=b"a: 1 # one\nl: [1, 2]\n---\nb: {c: 1} # two\nl: [3]\n")
    patch = {"a": 2, "b": {"c": 2, "d": {}}, "l": [3, 4], "x": None}
    await client.patch("/sources/orders/default", json=patch, headers={"content-type": MERGE})
    assert await text(client) == b"a: 2 # one\nl: [1, 2]\n---\nb: {c: 2, d: {}} # two\nl: [3, 4]\n"
    operations = [{"op": "remove", "path": "/l/0"}, {"op": "add", "path": "/b/e", "value": None}]
    answer = await client.patch("/sources/orders/default", json=operations, headers={"content-type": PATCH})
    assert answer.status_code == 200, answer.text
    assert await text(client) == b"a: 2 # one\nl: [1, 2]\n---\nb: {c: 2, d: {}, e: null} # two\nl: [4]\n"


async def test_a_patch_of_very_many_values_is_refused_at_once(client):
    body = b'{"a":[' + b",".join([b"{}"] * 600_000) + b"]}"
    answer = await client.patch(
        "/sources/orders/default", content=body, headers={"content-type": "application/merge-patch+json"}
    )
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")
