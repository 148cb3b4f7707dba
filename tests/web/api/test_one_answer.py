"""What every face answers alike, whichever way it is asked."""

import pytest
from support.native import native_client

pytestmark = pytest.mark.anyio

LISTS = {
    "app.yml": b"l: [a, b]\n",
    "app-empty.yml": b"l: []\n",
    "app-csv.yml": b"l: 'a,b,c'\n",
    "app-one.yml": b"l: [z]\n",
}


@pytest.mark.parametrize(
    ("profiles", "flat", "nested"),
    [
        ("default", {"l[0]": "a", "l[1]": "b"}, {"l": ["a", "b"]}),
        ("empty", {"l": ""}, {"l": ""}),
        ("csv", {"l": "a,b,c"}, {"l": "a,b,c"}),
        ("one", {"l[0]": "z"}, {"l": ["z"]}),
        ("empty,one", {"l[0]": "z"}, {"l": ["z"]}),
        ("one,empty", {"l": ""}, {"l": ""}),
        ("one,csv", {"l": "a,b,c"}, {"l": "a,b,c"}),
    ],
)
async def test_of_a_list_the_strongest_source_has_all_of_it_in_every_answer(profiles, flat, nested):
    client = native_client()
    for path, content in LISTS.items():
        await client.put(f"/files/{path}", content=content)
    assert (await client.get(f"/environments/app/{profiles}")).json()["properties"] == flat
    assert (await client.get(f"/environments/app/{profiles}?shape=nested")).json()["properties"] == nested
    assert (await client.get(f"http://localhost/app-{profiles}.json")).json() == nested
    lines = [f"{key}: {value}" for key, value in flat.items()]
    assert (await client.get(f"http://localhost/app-{profiles}.properties")).text.splitlines() == lines


@pytest.mark.parametrize(
    "path",
    ["/environments/app/default?label=", "/sources/app/default?label=", "/labels/", "http://localhost/app/default/"],
)
async def test_head_means_the_default_label(path):
    client = native_client()
    done = await client.put("/files/app.yml?label=HEAD", content=b"a: 1\n")
    found = [await client.get(path + label) for label in ("HEAD", "main")]
    assert [one.headers["config-commit"] for one in found] == [done.json()["commit"]] * 2
