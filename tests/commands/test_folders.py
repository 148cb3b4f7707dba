"""Checking a folder without a server."""

import json

import pytest
from support.git import git
from typer.testing import CliRunner

from gitconfig_server.cli import app

SCHEMA = "properties: {port: {type: integer}}\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "orders.yml").write_text(SCHEMA)
    (tmp_path / "orders.yml").write_text("a: 1\nport: high\n")
    return tmp_path


def check(*arguments):
    done = CliRunner().invoke(app, ["check", *arguments])
    return done.exit_code, done.stdout


def test_what_a_push_would_be_told(folder):
    code, told = check(".")
    assert (code, told.startswith('error: orders.yml:2: port: the value is not of type "integer"')) == (4, True)
    (folder / "orders.yml").write_text("port: 1\n")
    assert check(str(folder)) == (0, "")


def test_for_machines_and_for_github(folder):
    (folder / "broken.yml").write_text("a: [\n")
    found = json.loads(check(".", "--format", "json")[1])["findings"]
    assert [(one["file"], one["rule"], one["fatal"]) for one in found] == [
        ("broken.yml", "yaml-syntax", True),
        ("orders.yml", "schema-type", True),
    ]
    lines = check("--format", "github")[1].splitlines()
    assert lines[1].startswith("::error file=orders.yml,line=2,title=schema-type::port: ")
    assert check(".", "--format", "xml")[0] != 0


def test_of_a_work_tree_what_git_would_add(folder):
    git(folder, "init", "--quiet")
    (folder / ".gitignore").write_text("orders.yml\n")
    assert check(".") == (0, "")
