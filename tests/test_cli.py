import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from gitconfig_server.storage.urls import open_storage
from gitconfig_server.version import __version__

ROOT = Path(__file__).parent.parent


@pytest.fixture
def run(tmp_path):
    def run(*arguments, **environ):
        command = [sys.executable, "-m", "gitconfig_server", *arguments]
        env = {"PYTHONPATH": str(ROOT), "HOME": str(tmp_path), **environ}
        return subprocess.run(
            command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60, check=False, input=""
        )

    return run


def test_version_is_that_of_the_project(run):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert run("--version").stdout == f"gitconfig-server {project['version']}\n"
    assert __version__ == project["version"]
    assert project["scripts"]["gitcfg"] == project["scripts"]["gitconfig-server"] == "gitconfig_server.__main__:main"


def test_init_makes_a_repository_of_the_template(run, tmp_path):
    done = run("init", "new/config.git")
    assert done.returncode == 0
    storage, name = open_storage(str(tmp_path / "new/config.git"))
    try:
        assert list(storage.open(name).snapshot()) == [b"refs/heads/main"]
    finally:
        storage.close()
    again = run("init", "new/config.git")
    assert (again.returncode, again.stdout) == (1, "")
    assert re.fullmatch(r"error: .*config\.git exists already.*\n", again.stderr)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["serve"], 2, "repository: nothing to serve"),
        (["serve", "--repository", "none"], 1, "none does not exist: create it"),
        (["serve", "--repository", "x://y"], 2, "unknown storage x://"),
        (["serve", "--repository", "memory://", "--host", "0.0.0.0"], 2, "allow_open_network"),
        (["serve", "--settings", "none.yml"], 2, "none.yml: No such file"),
        (["serve", "--port", "70000"], 2, "--port: port: expected less than"),
        (["init", "memory://"], 2, "what is in memory ends with the process"),
        (["init", "redis://x"], 2, "unknown storage redis://"),
        (["hook", "post-receive"], 2, "expected pre-receive --rules JSON"),
        (["settings", "--settings", "none.yml"], 2, "none.yml: No such file"),
    ],
)
def test_what_is_expected_to_go_wrong_is_told_in_a_line(run, arguments, code, words):
    done = run(*arguments)
    assert done.returncode == code
    assert words in done.stderr
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1


def test_init_leaves_the_folder_one_stands_in(run, tmp_path):
    done = run("init", ".")
    assert (done.returncode, list(tmp_path.iterdir())) == (1, [])
    assert "is the folder you are in" in done.stderr


def test_serve_with_init_makes_no_folder_of_a_placeholder(run, tmp_path):
    done = run("serve", "--init", "--repository", "{application}")
    assert (done.returncode, "names several" in done.stderr, list(tmp_path.iterdir())) == (2, True, [])


def test_serve_with_init_says_what_is_wrong_with_a_repository_that_is_there(run, tmp_path):
    run("init", "config.git")
    with (tmp_path / "config.git/config").open("a") as config:
        config.write("[extensions]\n\tobjectFormat = sha256\n")
    assert "only sha1 is supported" in run("serve", "--init", "--repository", "config.git").stderr


@pytest.mark.parametrize("arguments", [["nonsense"], ["serve", "--nonsense"], ["init"], ["serve", "--port", "x"]])
def test_wrong_usage_is_2(run, arguments):
    done = run(*arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_settings_are_shown_with_their_origin(run):
    done = run("settings", "--show", GITCONFIG_PORT="1234")
    assert "port: 1234  # GITCONFIG_PORT\n" in done.stdout
    assert run("settings").stdout == "the settings are sound; --show prints them\n"
    wrong = run("settings", GITCONFIG_PROT="1")
    assert (wrong.returncode, wrong.stderr) == (2, "error: GITCONFIG_PROT: unknown setting prot, did you mean port?\n")


def test_hook_loads_no_web_server():
    code = (
        "import sys, gitconfig_server.cli, gitconfig_server.server.hooks, json;"
        "print(json.dumps([name for name in ('fastapi', 'uvicorn', 'pydantic', 'deepdiff') if name in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []
