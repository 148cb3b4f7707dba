import gc
from collections.abc import Iterator

import pytest

from gitconfig_server.server.garbage import Collector, resident_bytes

_MIB = 1 << 20


@pytest.fixture(autouse=True)
def something_survived() -> Iterator[None]:
    """Nothing else collects, and something has outlived a collection."""
    gc.disable()
    gc.collect()
    gc.collect(1)
    yield
    gc.enable()


def test_garbage_is_collected_in_a_quiet_moment_and_then_not_again() -> None:
    collector = Collector(lambda: 100 * _MIB)
    assert not collector.look(0.9)
    assert collector.look(0.01)
    assert not collector.look(0.01)


def test_memory_that_grows_waits_for_no_quiet_moment() -> None:
    memory = iter([100 * _MIB, 300 * _MIB, 1200 * _MIB, 300 * _MIB, 400 * _MIB])
    collector = Collector(lambda: next(memory))
    assert not collector.look(0.9)
    assert collector.look(0.9)
    gc.collect(1)
    assert not collector.look(0.9)


def test_memory_that_stays_large_is_looked_through_even_where_it_is_never_quiet() -> None:
    grown = [100 * _MIB] + [400 * _MIB] * 19 + [200 * _MIB] + [400 * _MIB] * 21
    memory = iter(grown)
    collector = Collector(lambda: next(memory))
    assert [collector.look(0.9) for _ in range(40)] == [False] * 39 + [True]


def test_where_the_memory_is_not_told_the_survivors_are_counted() -> None:
    collector = Collector(lambda: 0)
    assert not collector.look(0.9)
    for _ in range(201):
        gc.collect(1)
    assert collector.look(0.9)


def test_the_memory_of_this_process_is_told() -> None:
    assert 5 * _MIB < resident_bytes() < 100_000 * _MIB
