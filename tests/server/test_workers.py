"""Several real processes on one socket; what they run is as small as can be."""

import os
import signal
import socket
import threading
import time

import pytest

from gitconfig_server.server import workers as module
from gitconfig_server.server.workers import STARTUP_FAILURE, Workers, _reason


def answer(folder, sock, line, only):
    """Note the start, then answer every connection with the process id; slow to start where a file says so."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    (folder / f"started-{os.getpid()}").touch()
    if (folder / "broken").exists():
        os._exit(STARTUP_FAILURE)
    while (folder / "slow").exists() and not stop.is_set():
        time.sleep(0.01)
    sock.settimeout(0.05)
    line.send(True)
    while not stop.is_set():
        try:
            connection, _ = sock.accept()
        except TimeoutError:
            continue
        with connection:
            connection.sendall(b"%d" % os.getpid())


@pytest.fixture
def workers(tmp_path):
    """Runs workers beside the test, which tells of signals as the system would."""
    opened = []

    def start(count=2):
        sock = socket.create_server(("127.0.0.1", 0))
        opened.append(sock)
        told = threading.Event()
        one = Workers(count, answer, tmp_path, sock, 1.0, told.set)
        thread = threading.Thread(target=one.run)
        thread.start()
        return one, thread, told, sock.getsockname()[1]

    yield start
    for sock in opened:
        sock.close()


def ask(port):
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        return int(connection.recv(100))


def wait_for(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def started(folder):
    return {int(path.name.partition("-")[2]) for path in folder.glob("started-*")}


def stop(one, thread):
    one.note(signal.SIGTERM)
    thread.join(60)
    assert not thread.is_alive()


def test_a_worker_gets_as_long_as_it_takes_to_start(workers, tmp_path):
    (tmp_path / "slow").touch()
    one, thread, told, port = workers()
    wait_for(lambda: len(started(tmp_path)) == 2)
    time.sleep(1)
    assert not told.is_set()
    (tmp_path / "slow").unlink()
    assert told.wait(60)
    assert ask(port) in started(tmp_path)
    assert len(started(tmp_path)) == 2
    stop(one, thread)


def test_a_death_is_told_and_mended(workers, tmp_path, monkeypatch):
    told_of = []
    monkeypatch.setattr(module.log, "error", lambda event, **facts: told_of.append((event, facts)), raising=False)
    one, thread, told, port = workers()
    assert told.wait(60)
    victim = ask(port)
    os.kill(victim, signal.SIGKILL)
    wait_for(lambda: len(started(tmp_path)) == 3)
    assert ask(port) != victim
    stop(one, thread)
    ((event, facts),) = told_of
    assert (event, facts["pid"], facts["reason"], facts["listened"]) == ("worker died", victim, "SIGKILL", True)


def test_hangup_replaces_one_after_the_other(workers, tmp_path):
    one, thread, told, port = workers()
    assert told.wait(60)
    wait_for(lambda: len(started(tmp_path)) == 2)
    before = started(tmp_path)
    one.note(signal.SIGHUP)
    one.note(signal.SIGUSR1)
    while not (answered := ask(port)) or answered in before or len(started(tmp_path)) < 4:
        time.sleep(0.01)
    wait_for(lambda: {ask(port) for _ in range(10)} <= started(tmp_path) - before)
    stop(one, thread)
    assert len(started(tmp_path)) == 4


def test_workers_that_cannot_serve_are_not_started_again(workers, tmp_path):
    (tmp_path / "broken").touch()
    _, thread, told, _ = workers()
    thread.join(60)
    assert not thread.is_alive()
    assert not told.is_set()
    assert 1 <= len(started(tmp_path)) <= 2


@pytest.mark.parametrize(("code", "reason"), [(-9, "SIGKILL"), (-99, "signal 99"), (2, "exit code 2")])
def test_how_a_worker_ended_is_told_in_words(code, reason):
    assert _reason(code) == reason
