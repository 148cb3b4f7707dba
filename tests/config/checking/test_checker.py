"""The process of its own: limits of time and memory, and a new one after a death."""

import os
import signal

import pytest

from gitconfig_server.config.checking.checker import Checker, CheckFailed

COMPILE = "gitconfig_server.config.checking.judging:compile_schemas"
SCHEMA = {"files": {"schemas/a.json": "{}"}, "schemas": ["schemas/a.json"]}


@pytest.fixture
def checker():
    made = Checker()
    yield made
    made.close()


def test_a_task_is_answered_by_another_process(checker):
    assert checker.run("os:getpgid", 0) != os.getpid()


def test_what_takes_too_long_is_ended_and_the_next_task_gets_a_new_process(checker):
    with pytest.raises(CheckFailed) as caught:
        checker.run("time:sleep", 60, seconds=0.5)
    assert caught.value.rule == "check-timeout"
    assert checker.run(COMPILE, SCHEMA) == {}


def test_what_takes_too_much_memory_fails(checker):
    with pytest.raises(CheckFailed) as caught:
        checker.run("builtins:bytes", 2 * 1024 * 1024 * 1024)
    assert caught.value.rule == "check-failed"
    assert checker.run(COMPILE, SCHEMA) == {}


def test_a_process_that_was_killed_is_replaced(checker):
    first = checker.run("os:getpgid", 0)
    os.kill(first, signal.SIGKILL)
    answers = []
    for _ in range(2):  # the death may be noticed before the first of them, or by it
        try:
            answers.append(checker.run(COMPILE, SCHEMA))
        except CheckFailed as error:
            answers.append(error.rule)
    assert answers in ([{}, {}], ["check-failed", {}])


def test_a_large_request_and_a_large_answer_pass(checker):
    text = "x" * 3_000_000
    assert checker.run("copy:copy", text) == text


def test_nothing_is_left_behind():
    made = Checker()
    process = made.run("os:getpgid", 0)
    made.close()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
