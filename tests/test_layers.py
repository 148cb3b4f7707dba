"""A file imports its own folder and the floors beneath it, for types as well; third parties stay at home."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "gitconfig_server"

FLOORS = {
    "settings": 1,
    "storage": 1,
    "git": 2,
    "config": 3,
    "service": 4,
    "client": 5,
    "backends": 5,
    "commands": 6,
    "web": 6,
    "telnet": 6,
    "manager": 7,
    "door_rules": 4,
    "hooks": 7,
    "logs": 7,
    "process": 7,
    "server": 7,
    "cli": 8,
    "__main__": 9,
    "__init__": 9,
}
"""Folders and root files; the root files that are not named are nouns, the ground floor."""

HOMES = {
    "dulwich": {"storage", "git"},
    "fastapi": {"web"},
    "starlette": {"web", "server", "process"},  # for the type of what is assembled and run
    "uvicorn": {"web", "process"},
    "yaml": {"config", "settings", "commands"},  # settings files are YAML
    "javaproperties": {"config"},
    "cryptography": {"config"},
    "deepdiff": {"config"},
    "httpx": {"client", "service"},
    "prometheus_client": {"web"},
    "typer": {"cli", "commands"},
    "rich": {"cli", "commands"},
    "pydantic": {"web", "settings"},
    "pydantic_settings": {"settings"},
    "structlog": {"service", "web", "logs", "server", "process"},
    "orjson": {"web", "client"},
    "anyio": {"service", "web", "backends"},
}

FILES = sorted(PACKAGE.rglob("*.py"))


def part_of(path):
    """The folder of the package that a file lies in, or the name of a root file."""
    inside = path.relative_to(PACKAGE)
    return inside.parts[0] if len(inside.parts) > 1 else inside.stem


def imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            assert node.module
            if node.module == "gitconfig_server":
                yield from (f"{node.module}.{alias.name}" for alias in node.names)
            else:
                yield node.module


def floor(part):
    return FLOORS.get(part, 0)


def may_import(part, other):
    """Downwards, within a folder, and between root files of one floor."""
    beside = not (PACKAGE / part).is_dir() and not (PACKAGE / other).is_dir()
    return part == other or floor(other) < floor(part) or (beside and floor(other) == floor(part))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_only_go_down(path):
    for name in imports(path):
        package, _, inner = name.partition(".")
        if package == "gitconfig_server" and inner != "__version__":
            assert may_import(part_of(path), inner.partition(".")[0]), name


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_third_parties_stay_at_home(path):
    for name in imports(path):
        home = HOMES.get(name.partition(".")[0])
        assert home is None or part_of(path) in home, f"{name} belongs in {home}"


def test_every_folder_has_a_floor():
    assert {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()} <= set(FLOORS)
