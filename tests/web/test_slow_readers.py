"""Who reads slowly gets its time, who stops reading is dropped: by what is left to read, on a clock of the test's."""

import asyncio

import pytest
from uvicorn.server import ServerState

from gitconfig_server.settings import Limits
from gitconfig_server.web.deadlines import SLOWEST
from gitconfig_server.web.protocol import BoundedConfig, DirectProtocol

SECONDS = 30.0
LEAST = int(SLOWEST * SECONDS)


class Clock:
    """An event loop of which only the timers are used."""

    def __init__(self):
        self.timers = []

    def time(self):
        return 0.0

    def call_later(self, seconds, call, *arguments):
        timer = Timer(self, seconds, lambda: call(*arguments))
        self.timers.append(timer)
        return timer

    def pass_by(self, seconds):
        for timer in [one for one in self.timers if one.seconds == seconds]:
            self.timers.remove(timer)
            timer.call()


class Timer:
    def __init__(self, clock, seconds, call):
        self.clock, self.seconds, self.call = clock, seconds, call

    def cancel(self):
        if self in self.clock.timers:
            self.clock.timers.remove(self)


class Client(asyncio.Transport):
    """Has ``unread`` bytes before it."""

    unread = 0
    aborted = False

    def get_write_buffer_size(self):
        return self.unread

    def abort(self):
        self.aborted = True


@pytest.fixture
def reading():
    """A connection whose client has a megabyte to read, its client, and the clock."""
    config = BoundedConfig(lambda: None, Limits(response_seconds=SECONDS), 0, lifespan="off", log_config=None)
    config.load()
    clock, client = Clock(), Client()
    protocol = DirectProtocol(config, ServerState(), {}, clock)
    protocol.connection_made(client)
    client.unread = 1_000_000
    protocol.pause_writing()
    return protocol, client, clock


def test_a_reader_that_moves_has_all_the_time_it_takes(reading):
    _, client, clock = reading
    for _ in range(20):
        client.unread -= LEAST
        clock.pass_by(SECONDS)
        assert not client.aborted


@pytest.mark.parametrize("read", [0, LEAST - 1])
def test_a_reader_that_all_but_stands_is_dropped_in_the_window_in_which_it_does(reading, read):
    _, client, clock = reading
    client.unread -= LEAST
    clock.pass_by(SECONDS)
    assert not client.aborted
    client.unread -= read
    clock.pass_by(SECONDS)
    assert client.aborted


def test_what_was_read_in_one_window_does_not_count_in_the_next(reading):
    _, client, clock = reading
    client.unread -= 10 * LEAST
    clock.pass_by(SECONDS)
    clock.pass_by(SECONDS)
    assert client.aborted


def test_who_has_caught_up_is_watched_no_more_until_it_falls_behind_again(reading):
    protocol, client, clock = reading
    protocol.resume_writing()
    clock.pass_by(SECONDS)
    assert not client.aborted
    protocol.pause_writing()
    clock.pass_by(SECONDS)
    assert client.aborted
