import threading

import pytest

from gitconfig_server.service.crossing import LIGHT, aside, weigh

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("maps", "light"),
    [
        ([{"a": 1}] * 3, True),
        ([{f"key-{number}": 1 for number in range(LIGHT + 1)}], False),
        ([{"k" * 4000 + str(number): 1 for number in range(10)}], False),
        ([{"a": "x" * 100_000}], True),
    ],
)
async def test_what_grows_with_content_does_not_run_on_the_event_loop(maps, light):
    here = threading.get_ident()
    assert (await aside(weigh(maps), threading.get_ident) == here) == light
