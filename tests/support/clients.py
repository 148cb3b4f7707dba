"""Programs of others, each installed in a folder of its own beneath ``.clients``, which is kept between runs."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from support.components import absent

KEPT = Path(__file__).parents[2] / ".clients"
CLIENTS = Path(__file__).parents[1] / "clients"
SECONDS = 600

DECLARED_PYTHON = {"spring-cloud-config-client": "3.12"}
"""Packages that declare a newer Python than the oldest of ours, though their code runs on it."""

NO_PROXY = {"NO_PROXY": "*", "no_proxy": "*"}
_FOREIGN = ("PYTHONPATH", "VIRTUAL_ENV", "NODE_PATH")


def program(name: str, package: str) -> str:
    """Where ``name`` is; without it the test cannot run."""
    return shutil.which(name) or absent(f"{name} (on Debian: apt-get install {package})")


def try_run(*command: str | Path, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a program with ``variables`` added to the environment and tell how it went."""
    inherited = {name: value for name, value in os.environ.items() if name not in _FOREIGN}
    arguments, environment = [str(part) for part in command], {**inherited, **variables}
    return subprocess.run(
        arguments, cwd=cwd, env=environment, capture_output=True, encoding="utf-8", timeout=SECONDS, check=False
    )


def run(*command: str | Path, cwd: Path, **variables: str) -> str:
    """As ``try_run``, but it must succeed; what it printed."""
    done = try_run(*command, cwd=cwd, **variables)
    assert done.returncode == 0, f"{' '.join(done.args)}:\n{done.stdout}{done.stderr}"
    return done.stdout


def kept(name: str, inputs: bytes, make: Callable[[Path], None]) -> Path:
    """The folder that ``make`` has filled from ``inputs``: once, for as long as they are the same."""
    parent = KEPT / name
    parent.mkdir(parents=True, exist_ok=True)
    with (parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = parent / sha256(inputs).hexdigest()[:12]
        made = folder / ".made"
        if not made.exists():
            _clear(parent)
            folder.mkdir()
            make(folder)
            made.touch()
    return folder


def _clear(parent: Path) -> None:
    """What was made from other inputs, or was not finished, is of no use any more."""
    for old in parent.iterdir():
        if old.is_dir():
            shutil.rmtree(old)


@dataclass(frozen=True)
class Client:
    """An installed client. ``start`` runs a text of code, given after it; ``prelude`` defines ``show`` there."""

    start: tuple[str, ...]
    prelude: str
    bin: Path
    cwd: Path
    variables: Mapping[str, str] = field(default_factory=dict)

    def shown(self, code: str, *arguments: str, **variables: str) -> Any:
        """What ``code`` passed to ``show``, which comes last; clients print lines of their own before it."""
        given = {**NO_PROXY, **self.variables, **variables}
        printed = run(*self.start, self.prelude + code, *arguments, cwd=self.cwd, **given)
        return json.loads(printed.splitlines()[-1])

    def command(self, name: str, *arguments: str) -> str:
        """What the client's own command printed."""
        return run(self.bin / name, *arguments, cwd=self.cwd, **NO_PROXY)


def python_client(name: str, cwd: Path) -> Client:
    """A client of PyPI in a virtual environment that holds exactly what ``clients/pypi/<name>.txt`` pins."""
    pins = (CLIENTS / "pypi" / f"{name}.txt").read_text()
    interpreter = f"{sys.base_prefix} {sys.version}"
    inputs = f"{pins}{interpreter}".encode()
    folder = kept(f"pypi/{name}", inputs, lambda empty: _install(name, pins.split(), empty))
    prelude = "import json, os, sys\ndef show(value): print(json.dumps(value))\n"
    return Client((str(folder / "bin/python"), "-c"), prelude, folder / "bin", cwd)


def _install(name: str, pins: list[str], folder: Path) -> None:
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}") or absent("uv")
    install = (uv, "pip", "install", "--quiet", "--compile-bytecode", "--no-deps", "--python", folder)
    declared = DECLARED_PYTHON.get(name)
    own = [pin for pin in pins if declared and pin.startswith(f"{name}==")]
    run(uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, folder, cwd=folder)
    run(*install, *(pin for pin in pins if pin not in own), cwd=folder)
    if declared:
        run(*install, "--python-version", declared, *own, cwd=folder)


def node_client(name: str, cwd: Path) -> Client:
    """A client of npm with exactly what the lock file in ``clients/npm/<name>`` pins."""
    node, npm = program("node", "nodejs"), program("npm", "npm")
    files = [CLIENTS / "npm" / name / file for file in ("package.json", "package-lock.json")]

    def install(folder: Path) -> None:
        for file in files:
            shutil.copy(file, folder)
        run(npm, "ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", cwd=folder)

    folder = kept(f"npm/{name}", b"".join(file.read_bytes() for file in files), install)
    prelude = "const show = (value) => console.log(JSON.stringify(value));\n"
    modules = folder / "node_modules"
    return Client((node, "-e"), prelude, modules / ".bin", cwd, {"NODE_PATH": str(modules)})


def maven_jar(project: Path) -> Path:
    """The jar of a Maven project, built where its sources have changed; from Maven's own cache where that is enough."""
    program("javac", "default-jdk-headless")
    maven = program("mvn", "maven")
    sources = sorted(path for path in project.rglob("*") if path.is_file())
    inputs = b"".join(b"%s\0%s\0" % (path.name.encode(), path.read_bytes()) for path in sources)

    def build(folder: Path) -> None:
        command = (maven, "--batch-mode", "--quiet", f"-Dmade={folder}", "package")
        if try_run(*command, "--offline", cwd=project).returncode != 0:
            run(*command, cwd=project)

    return kept(f"maven/{project.name}", inputs, build) / "reader.jar"
