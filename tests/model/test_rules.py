"""The list of rule words holds every word that the code names, and no other."""

import ast
import re
from pathlib import Path

from gitconfig_server.model.rules import CHECKS, FILES, OBJECTS, REFS, RULES

PACKAGE = Path(__file__).parent.parent.parent / "gitconfig_server"
WORD = re.compile(r"[a-z]+(-[a-z]+)*")
NAMERS = {"Finding", "InvalidContent", "UpdateRefused", "Remark", "CheckFailed", "_refuse", "refuse"}
"""What is called with a rule word among its first three arguments."""

FOLDERS = ("storage", "formats", "git", "config", "service")
"""Where pushes, saves and files are judged; a Manager refuses with words of its own."""


def constants():
    for path in PACKAGE.rglob("*.py"):
        if path.parent.name != "model":
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value


def named():
    """The words that stand where a rule is named, with the file that does it."""
    for path in (path for folder in FOLDERS for path in (PACKAGE / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                for argument in node.args[:3] if called in NAMERS else ():
                    if isinstance(argument, ast.Constant) and WORD.fullmatch(str(argument.value)):
                        yield argument.value, path.name


def test_every_word_that_is_named_is_in_the_list():
    assert {word: file for word, file in named() if word not in RULES} == {}


def test_every_word_of_the_list_is_in_use():
    made = {f"malformed-{kind}" for kind in ("commit", "tag", "tree")}  # put together where they are named
    assert set(RULES) - made - set(constants()) == set()


def test_a_word_stands_in_one_group():
    assert len(RULES) == sum(map(len, (REFS, OBJECTS, FILES, CHECKS)))
