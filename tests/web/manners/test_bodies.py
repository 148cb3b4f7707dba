import anyio
import pytest

from gitconfig_server.web.manners.bodies import Bodies

pytestmark = pytest.mark.anyio


async def read_all(scope, receive, send):
    while (await receive()).get("more_body"):
        pass


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Length": "11"}, 413),
        ({"Content-Length": "x"}, 400),
        ({"Content-Encoding": "gzip"}, 415),
        ([("Content-Encoding", "identity"), ("Content-Encoding", "identity, br")], 415),
        ({"Transfer-Encoding": "gzip, chunked"}, 415),
        ({"Transfer-Encoding": "Chunked"}, 200),
        ({"Content-Encoding": "identity"}, 200),
        ({"Content-Range": "bytes 0-3/10"}, 200),
    ],
)
async def test_heads_that_promise_too_much_are_refused(client, headers, status):
    service = client(limits={"body_bytes": 10})
    request = service.build_request("GET", "/api/v1/labels", headers=headers)
    answer = await service.send(request)
    assert answer.status_code == status
    if status != 200:
        assert answer.headers["content-type"] == "application/problem+json"


async def test_a_part_is_not_taken_for_the_whole(client):
    answer = await client().put("/api/v1/files/a.yml", content=b"a: 1\n", headers={"Content-Range": "bytes 0-3/10"})
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed-request")


@pytest.mark.parametrize(("chunks", "refused"), [([b"12345", b"67890"], False), ([b"12345", b"67890", b"1"], True)])
async def test_chunks_are_counted(chunks, refused):
    messages = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    messages.append({"type": "http.request", "body": b""})
    raised = []

    async def receive():
        return messages.pop(0)

    async def app(scope, receive, send):
        try:
            await read_all(scope, receive, send)
        except Exception as error:
            raised.append(error.code)

    await Bodies(app, 10, 1)({"type": "http", "headers": []}, receive, None)
    assert raised == (["too-large"] if refused else [])


async def test_silence_in_a_body_ends_but_waiting_for_the_client_to_leave_does_not():
    messages = [{"type": "http.request", "body": b"x", "more_body": False}]
    heard = []

    async def receive():
        if messages:
            return messages.pop()
        await anyio.sleep(0.05)
        return {"type": "http.disconnect"}

    async def app(scope, receive, send):
        await receive()
        heard.append((await receive())["type"])

    await Bodies(app, 10, 0.01)({"type": "http", "headers": []}, receive, None)
    assert heard == ["http.disconnect"]


@pytest.mark.parametrize(("digits", "status"), [("9" * 5001, 413), ("0" * 5001 + "2", 200), ("1_0", 400), ("", 400)])
async def test_lengths_of_any_number_of_digits_are_answered(client, digits, status):
    service = client()
    request = service.build_request("POST", "/encrypt/status", content=b"ab")
    request.headers["Content-Length"] = digits
    answer = await service.send(request)
    assert (answer.status_code == status) or (status == 200 and answer.status_code < 500 and answer.status_code != 413)
