import asyncio
import subprocess
import sys

import pytest

from gitconfig_server.web.later import Later


@pytest.mark.anyio
async def test_it_is_made_once_for_all_who_ask_and_while_nobody_does():
    made = []

    def make():
        made.append(None)
        return len(made)

    later = Later(make)
    assert await asyncio.gather(*(later.get() for _ in range(5))) == [1] * 5
    early = Later(make)
    early.soon(0.0)
    while len(made) < 2:  # noqa: ASYNC110  # it is made in a thread
        await asyncio.sleep(0.001)
    assert await early.get() == 2


@pytest.mark.anyio
async def test_what_failed_is_tried_again():
    outcomes = [ValueError("not yet"), "made"]

    def make():
        outcome = outcomes.pop(0)
        if isinstance(outcome, ValueError):
            raise outcome
        return outcome

    later = Later(make)
    with pytest.raises(ValueError, match="not yet"):
        await later.get()
    assert await later.get() == "made"


@pytest.mark.parametrize("absent", ["fastapi", "prometheus_client", "dulwich.client", "deepdiff", "httpx"])
def test_a_server_starts_without_what_its_first_answers_do_not_need(absent):
    code = "import sys, gitconfig_server.server.process; assert sys.argv[1] not in sys.modules"
    subprocess.run([sys.executable, "-c", code, absent], check=True, timeout=60)
