from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime

import pytest
from support.asgi import ask
from support.repositories import commit
from support.whole import whole

from gitconfig_server.service.spring.texts import decode
from gitconfig_server.web.spring.files import read_charset

pytestmark = pytest.mark.anyio

TPL = "svc=${svc} miss=${nope} def=${nope:d} esc=\\${svc}\n"
RESOLVED = "svc=first miss=${nope} def=d esc=${svc}\n"
FILES = {
    "svc.yml": "svc: first\n",
    "svc-a.yml": "svc: svc-a\n",
    "tpl.txt": TPL,
    "tpl-a.txt": "A ${svc}\n",
    "sub/svc.yml": "svc: sub\n",
    "bin.dat": bytes(range(256)),
    "latin.txt": b"\xe9 ${svc}\n",
    "bom.txt": b"\xef\xbb\xbfk\n",
    "page.html": "<p>${svc}</p>\n",
    "plain.txt": "nothing to fill in\n",
}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/svc/z/main/svc.yml", "svc: first\n"),
        ("/svc/a/main/svc.yml", "svc: svc-a\n"),
        ("/svc/z,a/main/svc.yml", "svc: svc-a\n"),
        ("/svc/default,a/main/svc.yml", "svc: first\n"),
        ("/svc/z/main/tpl.txt", RESOLVED),
        ("/svc/a/main/tpl.txt", "A svc-a\n"),
        ("/other/z/main/tpl.txt", "svc=${svc} miss=${nope} def=d esc=${svc}\n"),
        ("/svc/z/main/tpl.txt?resolvePlaceholders=false", TPL),
        ("/svc/z/main/sub/svc.yml", "svc: sub\n"),
        ("/svc/z/main/sub%2Fsvc.yml", "svc: sub\n"),
        ("/svc/z/main/sub(_)svc.yml", "svc: sub\n"),
        ("/svc/z/main//svc.yml", "svc: first\n"),
        ("/svc/z/main/svc.yml/", "svc: first\n"),
        ("/svc/z/main;v=1/sub;v=1/svc.yml;v=1", "svc: sub\n"),
        ("/svc/z/feature(_)x/svc.yml", "svc: feature\n"),
        ("/svc/z/svc.yml?useDefaultLabel", "svc: first\n"),
        ("/svc/a/svc.yml?useDefaultLabel=false", "svc: svc-a\n"),
        ("/svc/z/sub/svc.yml?useDefaultLabel=true", "svc: sub\n"),
        ("/svc/z/feature(_)x/svc.yml?useDefaultLabel", "svc: feature\n"),
        ("/config/svc/z/main/svc.yml", "svc: first\n"),
        ("/config/svc/z/svc.yml?useDefaultLabel", "svc: first\n"),
        ("/svc/z/main/bom.txt", "\ufeffk\n"),
    ],
)
async def test_text_is_found_and_filled_in(path, text):
    async with whole(FILES) as served:
        commit(served.git, {"svc.yml": "svc: feature\n"}, label="feature/x")
        answer = await ask(served.client, path)
        assert (answer.status_code, answer.content) == (200, text.encode())
        assert answer.headers["content-type"] == "text/plain;charset=UTF-8"
        assert answer.headers["config-commit"] in {one.decode() for one in served.git.snapshot().values()}


@pytest.mark.parametrize(
    "path",
    [
        "/svc/z/main/nothere.txt",
        "/svc/z/main/sub",
        "/svc/z/main/sub/",
        "/svc/z/main/",
        "/svc/z/nolabel/svc.yml",
        "/svc/z/main,feature(_)x/svc.yml",
        "/svc/z/main~1/svc.yml",
        "/svc/z/main/.git/config",
        "/svc/z/main/.GIT%2fconfig",
        "/svc/z/main/%2E/svc.yml",
        "/svc/z/main/sub%5Csvc.yml",
        "/svc/z/v1?useDefaultLabel",
        "/svc/z/?useDefaultLabel",
        "/svc/z/nope/svc.yml?useDefaultLabel",
    ],
)
async def test_what_is_not_there_is_404_without_a_body(path):
    async with whole(FILES) as served:
        answer = await ask(served.client, path)
        assert (answer.status_code, answer.content) == (404, b"")
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "path",
    [
        "/svc/z/main/..%2Fapplication.yml",
        "/svc/z/main/%2e%2e/application.yml",
        "/svc/z/main/sub/%252e%252e/application.yml",
        "/svc/z/main/..%5Csvc.yml",
        "/svc/z/main/a%23b",
        "/svc/z/main/(_)etc/passwd",
        "/svc/z/main/..(_)svc.yml",
        "/svc/z/..(_)main/svc.yml",
        "/svc/z/(_)main/svc.yml",
        "/svc/z_/main/svc.yml",
        "/svc/..%2Fz/main/svc.yml",
        "/..%2F/z/main/svc.yml",
        "/svc/z/main/a%00b",
        "/svc/z/main/svc.yml?resolvePlaceholders=maybe",
        "/svc/z/..%2Fsvc.yml?useDefaultLabel",
    ],
)
async def test_hostile_paths_are_refused_before_anything_is_read(path):
    async with whole(FILES) as served:
        answer = await ask(served.client, path)
        assert (answer.status_code, answer.json()["status"]) == (400, 400)


