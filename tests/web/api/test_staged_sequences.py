"""Whatever is asked in whatever order, every answer is sound and every label can be read."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.declared import read_declared
from support.native import native_client

from gitconfig_server.wire.staging import CheckAnswer, StagedAnswer
from gitconfig_server.wire.writes import WriteAnswer

PATHS = st.sampled_from(
    ["orders.yml", "orders-prod.yml", "team/x.yml", "team", "gitconfig.yml", "notes.txt", "../x", ""]
)
TEXTS = st.sampled_from(
    [
        "a: 1\n",
        "a: 2\nb: {c: 1}\n",
        "a: [\n",
        "a: 1\n---\na: 2\n",
        "profiles: [blue]\n",
        "",
        "\ufeffa: 5\n",
    ]
)
LABELS = st.sampled_from(["main", "staged", "next", "staged-next", "v1", "nothing"])
REVISIONS = st.sampled_from(
    ["main", "staged", "main~1", "main~2", "staged^2", "v1", "next", "nothing", "a..b", "", "0" * 40]
)
NAMES = st.sampled_from(["orders", "team/x", "x", "..", ""])
KEYS = st.sampled_from(["a", "b", "b.c", "a[0]", "", "\u0000"])
PART = st.fixed_dictionaries(
    {}, optional={"applications": st.lists(NAMES, max_size=2), "paths": st.lists(PATHS, max_size=2)}
)
RESTORE = st.fixed_dictionaries(
    {"to": REVISIONS},
    optional={
        "application": NAMES,
        "profile": st.sampled_from(["prod", "default", "a,b"]),
        "path": PATHS,
        "keys": st.lists(KEYS, max_size=2),
        "dry_run": st.booleans(),
    },
)
REVERT = st.fixed_dictionaries({"commit": REVISIONS}, optional={"mainline": st.integers(-1, 3)})
UPDATE = st.fixed_dictionaries(
    {}, optional={"resolve": st.dictionaries(PATHS, st.sampled_from(["staged", "label", "x"]), max_size=2)}
)
STEPS = st.one_of(
    st.tuples(st.just("PUT"), st.tuples(PATHS, LABELS), TEXTS),
    st.tuples(st.just("DELETE"), st.tuples(PATHS, LABELS), st.none()),
    st.tuples(st.just("apply"), LABELS, PART),
    st.tuples(st.just("check"), LABELS, PART),
    st.tuples(st.just("staged/discard"), LABELS, PART),
    st.tuples(st.just("staged/update"), LABELS, UPDATE),
    st.tuples(st.just("restore"), LABELS, RESTORE),
    st.tuples(st.just("revert"), LABELS, REVERT),
)


async def ask(client, verb, where, what):
    if verb in ("PUT", "DELETE"):
        path, label = where
        return await client.request(
            verb, f"/files/{path or '%20'}?label={label}", content=what.encode() if what is not None else None
        )
    return await client.post(f"/labels/{where}/{verb}", json=what)


async def begin():
    client = native_client(log={"level": "error"})
    for path, text in (("orders.yml", b"a: 1\n"), ("team/x.yml", b"a: 1\n"), ("orders.yml", b"a: 3\n")):
        await client.put(f"/files/{path}", content=text)
    await client.put("/labels/next", json={})
    await client.put("/labels/v1", json={"kind": "tag"})
    return client


async def run(steps):
    client = await begin()
    for verb, where, what in steps:
        answer = await ask(client, verb, where, what)
        assert answer.status_code < 500, answer.text
        if answer.status_code == 200:
            read_declared(answer.json(), CheckAnswer if verb == "check" else WriteAnswer)
        for label in ("main", "next"):
            found = await client.get(f"/labels/{label}/staged")
            read_declared(found.json(), StagedAnswer)
            assert (await client.get(f"/history/{found.json()['tip'] or label}")).status_code == 200
            assert (await client.get(f"/environments/orders/prod?label={label}")).status_code == 200


@pytest.fixture(scope="module")
def runner():
    with asyncio.Runner() as runner:
        yield runner


@settings(max_examples=40, deadline=None)
@given(st.lists(STEPS, max_size=8))
def test_no_sequence_of_steps_leaves_what_cannot_be_read(runner, steps):
    runner.run(run(steps))
