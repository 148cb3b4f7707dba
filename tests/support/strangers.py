"""What somebody who may only send requests gets to read of a server in trouble."""

from __future__ import annotations

import httpx

from gitconfig_server.git.pkt_line import encode
from gitconfig_server.server.assembly import assemble
from gitconfig_server.service.opening import Opened
from gitconfig_server.settings import Settings
from gitconfig_server.storage.base import Storage
from support.packs import commit, pack, push_body, tree

_PUSH = {"content-type": "application/x-git-receive-pack-request"}
_FETCH = {"content-type": "application/x-git-upload-pack-request", "git-protocol": "version=2"}
_SOURCE = "/api/v1/sources/orders/prod"


def client_of(storage: Storage, name: str = "config") -> httpx.AsyncClient:
    """A client of the whole application over a repository, which holds a source."""
    app = assemble(Settings(), Opened(storage, storage.open(name)))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://localhost")


async def fill(client: httpx.AsyncClient) -> None:
    """Save what the others read."""
    answer = await client.put(_SOURCE, json={"properties": {"value": 1}})
    assert answer.status_code == 200, answer.text


async def complaints(client: httpx.AsyncClient) -> list[httpx.Response]:
    """Of the answers of every face to reads and writes those that say that something is wrong."""
    empty = tree()
    new = commit(empty.id)
    push = push_body([(b"0" * 40, new.id, b"refs/heads/pushed")], pack([empty, new]))
    ask = encode(b"command=ls-refs") + b"0000"
    answers = [
        await client.get("/ready"),
        await client.get("/api/v1/labels?fresh=1"),
        await client.get("/api/v1/environments/orders/prod?fresh=1"),
        await client.get("/api/v1/history"),
        await client.get("/orders/prod"),
        await client.get("/orders-prod.yml"),
        await client.put(_SOURCE, json={"properties": {"value": 2}}),
        await client.get("/config.git/info/refs?service=git-upload-pack"),
        await client.post("/config.git/git-upload-pack", content=ask, headers=_FETCH),
        await client.post("/config.git/git-receive-pack", content=push, headers=_PUSH),
    ]
    return [one for one in answers if one.status_code >= 400 or b"ng refs/" in one.content]


def text_of(answer: httpx.Response) -> str:
    """All of it that is not of the request."""
    return f"{answer.text} {answer.headers}"
