"""The README names every route, setting and command there is, and only those."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel
from support.service import DictService

from gitconfig_server.cli import app as command_line
from gitconfig_server.settings import Settings
from gitconfig_server.web.native import native_app

README = (Path(__file__).parent.parent / "README.md").read_text()


def settings_of(model: type[BaseModel], prefix: str = "") -> list[str]:
    names = []
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            names += settings_of(inner, f"{prefix}{name}.")
        else:
            names.append(prefix + (field.alias or name))
    return names


@pytest.mark.parametrize("name", settings_of(Settings))
def test_every_setting_is_told_of(name):
    assert re.search(rf"^\|.*`{re.escape(name)}`", README, re.MULTILINE)


def test_no_setting_is_made_up():
    section = README.partition("## Settings")[2].partition("## Commands")[0]
    told = {
        name for row in re.findall(r"^\| (`[^|]+`) \|", section, re.MULTILINE) for name in re.findall("`(.+?)`", row)
    }
    assert told == set(settings_of(Settings))


def test_every_route_is_told_of():
    paths = native_app(DictService({"main": {}})).openapi()["paths"]
    assert paths
    for path, methods in paths.items():
        for method in methods:
            assert f"`{method.upper()} {path}`" in README


def test_every_command_is_told_of():
    for command in command_line.registered_commands:
        if not command.hidden:
            name = command.name or command.callback.__name__
            assert re.search(rf"`(gitconfig-server|gitcfg) {name}\b", README)


def test_the_python_blocks_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 2
    for block in blocks:
        exec(compile(block, "README.md", "exec"), {})
