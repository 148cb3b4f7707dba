"""A file imports its own folder and the floors beneath it, for types as well; third parties stay at home."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "gitconfig_server"

FLOORS = {
    "wire": 0,
    "model": 0,
    "settings": 0,
    "storage": 1,
    "formats": 1,
    "git": 2,
    "config": 3,
    "service": 4,
    "client": 5,
    "backends": 5,
    "text": 5,
    "commands": 6,
    "web": 6,
    "telnet": 6,
    "manager": 7,
    "server": 7,
    "cli": 8,
    "__main__": 9,
    "__init__": 9,
}
"""Folders and root files; the root files that are not named are on the ground floor."""

HOMES = {  # msgspec is at home everywhere: values are its structs, for which dataclasses.replace does not work
    "dataclasses": {"model", "backend", "backends", "storage"},
    "telnetlib3": {"telnet"},
    "dulwich": {"storage", "git"},
    "psycopg": {"storage"},
    "pymongo": {"storage"},
    "bson": {"storage"},
    "fastapi": {"web"},
    "starlette": {"web", "server"},  # for the type of what is assembled and run
    "uvicorn": {"web", "server", "manager"},
    "yaml": {"formats", "settings", "commands"},  # settings files are YAML
    "javaproperties": {"formats"},
    "cryptography": {"formats"},
    "deepdiff": {"config"},
    "jsonschema_rs": {"config"},
    "httpx": {"client", "service"},
    "prometheus_client": {"web"},
    "typer": {"cli", "commands"},
    "rich": {"cli", "commands", "text"},
    "pydantic": {"web", "settings", "manager"},
    "pydantic_settings": {"settings", "manager"},
    "structlog": {"service", "web", "server"},
    "orjson": {"web", "client", "wire", "manager"},
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
    """Downwards, within a folder, and within the ground floor, whose order the test of the rooms checks."""
    return part == other or floor(other) < floor(part) or floor(part) == floor(other) == 0


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_only_go_down(path):
    for name in imports(path):
        package, _, inner = name.partition(".")
        if package == "gitconfig_server":
            assert may_import(part_of(path), inner.partition(".")[0]), name


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_nothing_above_asks_which_storage_it_is(path):
    if part_of(path) != "storage":
        named = [name.split(".")[2] for name in imports(path) if name.startswith("gitconfig_server.storage.")]
        assert not {"disk", "memory", "rows", "sqlite", "postgresql", "mongodb"} & set(named)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_third_parties_stay_at_home(path):
    for name in imports(path):
        home = HOMES.get(name.partition(".")[0])
        assert home is None or part_of(path) in home, f"{name} belongs in {home}"


def module_of(path):
    """The dotted name of a file below the package; an ``__init__`` has that of its folder."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(path) for path in FILES}
FOLDERS = sorted(module_of(path) for path in FILES if path.stem == "__init__")


def imported_modules(path):
    """The modules of the package that a file imports, whether a module is named or something in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("gitconfig_server"):
            module = node.module.removeprefix("gitconfig_server").removeprefix(".")
            for alias in node.names:
                inner = f"{module}.{alias.name}".removeprefix(".")
                yield inner if inner in MODULES else module


EDGES = {(module_of(path), other) for path in FILES if module_of(path) for other in imported_modules(path)}
"""All imports but the lazy ones of the package itself."""


def rooms(folder):
    """The imports between what stands in ``folder``: its files, and each of its folders as one room."""
    depth = len(folder.split(".")) if folder else 0
    inside = [edge for edge in EDGES if not folder or all(f"{name}.".startswith(f"{folder}.") for name in edge)]
    return {tuple(".".join(name.split(".")[: depth + 1]) for name in edge) for edge in inside}


@pytest.mark.parametrize("folder", FOLDERS)
def test_rooms_of_a_folder_import_in_one_direction(folder):
    graph = TopologicalSorter()
    for room, other in rooms(folder):
        if folder not in (room, other) and room != other:
            graph.add(room, other)
    graph.prepare()  # CycleError names the circle


def test_no_files_import_each_other_in_a_circle():
    graph = TopologicalSorter()
    for one, other in EDGES:
        graph.add(one, other)
    graph.prepare()


def test_every_folder_has_a_floor():
    assert {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()} <= set(FLOORS)
