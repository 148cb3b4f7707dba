"""What is ready to be given: only while all that it hangs on holds, under a new id each time, and counted."""

import asyncio
import math
import re
from itertools import count

import pytest
from support.both_paths import _state, _Transport
from support.direct import GET, Given, Policy, Refs, known

from gitconfig_server.service.policy import OpenPolicy
from gitconfig_server.storage.base import Sighting
from gitconfig_server.web.protocol import DirectProtocol
from gitconfig_server.web.ready import Grounds, ReadyAnswers

pytestmark = pytest.mark.anyio


class Asker:
    """One connection that stays."""

    def __init__(self, ends):
        self.reader, self.writer = ends

    async def ask(self, request=GET):
        self.writer.write(request)
        async with asyncio.timeout(5):
            head = await self.reader.readuntil(b"\r\n\r\n")
            return head + await self.reader.readexactly(int(re.search(rb"content-length: (\d+)", head)[1]))


async def asked(server, times=4):
    """A connection that rests, for which an answer is ready."""
    asker = Asker(await server.connect())
    for _ in range(times):
        assert b"text one" in await asker.ask()
    assert all(one.rests for one in server.server.server_state.connections)
    return asker


@pytest.mark.parametrize("kind", ["moves", "time", "policy", "end"])
@pytest.mark.parametrize("planted", [False, True])
async def test_what_a_ready_answer_hangs_on_is_asked_each_time(kind, planted, monkeypatch):
    """With the fault planted, what is expected of the sound one does not come: this test would notice."""
    end, policy, sighting = Given(), Policy(), Sighting([0], 0, 1, math.inf, 1)
    refs = Refs(until=end)
    refs.sighting = lambda: sighting
    async with known(refs=refs, policy=policy) as (server, _):
        if planted and kind == "policy":
            monkeypatch.setattr(Policy, "version", 0)
        asker = await asked(server)
        refs.text = "two"
        refs.move(holds=False)
        refs.until = None
        if not planted:
            if kind == "moves":
                sighting.words[0] += 2
            elif kind == "time":
                sighting.until = 0.0
            elif kind == "end":
                end.passed = True
        if kind == "policy":
            policy.forbid()
        assert (b"text one" in await asker.ask()) == planted


async def test_a_move_that_has_begun_changes_nothing_before_it_ends():
    refs, sighting = Refs(), Sighting([0], 0, 1, math.inf, 1)
    refs.sighting = lambda: sighting
    async with known(refs=refs) as (server, _):
        asker = await asked(server)
        refs.move(text="two", holds=False)
        sighting.words[0] = 1
        assert b"text one" in await asker.ask()
        sighting.words[0] = 2
        assert b"text two" in await asker.ask()


async def test_each_answer_has_an_id_of_its_own_and_is_counted():
    async with known() as (server, seen):
        asker = await asked(server)
        ids = [re.search(rb"x-request-id: ([0-9a-f]{16})\r\n\r\n", await asker.ask())[1] for _ in range(1200)]
        server.config.known.settle()
        assert len(set(ids)) == 1200
        assert (seen.passes, seen.counts.hits) == (3, 1203)
        given = GET.replace(b"\r\n\r\n", b"\r\nX-Request-Id: mine\r\n\r\n")
        for _ in range(600):
            assert b"x-request-id: mine\r\n\r\n" in await asker.ask(given)
        server.config.known.settle()
        assert seen.counts.hits == 1803


async def test_what_was_given_is_counted_soon_and_nothing_is_kept_ready_for_nobody():
    async with known() as (server, seen):
        await asked(server, times=40)
        async with asyncio.timeout(5):
            while server.config.known._ready._given:  # noqa: ASYNC110  # a timer of its own
                await asyncio.sleep(0.005)
        assert seen.counts.hits == 39
        assert server.config.known.give(GET) is None


async def test_the_server_s_own_headers_are_never_older_than_a_look():
    async with known() as (server, seen):
        asker = await asked(server)
        server.server.server_state.default_headers = [(b"date", b"tomorrow")]
        assert b"date: tomorrow" not in await asker.ask()
        seen.refs.move()
        assert b"\r\ndate: tomorrow\r\n" in await asker.ask()


class Full(_Transport):
    """Takes what is written, and no more."""

    protocol: DirectProtocol

    def write(self, data):
        super().write(data)
        self.protocol.pause_writing()


@pytest.mark.parametrize("ready", [False, True])
async def test_who_does_not_keep_up_is_given_nothing_more(ready):
    async with known() as (server, seen):
        await asked(server)
        seen.refs.move()
        if ready:
            await asked(server)
        full = Full()
        full.protocol = DirectProtocol(server.config, _state(), {}, asyncio.get_running_loop())
        full.protocol.connection_made(full)
        full.protocol.rests = ready
        if ready:
            full.protocol._rest()
        full.protocol.data_received(GET)
        await asyncio.wait_for(full.begun.wait(), 5)
        assert not full.protocol.rests
        full.protocol.data_received(GET)
        assert len(full.written) == 1
        full.protocol.connection_lost(None)


async def test_no_more_is_ready_than_the_bound():
    ready, row = ReadyAnswers(100_000), memoryview(bytearray(64)).cast("Q")
    grounds = Grounds(Sighting([0], 0, 1, math.inf, 1), OpenPolicy(), 0, None, row, 2)
    for number in range(1000):
        ready.put(b"%d" % number, grounds, b"begin ", b"", b"x" * 1000, None)
    there = [number for number in range(1000) if ready.give(b"%d" % number)]
    assert 1 < len(there) < 60
    assert there[-1] == 999
    ready.put(b"large", grounds, b"begin ", b"", b"x" * 100_000, None)
    assert ready.give(b"large") is None
    assert ready.settle() == row[2] == len(there)


async def test_other_grounds_leave_nothing_of_the_ones_before():
    ticks = count()
    ready, row = ReadyAnswers(100_000, lambda: next(ticks)), memoryview(bytearray(64)).cast("Q")
    first, second = (Sighting([0], 0, 1, until, 1) for until in (10, 20))
    for sighting, version in ((first, 0), (second, 0), (second, 1)):
        ready.put(b"a", Grounds(sighting, OpenPolicy(), version, None, row, 0), b"%d " % version, b"", b"", None)
    assert ready.give(b"a") is None
    ready.put(b"b", Grounds(second, OpenPolicy(), 0, None, row, 0), b"begin ", b"", b"", None)
    assert ready.give(b"a") is None
    while ready.give(b"b"):
        pass
    assert next(ticks) == 21
