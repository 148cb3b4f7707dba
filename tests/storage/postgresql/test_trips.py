"""How often a request goes to the database: refs are asked for once, by who writes, and objects level by level."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from support.repositories import commit as write_files
from support.storages import Made

from gitconfig_server.git.repository import GitRepository
from gitconfig_server.server.assembly import assemble
from gitconfig_server.service.opening import Opened
from gitconfig_server.settings import Settings
from gitconfig_server.storage.postgresql.connection import PgConnection

SOURCE = "/api/v1/sources/orders/prod"
MERGE = {"Content-Type": "application/merge-patch+json"}
REQUESTS = [
    ("GET", "/orders/prod", None, 0),
    ("GET", "/api/v1/environments/orders/prod", None, 0),
    ("GET", SOURCE, None, 0),
    ("GET", "/api/v1/labels", None, 0),
    ("GET", "/api/v1/diff?from=main~1&to=main", None, 0),
    ("PATCH", SOURCE, {"a": 2}, 3),  # refs; lock and refs; all that is stored, and the commit
    ("PATCH", f"{SOURCE}?label=staged", {"a": 3}, 3),
    ("GET", "/api/v1/labels/main/staged", None, 1),  # whom staged belongs to is asked of the journal
    ("PATCH", f"{SOURCE}?label=staged", {"a": 4}, 4),
    ("POST", "/api/v1/labels/main/apply", {}, 4),
    ("POST", "/api/v1/labels/main/restore", {"to": "main~2"}, 3),
    ("GET", "/api/v1/history", None, 3),  # the journal, page by page
]


@pytest.fixture
def trips(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """One for each trip of any connection from now on."""
    made: list[object] = []
    run, commit = PgConnection._trip, PgConnection.commit
    monkeypatch.setattr(PgConnection, "_trip", lambda self, said: made.append(said) or run(self, said))
    monkeypatch.setattr(PgConnection, "commit", lambda self, *last: made.append(last) or commit(self, *last))
    return made


@pytest.fixture
def places(tmp_path: Path) -> Iterator[Made]:
    made = Made("postgresql", tmp_path)
    yield made
    made.close()


@pytest.mark.anyio
async def test_requests_go_to_the_database_a_few_times(
    places: Made, trips: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = places()
    folder = Path(__file__).parents[3] / "repo_template"
    files = {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}
    write_files(GitRepository(storage.create("one")), files)
    beside = places.again(storage)
    repository = beside.open("one")
    monkeypatch.setattr(repository._follower, "start", lambda: None)  # its pulse is no part of a request
    monkeypatch.setattr(repository._view, "is_shown", lambda: True)  # nor does it matter here how old a look is
    monkeypatch.setattr(repository._view, "is_current", lambda: True)
    app = assemble(Settings(), Opened(beside, repository))
    taken = []
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        for method, path, body, _ in [("GET", "/orders/prod", None, 4), ("PATCH", SOURCE, {"a": 1}, 9), *REQUESTS]:
            trips.clear()
            headers = MERGE if method == "PATCH" else {}
            answer = await client.request(method, path, json=body, headers=headers)
            assert answer.status_code == 200, answer.text
            taken.append((method, path, body, len(trips)))
    assert [one for one, most in zip(taken[2:], REQUESTS, strict=True) if one[3] > most[3]] == []
    assert taken[0][3] <= 4
