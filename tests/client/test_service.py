"""What the service from afar makes of servers that answer nonsense, lose connections, refuse, or send elsewhere."""

import asyncio
import json
from contextlib import asynccontextmanager

import pytest

from gitconfig_server import errors
from gitconfig_server.client import reads
from gitconfig_server.client.service import HttpConfigService
from gitconfig_server.client.transport import MAX_BODY
from gitconfig_server.errors import (
    Conflict,
    Denied,
    GitConfigError,
    InvalidChange,
    InvalidInput,
    InvalidName,
    LabelNotFound,
    NotFound,
    PreconditionFailed,
    ServerUnreachable,
)
from gitconfig_server.model.principals import ANONYMOUS as WHO
from gitconfig_server.model.reads import Reading
from gitconfig_server.model.writes import MergePatch, PatchSource, PutFile, SourcePlace, WriteOptions

pytestmark = pytest.mark.anyio

WRITTEN = {
    "label": "main",
    "commit": "1" * 40,
    "previous": None,
    "changed": True,
    "paths": ["x"],
    "findings": [],
    "dry_run": False,
}


def said(content, status="200 OK", media_type="application/json", **headers):
    """An answer as bytes; content that is no bytes goes out as JSON."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {media_type}", f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def problem(code, status, **members):
    return said(
        {"code": code, "title": "T", "status": 0, "detail": "what happened", **members},
        status,
        "application/problem+json",
    )


@asynccontextmanager
async def answering(*answers, credentials="", **options):
    """A service whose server gives ``answers`` in turn (None: it hangs up), and the requests it has read."""
    requests, left = [], list(answers)

    async def talk(reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        length = next((int(line.split(":")[1]) for line in lines if line.lower().startswith("content-length")), 0)
        requests.append((head.decode(), await reader.readexactly(length)))
        answer = left.pop(0)
        if answer is not None:
            writer.write(answer)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    service = HttpConfigService(f"http://{credentials}127.0.0.1:{server.sockets[0].getsockname()[1]}/base/", **options)
    try:
        yield service, requests
    finally:
        await service.close()
        server.close()
        await server.wait_closed()


def header(request, name):
    lines = [line.partition(": ") for line in request[0].split("\r\n")]
    return next((value for key, _, value in lines if key.lower() == name.lower()), None)


async def test_a_write_whose_answer_was_lost_is_sent_again_under_the_same_key():
    async with answering(None, said(WRITTEN)) as (service, requests):
        done = await service.commit(WHO, "main", [PutFile("x", b"1")])
    assert done.changed
    assert len(requests) == 2
    assert requests[0] == requests[1]
    assert len(header(requests[0], "Idempotency-Key")) >= 32


async def test_each_write_has_a_key_of_its_own():
    async with answering(said(WRITTEN), said(WRITTEN)) as (service, requests):
        for _ in range(2):
            await service.commit(WHO, "main", [PutFile("x", b"1")])
    assert len({header(request, "idempotency-key") for request in requests}) == 2


async def test_twice_lost_is_unreachable():
    async with answering(None, None) as (service, requests):
        with pytest.raises(ServerUnreachable, match="cannot be asked"):
            await service.labels(WHO)
    assert len(requests) == 2


async def test_a_server_that_keeps_silent_is_not_waited_for_for_ever():
    async def silent(reader, writer):
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    service = HttpConfigService(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", seconds=0.05)
    with pytest.raises(ServerUnreachable, match="in time"):
        await service.labels(WHO)
    await service.close()
    server.close()
    await server.wait_closed()


async def test_what_is_asked_for_is_encoded_and_below_the_address():
    async with answering(said({"code": 1}), credentials="us%40er:p%2Fw@") as (service, requests):
        with pytest.raises(ServerUnreachable) as caught:
            await service.label(WHO, "feature/é x?#%2F..")
    head = requests[0][0]
    assert head.startswith("GET /base/api/v1/labels/feature%2F%C3%A9%20x%3F%23%252F.. HTTP/1.1\r\n")
    assert header(requests[0], "Authorization") == "Basic dXNAZXI6cC93"
    assert "p/w" not in str(caught.value)
    assert "p%2Fw" not in str(caught.value)


@pytest.mark.parametrize("name", ["", "\ud800"])
async def test_names_that_no_path_can_carry_are_refused_here(name):
    async with answering() as (service, _):
        with pytest.raises(InvalidName):
            await service.label(WHO, name)


async def test_words_that_no_query_can_carry_are_refused_here():
    async with answering() as (service, _):
        with pytest.raises(InvalidInput, match="Unicode"):
            await service.files(WHO, Reading("\udc80"))


@pytest.mark.parametrize("value", [float("nan"), object(), {"a": {1, 2}}])
async def test_values_that_json_has_no_word_for_are_refused_here(value):
    async with answering() as (service, _):
        with pytest.raises(InvalidChange):
            await service.commit(WHO, None, [PatchSource(SourcePlace("a", "b"), MergePatch({"x": value}))])


@pytest.mark.parametrize(
    "answer",
    [
        said(b"<html>"),
        said(b"\xff"),
        said(b"[]"),
        said(b"{}"),
        said(b"[" * 100_000),
        said({"labels": {}, "next": None}),
        said({"labels": [1], "next": None}),
        said({"labels": [{"name": "x", "kind": "tag", "commit": 1, "default": False}], "next": None}),
        said({"labels": [{"name": "x", "kind": "tag", "commit": "1", "default": "no"}], "next": None}),
        said(b'{"labels": [], "next": NaN}'),
        said(b"Bad Gateway", "502 Bad Gateway", "text/html"),
        said({"x": 1}, "404 Not Found"),
        said({"code": 4}, "400 Bad Request", "application/problem+json"),
        said(b"", "302 Found", Location="http://elsewhere.example/"),
        said(b"", "204 No Content"),
        b"HTTP/1.1 nonsense\r\n\r\n",
    ],
)
async def test_what_no_configuration_server_answers_is_said_to_be_none(answer):
    async with answering(answer, answer) as (service, _):
        with pytest.raises(ServerUnreachable, match=r"http://127\.0\.0\.1"):
            await service.labels(WHO)


async def test_an_endless_answer_is_not_read_to_the_end():
    async def endless(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
        try:
            while True:
                writer.write(b" " * 1024 * 1024)
                await writer.drain()
        except ConnectionError:
            writer.close()

    server = await asyncio.start_server(endless, "127.0.0.1", 0)
    service = HttpConfigService(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    with pytest.raises(ServerUnreachable, match=f"more than {MAX_BODY} bytes"):
        await service.labels(WHO)
    await service.close()
    server.close()
    await server.wait_closed()


async def test_a_list_that_never_ends_is_given_up(monkeypatch):
    monkeypatch.setattr(reads, "MAX_PAGES", 3)
    page = said({"labels": [], "next": "again", "limit": 1000})
    async with answering(page, page, page) as (service, _):
        with pytest.raises(ServerUnreachable, match="pages"):
            await service.labels(WHO)


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (problem("unknown-label", "404 Not Found", label="x"), LabelNotFound, "unknown-label"),
        (
            problem("precondition-failed", "412 Precondition Failed", commit="1"),
            PreconditionFailed,
            "precondition-failed",
        ),
        (problem("brand-new", "409 Conflict"), Conflict, "brand-new"),
        (problem("brand-new", "404 Not Found"), NotFound, "brand-new"),
        (problem("brand-new", "422 Unprocessable Content"), InvalidInput, "brand-new"),
        (problem("brand-new", "403 Forbidden"), Denied, "brand-new"),
        (problem("brand-new", "500 Internal Server Error"), GitConfigError, "brand-new"),
        (said(b"", "401 Unauthorized", "text/html"), Denied, "denied"),
        (said(b"", "403 Forbidden", "text/html"), Denied, "denied"),
    ],
)
async def test_problems_are_the_errors_they_stand_for(answer, kind, code):
    async with answering(answer) as (service, _):
        with pytest.raises(kind) as caught:
            await service.labels(WHO)
    assert caught.value.code == code
    assert code == "denied" or str(caught.value) == "what happened"


async def test_a_problem_sets_no_attributes_but_places():
    answer = problem("unknown-label", "404 Not Found", label="x", args=["y"], with_traceback=1, __class__="z", file="f")
    async with answering(answer) as (service, _):
        with pytest.raises(LabelNotFound) as caught:
            await service.labels(WHO)
    assert (caught.value.args, caught.value.label, caught.value.path) == (("what happened",), "x", "f")


async def test_huge_integers_are_exact_both_ways():
    number = 10**900 + 7
    document = {"name": "a.yml", "path": "a.yml", "document": None, "blob": "2"}
    environment = {
        "applications": ["a"],
        "profiles": ["b"],
        "label": None,
        "commit": "1" * 40,
        "view": "running",
        "properties": {"n": number},
        "sources": [document | {"properties": {"n": number}, "positions": {}}],
    }
    async with answering(said(environment), said(WRITTEN)) as (service, requests):
        found = await service.environment(WHO, ("a",), ("b",))
        await service.commit(WHO, None, [PatchSource(SourcePlace("a", "b"), MergePatch({"n": number}))])
    assert found.sources[0].properties["n"] == number
    assert requests[1][1] == f'{{"n":{number}}}'.encode()


@pytest.mark.parametrize(
    "url", ["http://", "ftp://x", "http://u:se/cret@h:p", "http://h:99999", "http://h/?a=secret", "http://\udc80"]
)
def test_addresses_that_are_none_are_refused_without_their_secrets(url):
    with pytest.raises(InvalidInput) as caught:
        HttpConfigService(url)
    assert "cret" not in str(caught.value)


async def test_options_go_where_the_api_wants_them():
    options = WriteOptions("msg", None, "a" * 40, frozenset(["w", "v"]), only_new=True, dry_run=True)
    async with answering(said(WRITTEN)) as (service, requests):
        await service.commit(WHO, "a/b", [PutFile("x", b"1")], options)
    line = requests[0][0].split("\r\n")[0]
    assert line.split("?")[0] == "PUT /base/api/v1/files/x"
    assert set(line.split("?")[1].split(" ")[0].split("&")) == {
        "message=msg",
        f"expect={'a' * 40}",
        "dry_run=true",
        "label=a%2Fb",
    }
    assert header(requests[0], "If-Match") == '"v", "w"'
    assert header(requests[0], "If-None-Match") == "*"


def test_every_code_of_the_tree_has_its_class():
    from gitconfig_server.client.transport import KINDS

    assert KINDS["unknown-label"] is errors.LabelNotFound
    assert len(KINDS) == len(
        {kind for kind in vars(errors).values() if isinstance(kind, type) and "code" in vars(kind)}
    )
