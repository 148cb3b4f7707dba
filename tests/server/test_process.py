import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from support.git import git
from support.repositories import commit
from support.server import running_server

from gitconfig_server.errors import InvalidSettings, NotARepository
from gitconfig_server.server.assembly import door_rules
from gitconfig_server.server.process import CannotListen, serve
from gitconfig_server.settings import Settings
from gitconfig_server.storage.conformance.handles import eventually
from gitconfig_server.storage.urls import open_storage


@pytest.fixture
def repository(tmp_path):
    path = tmp_path / "config.git"
    storage, name = open_storage(str(path))
    commit(door_rules(Settings()).open(storage.create(name)), {"orders.yml": "pool: 4\n"})
    storage.close()
    return path


@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        ({}, InvalidSettings, "--repository"),
        ({"repository": "/nonexistent/x"}, NotARepository, "gitconfig-server init"),
        ({"repository": "ftp://x"}, InvalidSettings, "ftp://"),
        ({"repository": "memory://", "host": "0.0.0.0"}, InvalidSettings, "allow_open_network"),
        ({"repository": "memory://", "host": "::"}, InvalidSettings, "allow_open_network"),
        ({"repository": "memory://", "workers": 2}, InvalidSettings, "workers"),
        ({"repository": "memory://", "spring": {"search_paths": ["../x"]}}, InvalidSettings, "search_paths"),
        ({"repository": "memory://", "spring": {"repositories": {"x": "http://x"}}}, InvalidSettings, "repositories.x"),
        ({"repository": "/r/{name}/{label}"}, InvalidSettings, "{name} is none of"),
        ({"repository": "memory://", "default_label": "a..b"}, InvalidSettings, "default_label"),
        ({"repository": "memory://", "host": "192.0.2.1", "allow_open_network": True}, CannotListen, "192.0.2.1"),
    ],
)
def test_what_cannot_be_served_is_said_at_once(monkeypatch, settings, error, words):
    monkeypatch.setattr("gitconfig_server.server.process.set_up_logs", lambda _: None)  # it holds for all the process
    with pytest.raises(error, match=words):
        serve(Settings(**settings), print)


def get(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.load(answer)


def test_workers_share_the_port_and_the_repository(repository):
    with running_server(repository, "--workers", "2") as running:
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(get, [f"{running.url}/orders/prod"] * 40))
        assert {answer["propertySources"][0]["source"]["pool"] for answer in answers} == {4}


def test_start_says_what_to_try_and_sigterm_stops(repository):
    with running_server(repository) as running:
        told = running.log.read_text()
        assert f"curl {running.url}/" in told
        assert f"git clone {running.url}/config.git" in told
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(5) in (0, -signal.SIGTERM)
        assert "Traceback" not in running.log.read_text()


def test_with_json_every_line_is_json_and_probes_are_not_told(repository):
    with running_server(repository, settings={"GITCONFIG_LOG__FORMAT": "json"}) as running:
        for path in ("/health", "/ready", "/orders/prod"):
            get(running.url + path)
        running.process.send_signal(signal.SIGTERM)
        running.process.wait(5)
        lines = [json.loads(line) for line in running.log.read_text().splitlines()]
    events = [line["event"] for line in lines]
    assert events[:2] == ["started", "listening"]
    assert [line["path"] for line in lines if line["event"] == "request"] == ["/orders/prod"]


def test_what_start_says_to_try_answers_beneath_a_prefix_and_where_all_addresses_are_bound(repository):
    everywhere = {"GITCONFIG_HOST": "0.0.0.0", "GITCONFIG_ALLOW_OPEN_NETWORK": "true"}
    with running_server(repository, settings={"GITCONFIG_SPRING__PREFIX": "cfg", **everywhere}) as running:
        _, _, told = running.log.read_text().partition("curl ")
        assert get(told.split()[0])["name"] == "application"


def test_taken_port_is_said_in_one_line(repository):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "gitconfig_server", "serve", "--repository", str(repository), "--port", port]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: cannot listen on 127.0.0.1:{port}: Address already in use; try another ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("workers", ["1", "2"])
def test_hangup_and_user_signals_cut_no_request(repository, workers):
    with running_server(repository, "--workers", workers) as running:
        for number in (signal.SIGUSR1, signal.SIGHUP, signal.SIGUSR1):
            running.process.send_signal(number)
        for _ in range(20):
            assert get(f"{running.url}/orders/prod")["name"] == "orders"
        assert running.process.poll() is None


def test_a_slow_request_that_a_stop_cuts_is_told_in_a_line(repository):
    """A body that is still coming in keeps its request open."""
    with running_server(repository, settings={"GITCONFIG_LIMITS__STOP_SECONDS": "0.2"}) as running:
        with socket.create_connection(("127.0.0.1", int(running.url.rpartition(":")[2]))) as slow:
            slow.sendall(b"PUT /api/v1/files/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nx")
            get(f"{running.url}/orders/prod")
            running.process.send_signal(signal.SIGTERM)
            running.process.wait(20)
        told = running.log.read_text()
    assert "took longer than limits.stop_seconds" in told
    assert "Traceback" not in told


def test_one_scrape_tells_of_all_workers_also_of_those_that_were_killed(repository):
    def counted():
        text = urllib.request.urlopen(f"{running.url}/metrics").read().decode()
        asked = re.findall(r'gitconfig_fast_path_total\{result="\w+"\} (\S+)', text)
        return sum(map(float, asked)), set(re.findall(r'process_resident_memory_bytes\{worker="(\d+)"\}', text))

    def ask(times):
        for _ in range(times):
            with urllib.request.urlopen(f"{running.url}/application/default") as answer:
                assert answer.status == 200

    with running_server(repository, "--workers", "2") as running:
        eventually(lambda: len(counted()[1]) == 2)
        ask(40)
        assert {counted()[0] for _ in range(10)} == {40.0}
        workers = counted()[1]
        killed = min(workers)
        os.kill(int(killed), signal.SIGKILL)
        eventually(lambda: len(counted()[1] - {killed}) == 2)
        ask(10)
        assert {counted()[0] for _ in range(10)} == {50.0}


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_stop_ends_a_process_in_which_a_check_is_stuck(repository, workers, tmp_path):
    """The folder's ``update`` hook never comes back; the push that waits for it is refused, and leaves nothing."""
    begun = tmp_path / "begun"
    hook = repository / "hooks" / "update"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\necho $$ > {begun}.new && mv {begun}.new {begun}\nexec sleep 3600\n")
    hook.chmod(0o755)
    before = git(repository, "for-each-ref")
    with running_server(repository, "--workers", workers, settings={"GITCONFIG_LIMITS__STOP_SECONDS": "1"}) as running:
        git(tmp_path, "clone", "--quiet", running.remote, "clone")
        git(tmp_path / "clone", "checkout", "--quiet", "-b", "other")
        push = subprocess.Popen(
            ["git", "-C", tmp_path / "clone", "push", "origin", "other"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        eventually(begun.exists)
        running.process.send_signal(signal.SIGTERM)
        running.process.wait(60)
        said, _ = push.communicate(timeout=60)
    assert push.returncode != 0, said
    assert git(repository, "for-each-ref") == before
    assert "Traceback" not in running.log.read_text()
    eventually(lambda: not Path(f"/proc/{begun.read_text().strip()}").exists())
