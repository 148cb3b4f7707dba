"""Where a repository can be: a folder, a file, and servers of our own, as the tests start them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
from support.mongo import MongoServer
from support.postgres import Cluster, programs

KINDS = ("disk", "sqlite", "postgresql", "mongodb")


@contextmanager
def places(folder: Path, wanted: Sequence[str] = KINDS) -> Iterator[dict[str, str]]:
    """Kind -> URL of a new repository's place; without those whose server is not installed here."""
    with ExitStack() as held:
        found = {"disk": str(folder / "disk.git"), "sqlite": f"sqlite://{folder}/stored.db"}
        if "postgresql" in wanted:
            with suppress(pytest.skip.Exception):
                cluster = Cluster(programs(), {"fsync": "on"})
                held.callback(cluster.remove)
                found["postgresql"] = cluster.dsn("postgres")
        if "mongodb" in wanted:
            with suppress(pytest.skip.Exception):
                server = MongoServer()
                held.callback(server.remove)
                found["mongodb"] = f"{server.uri}/stored"
        yield {kind: found[kind] for kind in wanted if kind in found}
