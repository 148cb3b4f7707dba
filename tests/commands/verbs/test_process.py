"""The command line as a process: terminals, pipes, exit codes of servers that are not there, completion, its start."""

import json
import os
import pty
import re
import subprocess
import sys
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from support.git import GIT_ENVIRONMENT
from support.server import free_port

START = "import sys; sys.argv[0] = 'gitcfg'; from gitconfig_server.cli import main; main()"


def gitcfg(*words, **options):
    command = [sys.executable, "-c", START, *words]
    environ = {**GIT_ENVIRONMENT, **options.pop("environ", {})}
    return subprocess.run(command, capture_output=True, text=True, env=environ, timeout=60, check=False, **options)


@contextmanager
def refusing(status):
    """A server, or what stands in front of one, that answers everything with ``status`` and no problem document."""

    class Refusal(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Refusal) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_nobody_there_is_7_and_says_what_to_do():
    done = gitcfg("labels", "--server", f"http://us:p4ss@127.0.0.1:{free_port()}")
    assert (done.returncode, done.stdout) == (7, "")
    assert "cannot be asked" in done.stderr
    assert "gitconfig-server serve" in done.stderr
    assert "p4ss" not in done.stderr


def test_a_repository_that_is_not_there_is_7_too(tmp_path):
    done = gitcfg("diff", "a", "b", "--server", str(tmp_path / "none.git"))
    assert (done.returncode, "does not exist" in done.stderr) == (7, True)


@pytest.mark.parametrize(("status", "code"), [(401, 6), (403, 6), (404, 7), (502, 7)])
def test_what_stands_in_front_of_a_server(status, code):
    with refusing(status) as address:
        done = gitcfg("labels", environ={"GITCFG_SERVER": f"http://us:p4ss@{address}"})
    assert done.returncode == code
    assert (str(status) in done.stderr, "p4ss" in done.stderr) == (True, False)


@pytest.mark.parametrize("server", ["ftp://user:p4ss@host", "sqlite://x", "http://", ""])
def test_places_that_are_none_are_usage_errors(server):
    done = gitcfg("labels", "--server", server)
    assert (done.returncode, "p4ss" in done.stderr) == (2, False)
    assert done.stderr.startswith("error: ")


def in_a_terminal(*words, **environ):
    """What a command says to somebody who looks at it, without colours."""
    parent, child = pty.openpty()
    command = [sys.executable, "-c", START, *words]
    environ = {**GIT_ENVIRONMENT, "COLUMNS": "60", "TERM": "xterm", **environ}
    with subprocess.Popen(command, stdout=child, stderr=subprocess.STDOUT, env=environ) as process:
        os.close(child)
        said = b""
        try:
            while chunk := os.read(parent, 65536):
                said += chunk
        except OSError:  # how Linux says that the other end is closed
            pass
        os.close(parent)
        assert process.wait() == 0
    return re.sub(r"\x1b\[[0-9;]*m", "", said.decode()).replace("\r", "")


def test_a_terminal_gets_times_as_a_clock_there_says_them(place):
    shown = in_a_terminal("show", "line0", "--server", place, COLUMNS="200", TZ="Asia/Kolkata")
    (local,) = re.findall(r"on line0 from (.+ \+0530), ", shown)
    age = datetime.now(UTC) - datetime.strptime(local, "%Y-%m-%d %H:%M:%S %z")
    assert timedelta(0) <= age < timedelta(hours=1)


def test_a_terminal_gets_tables_in_which_nothing_is_cut(place):
    key = "a.very.long.key." + "x" * 100
    assert gitcfg("set", "wide", f"{key}=1", "--server", place, "--label", "line0").returncode == 0
    shown = in_a_terminal("get", "wide", "--server", place, "--label", "line0")
    lines = shown.split("\n")
    assert lines[0].split() == ["key", "value", "from"]
    assert "…" not in shown
    row = lines.index(key)
    assert re.fullmatch(r" +1 +wide\.yml:\d+:\d+", lines[row + 1].rstrip()), "names that people copy are never broken"
    assert [line for line in lines if len(line.rstrip()) > 60] == [key]


def test_a_pipe_that_closes_early_is_no_accident(place):
    command = [sys.executable, "-c", START, "labels", "--server", place]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=GIT_ENVIRONMENT) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
        process.wait()


def test_another_encoding_gets_escapes_and_sound_json(place):
    environ = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    gitcfg("set", "letters", "a=é😀", "--server", place, "--label", "line1")
    words = ("get", "letters", "a", "--server", place, "--label", "line1")
    assert gitcfg(*words, environ=environ).stdout == "\\xe9\\U0001f600\n"
    assert json.loads(gitcfg(*words, "--json", environ=environ).stdout)["properties"] == {"a": "é😀"}


def complete(words, place, **environ):
    """What a TAB at the end of ``words`` offers in bash."""
    line = ["gitcfg", *words]
    instruction = {"_GITCFG_COMPLETE": "complete_bash", "COMP_WORDS": " ".join(line), "COMP_CWORD": str(len(line) - 1)}
    done = gitcfg(environ={**instruction, "GITCFG_SERVER": place, "GITCFG_COMPLETION_SECONDS": "60", **environ})
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split()


def test_completion_offers_labels_sources_and_keys(place):
    assert complete(["get", "ord"], place) == ["orders/default", "orders/prod"]
    assert complete(["get", "orders/prod", "db."], place) == ["db.pool", "db.url"]
    assert complete(["set", "orders/prod", "rat"], place) == ["rate="]
    assert "line7" in complete(["get", "orders", "--label", "line7"], place)
    assert complete(["cat", "motd"], place) == ["motd.txt"]


@pytest.mark.parametrize("server", ["http://127.0.0.1:9", "/no/such/place", "ftp://x"])
def test_completion_of_what_is_not_there_is_nothing(server):
    assert complete(["get", "x"], server) == []
    assert complete(["get", "../..", "x"], server) == []


def test_completion_can_be_installed():
    shown = gitcfg("--show-completion", "bash", environ={"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"})
    assert (shown.returncode, "_GITCFG_COMPLETE=complete_bash" in shown.stdout) == (0, True)


def test_help_of_every_verb_is_there_and_loads_no_engine():
    code = (
        "import sys, json, gitconfig_server.cli;"
        "slow = ('httpx', 'dulwich', 'yaml', 'pydantic', 'fastapi', 'deepdiff', 'rich', 'gitconfig_server.writes');"
        "print(json.dumps([name for name in slow if name in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []
