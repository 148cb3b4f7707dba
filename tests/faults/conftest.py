"""What fails databases, networks and several servers takes minutes, and is left to ``scripts/test --all``."""

import os

import pytest

LONG = {
    "test_databases_full_disk",
    "test_databases_kill",
    "test_databases_told",
    "test_direct_pushes",
    "test_fresh_reads",
    "test_pending",
    "test_postgresql",
    "test_replicas",
    "test_stale_reads",
}
DATABASES = ("mongodb", "postgresql", "sqlite")


def pytest_collection_modifyitems(items):
    if os.environ.get("GITCONFIG_TEST_ALL"):
        return
    for item in items:
        kind = item.callspec.id if hasattr(item, "callspec") else ""
        if item.path.parent.name == "faults" and (item.path.stem in LONG or kind.startswith(DATABASES)):
            item.add_marker(pytest.mark.skip(reason="a long run, of scripts/test --all"))
