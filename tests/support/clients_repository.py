"""The repository that the clients of others read, and the values that each of them must find in it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from support.git import git

KEY = "foo"
CIPHER = "{cipher}d1b2458ccede07c856ff952bd841638ff4dd12ed1d36812663c3c7262d57bf46"
SECRET = "SUPER SECRET"
"""What Spring encrypted as ``CIPHER`` with ``KEY``."""

# One of the clients looks for sources whose names contain "configurations/<application>".
FILES: Mapping[str, str] = {
    "gitconfig.yml": "search_paths: [configurations]\n",
    "configurations/application.yml": "db:\n  host: db.internal\n  port: 5432\npool:\n  size: 5\n",
    "configurations/orders.yml": f"""\
db:
  url: jdbc:postgresql://${{db.host}}/orders
  password: '{CIPHER}'
pool:
  size: 10
  timeout: 30s
  hosts: [one, two]
  weights: {{one: 3, two: 1}}
""",
    "configurations/orders-prod.yml": "pool:\n  size: 30\n  ratio: 0.25\ncache.enabled: true\ngreeting: Grüße, 世界\n",
    "configurations/orders-eu.properties": "tax=eu\npool.region=eu-west\n",
    "configurations/vault.yml": f"login: admin\npassword: '{CIPHER}'\n",
    "configurations/application-kafka.yml": "kafka.topic: orders\n",
    "nginx.conf": "worker_processes 4;\n",
    "conf/ssl.conf": "ssl on;\n",
}

PROD: Mapping[str, Any] = {"pool.size": 50, "pool.ratio": 0.25, "cache.enabled": True, "greeting": "Grüße, 世界"}
"""The source of ``orders``, ``prod`` alone, on ``main``."""

EU: Mapping[str, Any] = {"tax": "eu", "pool.region": "eu-west"}

STORED: Mapping[str, Any] = {
    "db.host": "db.internal",
    "db.port": 5432,
    "db.url": "jdbc:postgresql://${db.host}/orders",
    "db.password": SECRET,
    "pool.timeout": "30s",
    "pool.hosts[0]": "one",
    "pool.hosts[1]": "two",
    "pool.weights.one": 3,
    "pool.weights.two": 1,
    **PROD,
    **EU,
}
"""``orders`` with ``prod,eu`` on ``main``, decrypted, its placeholder as it stands."""

RESOLVED: Mapping[str, Any] = {**STORED, "db.url": "jdbc:postgresql://db.internal/orders"}
"""The same with its placeholder resolved."""

FIRST_SIZE, RELEASE_SIZE = 30, 40
"""``pool.size`` of ``prod`` at the tag ``v1`` and on the branch ``release/1.0``."""


def make_repository(folder: Path) -> Path:
    """A bare repository with the branches ``main`` and ``release/1.0`` and the tag ``v1``."""
    work = folder / "work"
    git(folder, "init", "--quiet", "--initial-branch", "main", work.name)
    for path, text in FILES.items():
        (work / path).parent.mkdir(exist_ok=True)
        (work / path).write_text(text)
    commit(work, "first")
    git(work, "tag", "v1")
    git(work, "switch", "--quiet", "--create", "release/1.0")
    resize(work, FIRST_SIZE, RELEASE_SIZE)
    git(work, "switch", "--quiet", "main")
    resize(work, FIRST_SIZE, PROD["pool.size"])
    git(folder, "clone", "--quiet", "--bare", work.name, "config.git")
    return folder / "config.git"


def resize(work: Path, old: int, new: int) -> None:
    """Commit another ``pool.size`` of ``prod``."""
    path = work / "configurations/orders-prod.yml"
    path.write_text(path.read_text().replace(f"size: {old}\n", f"size: {new}\n"))
    commit(work, f"size {new}")


def commit(work: Path, message: str) -> None:
    """Commit all that has changed in a work tree."""
    git(work, "add", "--all")
    git(work, "commit", "--quiet", "--message", message)


def flat(value: Any, key: str = "") -> dict[str, Any]:
    """Nested objects and lists as flat keys: ``a.b[0]``."""
    if isinstance(value, dict):
        parts = [(f"{key}.{name}" if key else str(name), inner) for name, inner in value.items()]
    elif isinstance(value, list):
        parts = [(f"{key}[{index}]", inner) for index, inner in enumerate(value)]
    else:
        return {key: value}
    return {path: leaf for name, inner in parts for path, leaf in flat(inner, name).items()}


def texts(properties: Mapping[str, Any]) -> dict[str, str]:
    """The values as Python writes them: some clients keep everything in environment variables."""
    return {key: str(value) for key, value in properties.items()}
