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


@pytest.mark.parametrize(("where", "when"), [("kept", r"the 2\. time"), ("socket", "at once"), ("ready", "at once")])
async def test_a_difference_is_found(client, where, when, monkeypatch):
    if where == "kept":
        monkeypatch.setattr(KeptAnswer, "kind", lambda *_: 1)
    elif where == "socket":
        monkeypatch.setattr("gitconfig_server.web.protocol.make_id", lambda: b"0" * 15)
    else:
        monkeypatch.setattr("gitconfig_server.web.ready._LAST_DIGITS", [b"00\r\n\r\n"] * 512)
    with pytest.raises(AssertionError, match=when):
        await client().get("/orders/prod")
