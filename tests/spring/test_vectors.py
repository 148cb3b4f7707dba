"""What Spring's own server answered, request by request, and what ours answers (`data/README.md`)."""

import http.client
import json
from contextlib import AsyncExitStack
from urllib.parse import urlsplit

import pytest
from spring.make_repos import write_fixtures
from spring.vectors import ROWS, differences, settings_of
from support.asgi import ask, started
from support.server import running_server

from gitconfig_server.server.assembly import create_app
from gitconfig_server.settings import Settings

BROKEN_ON_MAIN = "a broken file on main is an error that names it, not a fall back to a label that does not exist"
JAVA_ADDRESS = "upstream prints where bytes lie in its memory; we print them in base64, as its JSON does"
ACCEPTED = {37: ("status 500", BROKEN_ON_MAIN), 115: ("body", JAVA_ADDRESS), 117: ("status 500", BROKEN_ON_MAIN)}
"""Row -> in what we differ on purpose, and why."""


@pytest.fixture(scope="session")
def anyio_backend():
    return "asyncio"


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("repositories")
    write_fixtures(made)
    return made


@pytest.fixture(scope="session")
async def compare(folder):
    """Sends a row's request to the application of its configuration: how the answer differs."""
    async with AsyncExitStack() as running:
        clients = {}

        async def send(row):
            config = json.dumps(row.config)
            if config not in clients:
                app = create_app(Settings.model_validate(settings_of(row.config, str(folder))))
                clients[config] = await running.enter_async_context(started(app))
            answer = await ask(clients[config], **row.request())
            media_type = answer.headers.get("content-type", "")
            found = differences(row, answer.status_code, media_type, answer.content, folder.as_uri())
            return found

        yield send


@pytest.mark.anyio
@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.number}-{row.path}")
async def test_row(row, compare):
    found = await compare(row)
    if row.number in ACCEPTED:
        assert [difference.startswith(ACCEPTED[row.number][0]) for difference in found] == [True]
    else:
        assert not found, "\n".join(found)


@pytest.mark.anyio
async def test_nearly_all_agree_and_the_rest_has_a_reason(compare):
    disagree = {row.number for row in ROWS if await compare(row)}
    assert disagree == set(ACCEPTED)
    assert len(disagree) <= len(ROWS) / 100


def over_the_wire(port, path, method="GET", headers=None, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.headers.get("content-type", ""), answer.read()
    finally:
        connection.close()


OVER_THE_WIRE = {"patterns": 266, "placeholders": 272, "key": 246, "prefix": 324}
"""Configurations to start a process with, each by the number of a row of it."""


@pytest.mark.parametrize("number", OVER_THE_WIRE.values(), ids=OVER_THE_WIRE)
def test_rows_of_a_served_settings_file(folder, tmp_path, number):
    config = ROWS[number - 1].config
    settings = settings_of(config, str(folder))
    file = tmp_path / "settings.yml"
    file.write_text(json.dumps(settings))
    with running_server(settings["repository"], "--settings", str(file)) as server:
        for row in (row for row in ROWS if row.config == config):
            answer = over_the_wire(urlsplit(server.url).port, **row.request())
            assert not differences(row, *answer, folder.as_uri()), row.path
