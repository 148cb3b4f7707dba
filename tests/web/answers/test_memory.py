"""What caches say they hold against what they hold, measured by tracemalloc."""

import gc
import tracemalloc
from random import Random

import pytest
from support.whole import whole

from gitconfig_server.config.resolution.parsed_files import ParsedFiles, _size
from gitconfig_server.formats.reading.formats import parse

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


def test_files_too_large_for_their_part_are_parsed_and_not_kept():
    parsed = ParsedFiles(bound=10_000)
    documents = parse("a.yml", b"".join(b"k%d: 1\n" % number for number in range(100)))
    parsed._kept.put((b"", "yml"), documents, sum(map(_size, documents)))
    assert parsed._kept.get((b"", "yml")) is None