async def test_a_path_without_label_is_an_environment_unless_the_query_says_so():
    async with whole(FILES) as served:
        assert (await served.client.get("/svc/z/svc.yml")).status_code == 404
        assert (await served.client.get("/svc/z/main")).json()["label"] == "main"
        commit(served.git, {"main": "a file of that name\n"})
        assert (await served.client.get("/svc/z/main?useDefaultLabel")).text == "a file of that name\n"
        assert (await served.client.get("/svc/z/main")).json()["label"] == "main"


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("*/*", "text/plain;charset=UTF-8"),
        ("text/*", "text/plain;charset=UTF-8"),
        ("application/json", "application/json"),
        ("text/html", "text/html;charset=UTF-8"),
        ("application/vnd.x", "application/vnd.x;charset=UTF-8"),
        ("application/vnd.x+json", "application/vnd.x+json"),
        ("text/html;q=0.5, application/json", "application/json"),
        ("text/html,application/xhtml+xml;q=0.9,*/*;q=0.8", "text/html;charset=UTF-8"),
        ("nonsense", "text/plain;charset=UTF-8"),
    ],
)
async def test_the_type_is_what_the_client_accepts(accept, media_type):
    async with whole(FILES) as served:
        answer = await served.client.get("/svc/z/main/tpl.txt", headers={"Accept": accept})
        assert (answer.text, answer.headers["content-type"]) == (RESOLVED, media_type)
        assert "sandbox" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("accept", ["application/octet-stream", "application/octet-stream, */*;q=0.1", "application/*"])
async def test_bytes_are_as_they_are_stored(accept):
    async with whole(FILES) as served:
        for path in ("bin.dat", "tpl.txt"):
            answer = await served.client.get(f"/svc/z/main/{path}", headers={"Accept": accept})
            stored = FILES[path]
            assert answer.content == (stored if isinstance(stored, bytes) else stored.encode())
            assert answer.headers["content-type"] == "application/octet-stream"


async def test_text_is_decoded_as_the_client_says():
    async with whole(FILES) as served:
        read = {
            charset: (await served.client.get("/svc/z/main/latin.txt", headers={"Accept-Charset": charset})).content
            for charset in ("ISO-8859-1", "bogus", "utf-8, iso-8859-1;q=0.5")
        }
        assert read["ISO-8859-1"] == "é first\n".encode()
        assert read["bogus"] == read["utf-8, iso-8859-1;q=0.5"] == "\ufffd first\n".encode()
        first = await served.client.get("/svc/z/main/latin.txt")
        latin = await served.client.get("/svc/z/main/latin.txt", headers={"Accept-Charset": "latin1"})
        assert first.headers["etag"] != latin.headers["etag"]
        assert "Accept-Charset" in first.headers["vary"]


@pytest.mark.parametrize(
    ("content", "charset"),
    [
        (b"\0e\0u", "utf-16"),
        (b"\xff\xfee\0u\0", "utf-16"),
        (b"\xfe\xff\0e\0u", "utf-16"),
        (b"e\0u\0", "utf-16-le"),
        (b"\0\0\0e\0\0\0u", "utf-32"),
    ],
)
def test_text_without_a_mark_is_decoded_as_java_does(content, charset):
    assert decode(content, charset) == "eu"


@pytest.mark.parametrize(
    ("header", "charset"),
    [
        ("", "utf-8"),
        ("UTF-16", "utf-16"),
        ("windows-1252;q=1", "cp1252"),
        ("punycode", "utf-8"),
        ("base64", "utf-8"),
        ("unicode_escape", "utf-8"),
        ("../../x", "utf-8"),
        ("é" * 100, "utf-8"),
    ],
)
async def test_only_charsets_are_taken_for_charsets(header, charset):
    assert read_charset(header) == charset


async def test_answers_can_be_validated_by_tag_and_by_time():
    async with whole(FILES) as served:
        path = "/svc/z/main/tpl.txt"
        first = await served.client.get(path)

        async def again(**headers):
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            return (await served.client.get(path, headers=named)).status_code

        assert await again(If_None_Match=first.headers["etag"]) == 304
        assert await again(If_None_Match='"x"') == 200
        assert await again(If_Modified_Since="Wed, 21 Oct 2099 07:28:00 GMT") == 304
        assert await again(If_Modified_Since="Wed, 21 Oct 2099 07:28:00 GMT", If_None_Match='"x"') == 200
        assert await again(If_Modified_Since="Thu, 01 Jan 1970 00:00:00 GMT") == 200
        assert await again(If_Modified_Since="yesterday") == 200


