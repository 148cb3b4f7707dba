"""The native API over a repository in memory."""

import pytest
from support.native import native_client, put_source


@pytest.fixture
async def native():
    """Of a repository with one source, one file and a tag."""
    client = native_client()
    await put_source(client, "orders/prod", db={"url": "x", "pool": 3})
    await client.put("/files/notes/a.txt", content=b"hello\n")
    await client.put("/labels/v1", json={"kind": "tag", "message": "one"})
    return client
