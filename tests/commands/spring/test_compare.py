"""Two real servers, asked the same and compared."""

import json
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from support.git import git
from support.server import clone_bundle, free_port, running_server


def run(*arguments):
    command = [sys.executable, "-m", "gitconfig_server", "spring-compare", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env={"COLUMNS": "200", "PATH": "/usr/bin:/bin"})


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    """A server of petclinic, and one where something has changed on ``main``."""
    folder = tmp_path_factory.mktemp("compare")
    old, new = (
        clone_bundle("petclinic.bundle", folder / "old.git"),
        clone_bundle("petclinic.bundle", folder / "new.git"),
    )
    work = folder / "work"
    git(folder, "clone", "--quiet", "--branch", "main", str(new), "work")
    text = (work / "customers-service.yml").read_text()
    (work / "customers-service.yml").write_text(text.replace("8081", "'8081'"))
    with (work / "application.yml").open("a") as file:
        file.write('\n---\ndb.password: hunter2\nnew.one: <b>\nmq: amqp://me:word@mq\nescape: "a\\u001b[31m"\n')
    git(work, "commit", "--quiet", "--all", "--message", "differ")
    git(work, "push", "--quiet", "origin", "HEAD:main")
    with running_server(old) as one, running_server(new) as other:
        yield one.url, other.url


def test_equal_servers_are_the_same_everywhere(servers):
    done = run(servers[0], servers[0].replace("//", "//user:word@"))
    assert (done.returncode, "word" in done.stdout + done.stderr) == (0, False)
    count = done.stdout.split()[0]
    assert int(count) > 20
    assert done.stdout.startswith(f"{count} of {count} environments are the same")


def test_each_key_that_differs_is_told_and_secrets_are_not(servers, tmp_path):
    report = tmp_path / "report.html"
    done = run(*servers, "--label", "main", "--application", "customers-service", "--report", str(report))
    assert done.returncode == 1, done.stderr
    lines = {line.split()[0]: line.split() for line in done.stdout.splitlines() if line.startswith("  ")}
    assert lines["new.one"] == ["new.one", "added", "-", "<b>"]
    assert lines["db.password"][-1] == "(secret)"
    assert lines["mq"][-1] == "amqp://me:(secret)@mq"
    page = report.read_text()
    assert "&lt;b&gt;" in page
    assert "hunter2" not in done.stdout + page
    assert "word@" not in done.stdout + page
    assert "\x1b" not in done.stdout
    shown = run(*servers, "--label", "main", "--application", "customers-service", "--show-secrets")
    assert "hunter2" in shown.stdout


def test_values_of_another_type_differ(servers):
    done = run(*servers, "--label", "main", "--application", "customers-service", "--profile", "docker")
    line = next(line for line in done.stdout.splitlines() if "server.port" in line)
    assert "8081 (int)" in line
    assert "8081 (str)" in line


def test_environments_that_differ_alike_are_told_once(servers):
    done = run(*servers, "--label", "main", "--profile", "default")
    assert len([line for line in done.stdout.splitlines() if line.startswith("  new.one ")]) == 1
    assert "admin-server/default/main, api-gateway/default/main" in done.stdout


def test_profiles_of_documents_and_the_default_label_are_asked_for(servers):
    done = run(*servers, "--application", "customers-service")
    for name in ("customers-service/default,", "customers-service/docker,", "customers-service/docker/main"):
        assert name in done.stdout.replace("\n", ",")


def test_nothing_to_compare_is_an_error(servers, tmp_path):
    git(tmp_path, "init", "--quiet", "--bare", "empty.git")
    with running_server(tmp_path / "empty.git") as empty:
        done = run(servers[0], empty.url)
    assert (done.returncode, done.stdout) == (2, "")
    assert "nothing to compare" in done.stderr


def test_the_new_address_may_end_in_the_prefix_of_springs_routes(servers):
    done = run(servers[0], f"{servers[0]}/config", "--label", "main", "--application", "vets-service")
    assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def answering(status, headers, body, asked=None):
    """A server that says one thing; it puts the paths that it is asked for into ``asked``."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            if asked is not None:
                asked.append(self.path)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("status", "headers", "body", "told"),
    [
        (401, {}, b"", "user:password@"),
        (302, {"Location": "https://me:word@elsewhere/x?token=1"}, b"", "redirects to https://elsewhere:"),
        (200, {}, b"<html>", "is not JSON"),
        (200, {}, b"[" * 100_000, "is not JSON"),
        (200, {}, b"[]", "is not an environment"),
    ],
    ids=["credentials", "redirect", "html", "deep", "list"],
)
def test_an_old_server_that_gives_no_environments_is_an_error(servers, status, headers, body, told):
    with answering(status, headers, body) as old:
        done = run(old, servers[0], "--label", "main")
    assert (done.returncode, done.stdout) == (7, "")
    assert told in done.stderr
    assert "me:word" not in done.stderr
    assert "Traceback" not in done.stderr


def test_another_status_is_told_with_what_the_server_said(servers):
    with answering(500, {}, json.dumps({"message": "broken \x1b[31m"}).encode()) as old:
        done = run(old, servers[0], "--label", "main", "--application", "vets-service", "--profile", "default")
    assert done.returncode == 1
    assert done.stdout.startswith("status 500 became 200: broken \N{REPLACEMENT CHARACTER}[31m")
    assert "keys differ" not in done.stdout


def test_a_slash_in_a_name_is_written_as_springs_server_takes_it(servers):
    asked = []
    with answering(200, {}, json.dumps({"propertySources": []}).encode(), asked) as old:
        run(old, servers[0], "--label", "feature/x", "--application", "team/orders", "--profile", "default")
    assert asked == ["/team(_)orders/default/feature(_)x"]


def test_a_label_that_one_server_lacks_is_a_difference(servers):
    done = run(*servers, "--label", "nowhere", "--application", "x", "--profile", "default")
    assert done.returncode == 0, "both say 404"
    assert "1 of 1" in done.stdout


def test_a_server_that_does_not_answer_is_an_error_of_its_own(servers):
    done = run(servers[0], f"http://127.0.0.1:{free_port()}")
    assert (done.returncode, done.stdout) == (7, "")
    assert "cannot be asked" in done.stderr
    assert run("ftp://x", servers[0]).returncode == 7
