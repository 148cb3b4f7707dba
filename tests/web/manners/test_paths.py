import pytest

from gitconfig_server.web.manners.paths import RawPaths

pytestmark = pytest.mark.anyio


async def seen(raw_path):
    paths = []

    async def app(scope, receive, send):
        paths.append(scope["path"])

    async def send(message):
        paths.append(message.get("status"))

    await RawPaths(app)({"type": "http", "path": "/", "raw_path": raw_path, "headers": []}, None, send)
    return paths[0]


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        (b"/a/b", "/a/b"),
        (b"/%61pi/v1", "/api/v1"),
        (b"/a%2fb", "/a%2Fb"),
        (b"/a%2Fb/%28_%29", "/a%2Fb/(_)"),
        (b"/a;x=1/b%3Bc", "/a;x=1/b%3Bc"),
        (b"/a%25b", "/a%25b"),
        (b"/a%zz", "/a%25zz"),
        (b"//a//", "/a//"),
        (b"//", "/"),
        (b"/%2e%2e/x", "/../x"),
        ("/\u00e9".encode(), "/%C3%A9"),
        (b"*", "*"),
    ],
)
async def test_every_path_has_one_spelling(raw, path):
    assert await seen(raw) == path


@pytest.mark.parametrize("raw", [b"/a%00", b"/a%0d%0ab", b"/%7f", b"/%ff", b"/%c3%28", b"/\xff"])
async def test_control_characters_and_broken_utf8_are_refused(raw):
    assert await seen(raw) == 400
