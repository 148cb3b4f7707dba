import pytest

from gitconfig_server.model.principals import ANONYMOUS, Principal
from gitconfig_server.web.manners.identity import Identify, caller_of, identify

pytestmark = pytest.mark.anyio


async def test_the_caller_is_known_by_the_headers_alone():
    seen = []

    async def app(scope, receive, send):
        seen.append(caller_of(scope))

    def by_name(headers):
        return Principal(dict(headers)[b"authorization"].decode())

    headers = [(b"authorization", b"tess")]
    await Identify(app, by_name)({"type": "http", "headers": headers}, None, None)
    await Identify(app)({"type": "http", "headers": headers}, None, None)
    await Identify(app, by_name)({"type": "lifespan"}, None, None)
    assert seen == [Principal("tess"), ANONYMOUS, ANONYMOUS]


def test_an_open_server_does_not_ask():
    assert identify([(b"authorization", b"Basic eDp5")]) == ANONYMOUS
