from pathlib import Path

import pytest
from support.repositories import EPOCH, memory_repository

from gitconfig_server.config.checking.trees import check_tree
from gitconfig_server.config.engine import ConfigEngine
from gitconfig_server.config.writing.template import commit_template
from gitconfig_server.errors import Conflict, InvalidInput
from gitconfig_server.model.reads import Reading

TEMPLATE = Path(__file__).parent.parent.parent.parent / "repo_template"


def test_the_template_is_the_first_commit_and_can_be_read():
    git = memory_repository(checks=[check_tree])
    commit = commit_template(git, TEMPLATE, EPOCH)
    environment = ConfigEngine(git).environment(("orders",), ("prod",), Reading())
    assert environment.commit == commit
    assert [source.path for source in environment.sources] == [
        "orders/application-prod.yml",
        "application-prod.yml",
        "orders/application.yml",
        "application.yml",
    ]


def test_a_repository_with_labels_is_left_alone():
    git = memory_repository()
    commit_template(git, TEMPLATE, EPOCH)
    with pytest.raises(Conflict):
        commit_template(git, TEMPLATE, EPOCH)


def test_an_empty_template_is_refused(tmp_path):
    with pytest.raises(InvalidInput):
        commit_template(memory_repository(), tmp_path, EPOCH)
