from io import BytesIO

import pytest
from support.packs import NO_ID, push_body

from gitconfig_server.errors import MalformedRequest, TooLarge
from gitconfig_server.git.pkt_line import encode
from gitconfig_server.git.receiving.request import MAX_OPTIONS, read_push_request
from gitconfig_server.storage.base import RefUpdate

ONE, TWO = b"1" * 40, b"2" * 40


def read(body):
    return read_push_request(BytesIO(body))


def test_commands_capabilities_and_options_are_read_up_to_the_pack():
    body = push_body(
        [(NO_ID, ONE, b"refs/heads/a"), (ONE, NO_ID, b"refs/heads/b")], capabilities=b"atomic push-options"
    )
    file = BytesIO(encode(b"shallow " + TWO) + body + encode(b"ticket=1") + b"0000" + b"PACK")
    request = read_push_request(file)
    assert request.updates == (RefUpdate(b"refs/heads/a", None, ONE), RefUpdate(b"refs/heads/b", ONE, None))
    assert (request.atomic, request.needs_pack, request.options) == (True, True, ("ticket=1",))
    assert file.read() == b"PACK"


def test_deletions_alone_need_no_pack():
    assert not read(push_body([(ONE, NO_ID, b"refs/heads/a")])).needs_pack


@pytest.mark.parametrize("body", [b"0000", b""])
def test_a_probe_asks_for_nothing(body):
    assert read(body).updates == ()


@pytest.mark.parametrize(
    "body",
    [
        encode(b"hello"),
        encode(ONE + b" " + TWO),
        encode(b"push-cert\0 report-status"),
        encode(ONE[:39] + b" " + TWO + b" refs/heads/a"),
        push_body([(NO_ID, ONE, b"refs/heads/a"), (NO_ID, TWO, b"refs/heads/a")]),
        push_body([(NO_ID, ONE, b"refs/heads/a")], capabilities=b"object-format=sha256"),
    ],
)
def test_nonsense_is_refused(body):
    with pytest.raises(MalformedRequest):
        read(body)


def test_what_is_not_there_may_be_deleted():
    request = read(push_body([(NO_ID, NO_ID, b"refs/heads/a")]))
    assert request.updates == (RefUpdate(b"refs/heads/a", None, None),)
    assert not request.needs_pack


def test_commands_and_options_are_bounded():
    with pytest.raises(TooLarge):
        read(push_body([(NO_ID, ONE, b"refs/heads/" + b"%d" % number * 4000) for number in range(2000)]))
    body = push_body([(NO_ID, ONE, b"refs/heads/a")], capabilities=b"push-options")
    with pytest.raises(TooLarge):
        read(body + encode(b"x") * (MAX_OPTIONS + 1) + b"0000")
