"""What caches say they hold against what they hold, measured by tracemalloc."""

import gc
import os
import tracemalloc
from random import Random
from types import SimpleNamespace

import orjson
import pytest
from support.whole import whole

from gitconfig_server.config.resolution.parsed_files import ParsedFiles, _size
from gitconfig_server.formats.reading.formats import parse
from gitconfig_server.git.objects.trees import TreeView
from gitconfig_server.lru import Recent

pytestmark = pytest.mark.anyio

BOUND = 1 << 19


def measured(make):
    """What ``make`` answers, and how many bytes of memory that takes."""
    make()
    gc.collect()
    tracemalloc.start()
    made = make()
    gc.collect()
    taken = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return made, taken


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.yml", "".join(f"group-{n // 8}-{n % 8}:\n  url: http://host-{n}/v1\n" for n in range(1000))),
        ("a.yml", "".join(f"k{n}: {n}\n" for n in range(3000))),
        ("a.yml", "x:\n" + "".join(f"  - {n}\n" for n in range(3000))),
        ("a.yml", "".join(f"k{n}: {'v' * 400}\n" for n in range(300))),
        ("a.properties", "".join(f"some.long.key.number{n}=value{n}\n" for n in range(1000))),
        ("a.json", "{" + ",".join(f'"key{n}": {{"inner": "v{n}"}}' for n in range(1000)) + "}"),
    ],
)
def test_parsed_files_count_what_they_hold(path, text):
    content = text.encode()
    documents, taken = measured(lambda: parse(path, content))
    assert taken / 1.5 < sum(map(_size, documents)) < taken * 1.5


async def test_a_storm_of_random_profiles_stays_within_the_settings():
    random = Random(1)
    async with whole({"orders.yml": "a: 1\n"}, cache_bytes=BOUND, answers_bytes=BOUND) as one:

        async def storm(count):
            for _ in range(count):
                profile = f"{random.getrandbits(120):030x}{'x' * random.randrange(200)}"
                assert (await one.client.get(f"/orders/{profile}/main")).status_code == 200
            gc.collect()

        await storm(50)
        tracemalloc.start()
        await storm(400)
        grown = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
    assert grown < 2 * BOUND


def weighed():
    """What all caches of this process say that they hold."""
    caches = [one for one in gc.get_objects() if isinstance(one, Recent)]
    kept = sum(size for one in caches for _, size in {**one._old, **one._young}.values())
    return kept + sum(one._held for one in gc.get_objects() if isinstance(one, TreeView))


async def test_a_storm_of_everything_stays_within_the_settings(monkeypatch):
    # orjson takes four times a text's size and gives back the rest, of which tracemalloc does not hear
    exact = SimpleNamespace(dumps=lambda content: bytes(bytearray(orjson.dumps(content))))
    monkeypatch.setattr("gitconfig_server.wire.json.orjson", exact)
    random, short = Random(2), "".join(f"k{n}: {n}\n" for n in range(250))
    files = {f"app{n}.yml": f"z: {n}\n{short}" for n in range(80)} | {"gitconfig.yml": "search_paths: ['{profile}']\n"}
    async with whole(files, cache_bytes=BOUND, answers_bytes=BOUND, log={"level": "error"}) as one:
        tip = one.git.snapshot()[b"refs/heads/main"].decode()

        async def storm(count):
            for number in range(count):
                app, some, other = f"app{number % 80}", f"{random.getrandbits(90):x}", "x" * random.randrange(1, 2000)
                for path in (
                    f"/{app}/{some}/main",
                    f"/{some}/{app}/{tip}",
                    f"/main/{app}-{some}.properties",
                    f"/{app}/default/{some}",
                    f"/{app}/default/main/{some}/{other}.txt",
                    f"/api/v1/environments/{app}/{some}?shape=nested&origins=1",
                    f"/api/v1/files/{some}/{other}/{some}",
                    f"/api/v1/sources/{app}/{some}",
                    f"/api/v1/search?text={some}&application={app}",
                ):
                    assert (await one.client.get(path)).status_code in (200, 404)
            gc.collect()

        await storm(4)
        tracemalloc.start()
        before = weighed()
        await storm(50 if os.environ.get("GITCONFIG_TEST_ALL") else 12)
        grown = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        told = weighed()
    assert grown < 2 * BOUND
    assert grown < 1.5 * told, (before, told)


def test_files_too_large_for_their_part_are_parsed_and_not_kept():
    parsed = ParsedFiles(bound=10_000)
    documents = parse("a.yml", b"".join(b"k%d: 1\n" % number for number in range(100)))
    parsed._kept.put((b"", "yml"), documents, sum(map(_size, documents)))
    assert parsed._kept.get((b"", "yml")) is None
