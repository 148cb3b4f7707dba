"""Two real servers, asked the same and compared."""

import subprocess
import sys

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
        file.write("\n---\ndb.password: hunter2\nnew.one: <b>\n")
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
    lines = {line.split("│")[3].strip(): line for line in done.stdout.splitlines() if line.count("│") == 6}
    assert "added" in lines["new.one"]
    assert "<b>" in lines["new.one"]
    assert "(secret)" in lines["db.password"]
    page = report.read_text()
    assert "&lt;b&gt;" in page
    assert "hunter2" not in done.stdout + page
    shown = run(*servers, "--label", "main", "--application", "customers-service", "--show-secrets")
    assert "hunter2" in shown.stdout


def test_values_of_another_type_differ(servers):
    done = run(*servers, "--label", "main", "--application", "customers-service", "--profile", "docker")
    line = next(line for line in done.stdout.splitlines() if "server.port" in line)
    assert "8081 (int)" in line
    assert "8081 (str)" in line


def test_a_label_that_one_server_lacks_is_a_difference(servers):
    done = run(*servers, "--label", "nowhere", "--application", "x", "--profile", "default")
    assert done.returncode == 0, "both say 404"
    assert "1 of 1" in done.stdout


def test_a_server_that_does_not_answer_is_an_error_of_its_own(servers):
    done = run(servers[0], f"http://127.0.0.1:{free_port()}")
    assert (done.returncode, done.stdout) == (7, "")
    assert "cannot be asked" in done.stderr
    assert run("ftp://x", servers[0]).returncode == 7
