"""The whole application over a real repository, called without a network."""

from __future__ import annotations

from typing import Any

import httpx

from gitconfig_server.server.assembly import assemble, open_repository
from gitconfig_server.settings import Settings

MERGE, PATCH = "application/merge-patch+json", "application/json-patch+json"


def native_client(repository: str = "memory://", **settings: Any) -> httpx.AsyncClient:
    """A client of ``/api/v1``, of an empty repository in memory if none is named."""
    chosen = Settings(repository=repository, **settings)
    app = assemble(chosen, open_repository(chosen))
    transport = httpx.ASGITransport(app=app)
    return httpx.AsyncClient(transport=transport, base_url="http://localhost/api/v1")


async def put_source(client: httpx.AsyncClient, source: str, **properties: Any) -> httpx.Response:
    """Store a source named like ``orders/prod``; it must be taken."""
    answer = await client.put(f"/sources/{source}", json={"properties": properties})
    assert answer.status_code == 200, answer.text
    return answer


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The problem document that an answer must be."""
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    assert answer.json()["code"] == code
    found: dict[str, Any] = answer.json()
    return found


async def history(client: httpx.AsyncClient, label: str = "main") -> list[dict[str, Any]]:
    """The entries of a label's history, the newest first."""
    found: list[dict[str, Any]] = (await client.get(f"/history?label={label}")).json()["history"]
    return found
