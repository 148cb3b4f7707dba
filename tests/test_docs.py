"""The README is short and leads somewhere; the chapters name every route, setting, command and rule, and only those."""

import configparser
import re
import shlex
from pathlib import Path

import pytest
import typer
import yaml
from pydantic import BaseModel
from support.service import DictService

from gitconfig_server.cli import app as command_line
from gitconfig_server.commands.help import DOCS
from gitconfig_server.model.rules import RULES
from gitconfig_server.settings import Settings
from gitconfig_server.web.native import native_app

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
CHAPTERS = {path.stem: path.read_text() for path in sorted(DOCS.glob("*.md"))}
EVERYTHING = "\n".join([README, *CHAPTERS.values()])
BLOCK = re.compile(r"^```(\w*)(?: (\w+))?[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(language):
    found = [(name, *block) for name, text in {"README": README, **CHAPTERS}.items() for block in BLOCK.findall(text)]
    return [
        pytest.param(text, kind, id=f"{name}-{n}")
        for n, (name, of, kind, text) in enumerate(found)
        if of == language and kind != "program"  # programs run as processes, in tests/manager
    ]


def settings_of(model: type[BaseModel], prefix: str = "") -> list[str]:
    names = []
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            names += settings_of(inner, f"{prefix}{name}.")
        else:
            names.append(prefix + (field.alias or name))
    return names


def test_the_readme_is_a_front_door():
    assert len(README.splitlines()) <= 250


@pytest.mark.parametrize("topic", CHAPTERS)
def test_every_chapter_is_named_in_the_readme_and_says_what_it_is_about(topic):
    assert f"](gitconfig_server/docs/{topic}.md)" in README
    title, summary, _ = CHAPTERS[topic].split("\n\n", 2)
    assert title.startswith("# ")
    assert summary.endswith(".")
    assert "|" not in summary


def test_every_link_leads_to_a_file():
    for folder, text in [(ROOT, README), *((DOCS, text) for text in CHAPTERS.values())]:
        for link in re.findall(r"\]\((?!https?:)([^)#]*)", text):
            assert (folder / link).exists(), link


def test_the_files_that_answer_questions_about_the_code_exist():
    section = README.partition("## Finding your way in the code")[2].partition("\n## ")[0]
    rows = [row for row in section.splitlines() if row.startswith("| ") and "?" in row]
    assert len(rows) == 14
    for row in rows:
        paths = [path for path in re.findall("`(.+?)`", row.split("|")[2]) if "/" in path]
        assert paths
        for path in paths:
            assert (ROOT / "gitconfig_server" / path).exists(), path


@pytest.mark.parametrize("name", settings_of(Settings))
def test_every_setting_is_told_of(name):
    assert re.search(rf"^\|.*`{re.escape(name)}`", CHAPTERS["settings"], re.MULTILINE)


def test_no_setting_is_made_up():
    rows = re.findall(r"^\| (`[^|]+`) \|", CHAPTERS["settings"], re.MULTILINE)
    assert {name for row in rows for name in re.findall("`(.+?)`", row)} == set(settings_of(Settings))


def test_every_rule_is_told_of_and_none_is_made_up():
    told = dict(re.findall(r"^\| `(.+?)` \| (.+) \|$", CHAPTERS["rules"], re.MULTILINE))
    assert told == RULES


def test_every_route_is_told_of():
    paths = native_app(DictService({"main": {}})).openapi()["paths"]
    assert paths
    for path, methods in paths.items():
        for method in methods:
            assert f"`{method.upper()} {path}`" in EVERYTHING


def test_every_command_is_told_of():
    for command in command_line.registered_commands:
        if not command.hidden:
            name = command.name or command.callback.__name__
            assert re.search(rf"`(gitconfig-server|gitcfg) {name}\b", CHAPTERS["commands"])


@pytest.mark.parametrize(("block", "kind"), blocks("python"))
def test_python_blocks_run(block, kind, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exec(compile(block, "docs", "exec"), {})


@pytest.mark.parametrize(("block", "kind"), blocks("yaml"))
def test_yaml_blocks_are_what_they_are_called(block, kind):
    content = yaml.safe_load(block)
    assert isinstance(content, dict)
    if kind == "settings":
        Settings.model_validate(content)


@pytest.mark.parametrize(("block", "kind"), blocks("ini"))
def test_ini_blocks_can_be_read(block, kind):
    parser = configparser.RawConfigParser(strict=False)
    parser.read_string(block)
    assert parser.sections()


@pytest.mark.parametrize(("block", "kind"), blocks("sh"))
def test_commands_of_shell_blocks_are_understood(block, kind):
    commands = typer.main.get_command(command_line)
    for line in block.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        if words and Path(words[0]).name in ("gitcfg", "gitconfig-server"):
            with commands.make_context("gitcfg", list(words[1:2])) as context:
                command = commands.get_command(context, words[1])
                assert command, line
                command.make_context(words[1], words[2:], parent=context, resilient_parsing=False).close()


def test_blocks_say_what_they_are():
    told = {of for text in [README, *CHAPTERS.values()] for of, _, _ in BLOCK.findall(text)}
    assert told <= {"sh", "console", "telnet", "python", "yaml", "ini", "nginx", "json", "text"}
