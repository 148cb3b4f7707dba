import anyio
import pytest
from starlette.responses import PlainTextResponse
from support.live import live

from gitconfig_server.web.direct import direct_of, encode_headers
from gitconfig_server.web.manners.headers import UPSTREAM_AGE, TellAge

pytestmark = pytest.mark.anyio


async def whole(scope, receive, send):
    """Answers as the fast path does, where the server has a way for it."""
    direct = direct_of(scope)
    head = encode_headers([(b"content-length", b"4")])
    if not (direct and direct.send_whole(scope, 200, head, b"fast")):
        await PlainTextResponse("slow")(scope, receive, send)


@pytest.mark.parametrize(("age", "body"), [(None, b"fast"), ("73", b"slow"), ("never", b"slow")])
async def test_age_is_in_every_answer_while_stale(age, body):
    request = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    async with live(TellAge(whole, lambda: age, UPSTREAM_AGE)) as server:
        head, _, content = (await server.ask(request)).partition(b"\r\n\r\n")
    assert content == body
    told = [line for line in head.split(b"\r\n") if line.lower().startswith(b"config-upstream-age")]
    assert told == ([f"config-upstream-age: {age}".encode()] if age else [])


async def test_start_and_stop_pass():
    seen = []

    async def app(scope, receive, send):
        seen.append(scope["type"])

    await TellAge(app, lambda: "1", UPSTREAM_AGE)({"type": "lifespan"}, anyio.sleep_forever, anyio.sleep)
    assert seen == ["lifespan"]
