"""That the comparison which the whole web suite makes would find a difference."""

import pytest

from gitconfig_server.web.answers.kept_answers import KeptAnswer

pytestmark = pytest.mark.anyio


async def test_reads_are_compared_up_to_the_socket(client, both_paths):
    before = both_paths.compared, both_paths.from_socket
    await client().get("/orders/prod")
    await client().get("/nowhere/at/all/nothing")
    await client().post("/orders/prod")
    assert (both_paths.compared, both_paths.from_socket) == (before[0] + 2, before[1] + 1)


@pytest.mark.parametrize("where", ["kept", "socket"])
async def test_a_difference_is_found(client, where, monkeypatch):
    if where == "kept":
        monkeypatch.setattr(KeptAnswer, "kind", lambda *_: 1)
    else:
        monkeypatch.setattr("gitconfig_server.web.protocol.make_id", lambda: b"0" * 15)
    with pytest.raises(AssertionError, match=r"the [24]\. time"):
        await client().get("/orders/prod")
