"""The Dockerfile copies what there is, sets what can be set, and starts what the package installs."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
import typer

from gitconfig_server.cli import app as command_line
from gitconfig_server.settings.loading import load

ROOT = Path(__file__).parent.parent
DOCKERFILE = (ROOT / "scripts/Dockerfile").read_text().replace("\\\n", " ")


def instructions(name):
    return re.findall(rf"^{name} (.*)$", DOCKERFILE, re.MULTILINE)


def test_what_is_copied_is_there_and_is_all_that_a_wheel_is_made_of():
    copied = [word for line in instructions("COPY") if "--from" not in line for word in line.split()[:-1]]
    for path in copied:
        assert (ROOT / path).exists(), path
    assert {"pyproject.toml", "README.md", "LICENSE", "gitconfig_server", "repo_template"} <= set(copied)


def test_its_environment_is_sound_settings():
    pairs = [pair.partition("=") for line in instructions("ENV") for pair in line.split()]
    environ = {name: value for name, _, value in pairs if name.startswith("GITCONFIG_")}
    settings = load(None, environ, {}).settings
    assert (settings.host, settings.repository) == ("0.0.0.0", "/data/config.git")


def test_it_starts_a_command_that_there_is():
    (entry,), words = json.loads(*instructions("ENTRYPOINT")), json.loads(*instructions("CMD"))
    assert entry == "gitconfig-server"
    commands = typer.main.get_command(command_line)
    with commands.make_context(entry, list(words)) as context:
        command = commands.get_command(context, words[0])
        command.make_context(words[0], words[1:], parent=context).close()


@pytest.mark.parametrize("script", ["install", "serve", "test", "check", "bench"])
def test_scripts_are_sound_shell_and_can_be_run(script):
    path = ROOT / "scripts" / script
    assert os.access(path, os.X_OK)
    subprocess.run(["sh", "-n", path], check=True)
