"""What the package offers at its top, and what comes with it."""

import subprocess
import sys

import pytest

import gitconfig_server

HEAVY = ("dulwich", "fastapi", "starlette", "uvicorn", "yaml", "deepdiff", "pydantic")


@pytest.mark.parametrize("name", gitconfig_server.__all__)
def test_every_name_is_there(name):
    assert getattr(gitconfig_server, name).__name__ == name


def test_the_names_are_listed_before_they_are_loaded():
    code = "import gitconfig_server; print(*dir(gitconfig_server))"
    listed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert {"Settings", "GitConfigError", "LabelNotFound", "ConfigClient", "create_app"} <= set(listed)
    assert set(listed) == {*gitconfig_server.__all__, "__version__"}


def test_a_name_that_is_not_there_is_said_so():
    with pytest.raises(AttributeError, match="Nonsense"):
        _ = gitconfig_server.Nonsense


@pytest.mark.parametrize("name", ["ConfigClient", "ConfigSource", "ConfigBackend"])
def test_a_client_loads_nothing_of_the_server(name):
    code = f"import sys; from gitconfig_server import {name}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {one.partition(".")[0] for one in loaded} & set(HEAVY)
