import pytest

from gitconfig_server.git.serving.negotiation import acknowledge_v0, acknowledge_v2
from gitconfig_server.git.serving.request import FetchRequest

A, B, C = b"a" * 40, b"b" * 40, b"c" * 40


def lines(answer):
    encoded, ready = answer
    return [line[4:].replace(b"a" * 40, b"A").replace(b"b" * 40, b"B") for line in encoded.splitlines()], ready


def request(flags, haves, done=False):
    return FetchRequest(wants=[C], haves=haves, done=done, more=True, flags=frozenset(flags))


DETAILED, MULTI, NO_DONE = b"multi_ack_detailed", b"multi_ack", b"no-done"


@pytest.mark.parametrize(
    ("flags", "haves", "done", "expected"),
    [
        ([], [], True, ([b"NAK"], True)),
        ([], [A, B], True, ([b"ACK A"], True)),
        ([], [A, B], False, ([b"ACK A"], False)),
        ([], [C], False, ([b"NAK"], False)),
        ([MULTI], [A, C, B], False, ([b"ACK A continue", b"ACK B continue", b"NAK"], False)),
        ([MULTI], [A], True, ([b"ACK A continue", b"ACK A"], True)),
        ([DETAILED], [], True, ([b"NAK"], True)),
        ([DETAILED], [C], False, ([b"NAK"], False)),
        ([DETAILED], [A], False, ([b"ACK A common", b"ACK A ready", b"NAK"], False)),
        ([DETAILED, NO_DONE], [A], False, ([b"ACK A common", b"ACK A ready", b"NAK", b"ACK A"], True)),
        ([DETAILED], [A, B], True, ([b"ACK A common", b"ACK B common", b"ACK B"], True)),
    ],
)
def test_v0_answers_as_git_does(flags, haves, done, expected):
    assert lines(acknowledge_v0(request(flags, haves, done), {A, B})) == expected


def test_v2_is_ready_as_soon_as_something_is_common():
    encoded, ready = acknowledge_v2(request([], [C, A]), {A})
    assert ready
    assert encoded.endswith(b"ready\n0001")
    encoded, ready = acknowledge_v2(request([], [C]), {A})
    assert not ready
    assert encoded.endswith(b"NAK\n0000")


@pytest.mark.parametrize(("haves", "done"), [([], False), ([A], True)])
def test_v2_acknowledges_only_where_it_is_asked(haves, done):
    assert acknowledge_v2(request([], haves, done), {A}) == (b"", True)