async def test_the_time_is_that_of_the_move_never_one_that_a_commit_states():
    async with whole(FILES) as served:
        commit(served.git, {"x.txt": "x"}, label="other", when=datetime(2099, 1, 1, tzinfo=UTC))
        moved = served.git.last_move(b"refs/heads/other").received_at
        long_ago, soon = moved - timedelta(seconds=2), moved + timedelta(seconds=1)
        for since, status in ((long_ago, 200), (moved.replace(microsecond=0), 200), (soon, 304)):
            headers = {"If-Modified-Since": format_datetime(since.astimezone(UTC), usegmt=True)}
            assert (await served.client.get("/svc/z/other/x.txt", headers=headers)).status_code == status


async def test_an_id_states_the_time_of_its_commit():
    async with whole(FILES) as served:
        new = commit(served.git, {"x.txt": "x"}, when=datetime(2020, 1, 1, tzinfo=UTC)).decode()
        answer = await served.client.get(f"/svc/z/{new}/x.txt")
        assert parsedate_to_datetime(answer.headers["last-modified"]) == datetime(2020, 1, 1, tzinfo=UTC)
        assert "immutable" in answer.headers["cache-control"]


async def test_every_verb_that_can_be_used_is_named():
    async with whole(FILES) as served:
        head = await served.client.head("/svc/z/main/tpl.txt")
        assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(RESOLVED)))
        assert (await served.client.options("/svc/z/main/tpl.txt")).headers["allow"] == "GET,HEAD,OPTIONS"
        assert (await served.client.put("/svc/z/main/tpl.txt")).status_code == 405


@pytest.mark.parametrize(
    ("change", "again"),
    [
        ({"unrelated.txt": "x"}, True),
        ({"other.yml": "svc: x\n"}, True),
        ({"tpl.txt": "changed ${svc}\n"}, False),
        ({"svc.yml": "svc: changed\n"}, False),
        ({"svc-z.yml": "svc: changed\n"}, False),
        ({"tpl-z.txt": "in front\n"}, False),
        ({"tpl.txt": None}, False),
    ],
    ids=str,
)
async def test_the_fast_path_gives_text_again_until_the_file_or_what_fills_it_changes(change, again):
    async with whole(FILES) as served:
        for path in ("/svc/z/main/tpl.txt", "/svc/z/tpl.txt?useDefaultLabel"):
            await served.client.get(path)
            assert (await served.hits(path))[1] == 1
        new = commit(served.git, change).decode()
        for path in ("/svc/z/main/tpl.txt", "/svc/z/tpl.txt?useDefaultLabel"):
            answer, hits = await served.hits(path)
            assert (answer.text == RESOLVED) is again
            assert hits == 1 or not again
            assert answer.headers.get("config-commit", new) == new


async def test_a_path_that_comes_to_be_found_without_a_label_is_found_there():
    async with whole(FILES) as served:
        path = "/svc/z/main/svc.yml?useDefaultLabel"
        assert (await served.client.get(path)).text == "svc: first\n"
        commit(served.git, {"main/svc.yml": "svc: in a folder\n"})
        assert (await served.client.get(path)).text == "svc: in a folder\n"


async def test_text_that_takes_nothing_needs_no_environment():
    async with whole({**FILES, "svc.yml": "broken: [\n"}) as served:
        assert (await served.client.get("/svc/z/main/plain.txt")).status_code == 200
        assert (await served.client.get("/svc/z/main/tpl.txt?resolvePlaceholders=no")).text == TPL
        answer = await served.client.get("/svc/z/main/tpl.txt")
        assert (answer.status_code, "svc.yml" in answer.json()["message"]) == (500, True)


async def test_search_paths_and_overrides_count():
    settings = {"search_paths": ["sub"], "reverse_location_order": True, "overrides": {"svc": "over"}}
    async with whole(FILES, spring=settings) as served:
        assert (await served.client.get("/svc/z/main/svc.yml")).text == "svc: sub\n"
        assert (await served.client.get("/svc/z/main/tpl.txt")).text.startswith("svc=over ")


async def test_text_with_secrets_is_not_stored():
    cipher = "{cipher}d1b2458ccede07c856ff952bd841638ff4dd12ed1d36812663c3c7262d57bf46"
    files = {"svc.yml": f"a: '{cipher}'\n", "x.txt": "${a}\n", "y.json": f'{{"a": "{cipher}"}}\n'}
    async with whole(files, encrypt={"key": "foo", "plain_text_encrypt": True}) as served:
        for path, text in {"x.txt": "SUPER SECRET\n", "y.json": '{"a": "SUPER SECRET"}\n'}.items():
            answer = await served.client.get(f"/svc/z/main/{path}")
            assert (answer.text, answer.headers["cache-control"]) == (text, "no-store")
    async with whole(files, encrypt={"key": "foo"}) as served:
        assert (await served.client.get("/svc/z/main/y.json")).text == files["y.json"]
