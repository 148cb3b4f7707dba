"""What ``ConfigClient`` asks for, and what it makes of the answers."""

import asyncio
import json

import httpx
import pytest
from support.server import running_server

from gitconfig_server.backend import ConfigSource
from gitconfig_server.backends.git import GitConfigBackend
from gitconfig_server.client.config_client import ConfigClient
from gitconfig_server.errors import InvalidInput, LabelNotFound, ServerUnreachable


def fetch(answer, **options):
    """What the client fetches, and the request it made."""
    asked = []

    def respond(request):
        asked.append(request)
        return answer

    async def run():
        async with httpx.AsyncClient(transport=httpx.MockTransport(respond)) as http:
            return await ConfigClient(http_client=http, **options).fetch()

    return asyncio.run(run()), asked[0]


def answered(*sources):
    document = {"propertySources": [{"name": str(number), "source": one} for number, one in enumerate(sources)]}
    return httpx.Response(200, text=json.dumps(document))


def test_the_first_source_wins_and_nested_ones_are_flattened():
    found, _ = fetch(answered({"a": 1, "l[0]": "x"}, {"a": 2, "b": {"c": 3}}, None), url="http://x", application="o")
    assert found == {"a": 1, "l[0]": "x", "b.c": 3}


def test_a_list_comes_whole_from_the_strongest_source_that_has_it():
    weak = {"l[0]": "a", "l[1]": "b", "e[0]": "x", "t": "a,b"}
    found, _ = fetch(answered({"l[0]": "z", "e": "", "t[0]": "c"}, weak), url="http://x", application="o")
    assert found == {"l[0]": "z", "e": "", "t[0]": "c"}


@pytest.mark.parametrize("name", ["url", "server_url"])
def test_both_words_for_the_address(name):
    _, request = fetch(answered(), **{name: "http://x:1/config/"}, application="t/o p", profile="a,b", label="f/é")
    assert str(request.url) == "http://x:1/config/t(_)o%20p/a,b/f(_)%C3%A9"
    assert "authorization" not in request.headers


def test_basic_authentication_needs_both_halves():
    _, request = fetch(answered(), url="http://x", application="o", username="u", password="")
    assert request.headers["authorization"].startswith("Basic ")
    _, request = fetch(answered(), url="http://x", application="o", username="u")
    assert "authorization" not in request.headers


def test_nothing_stored_is_empty_and_a_failure_is_not():
    assert fetch(httpx.Response(404), url="http://x", application="o")[0] == {}
    for answer in (httpx.Response(500, text="boom"), httpx.Response(200, text="[]"), httpx.Response(200, text="<")):
        with pytest.raises(ServerUnreachable, match="http://x/o/default"):
            fetch(answer, url="http://x", application="o")


def boot_error(message):
    return httpx.Response(404, json={"timestamp": "2026-01-31T12:00:00.000+00:00", "status": 404, "message": message})


@pytest.mark.parametrize("message", ["no such label: nope", "No such label: nope"])
def test_a_label_that_is_not_there_is_an_error(message):
    with pytest.raises(LabelNotFound, match="no such label: nope") as caught:
        fetch(boot_error(message), url="http://x", application="o", label="nope")
    assert caught.value.label == "nope"


def test_an_address_where_nothing_is_served_is_an_error():
    with pytest.raises(ServerUnreachable, match="nothing is served at /y/o/default"):
        fetch(boot_error("nothing is served at /y/o/default"), url="http://x/y", application="o")


def test_without_a_label_the_server_chooses_its_default_one():
    _, request = fetch(answered(), url="http://x", application="o")
    assert str(request.url) == "http://x/o/default"


def test_an_application_is_needed():
    with pytest.raises(InvalidInput, match="application"):
        ConfigClient(url="http://x", application="")


def test_it_shows_what_it_reads_but_no_password():
    client = ConfigClient(url="http://user:secret@x:1/config", application="o", profile="prod", label="v1")
    assert repr(client) == "<ConfigClient http://x:1/config/o/prod/v1>"


def test_without_an_event_loop_over_a_real_server(tmp_path):
    repository = tmp_path / "config.git"
    with GitConfigBackend(repository, create=True) as backend:
        asyncio.run(backend.save(ConfigSource("orders", "prod", properties={"db": {"pool": 8}})))
    with running_server(repository) as server:
        client = ConfigClient(url=server.url, application="orders", profile="prod")
        assert client.fetch_sync() == asyncio.run(client.fetch()) == {"db.pool": 8}
        with pytest.raises(LabelNotFound):
            ConfigClient(url=server.url, application="orders", label="nope").fetch_sync()
    with pytest.raises(ServerUnreachable, match="cannot be asked"):
        client.fetch_sync()


def test_an_address_is_needed_once():
    for addresses in ({}, {"url": "http://x", "server_url": "http://y"}):
        with pytest.raises(InvalidInput, match="server_url"):
            ConfigClient(application="o", **addresses)


def test_no_server_is_an_error_that_names_it():
    with pytest.raises(ServerUnreachable, match="cannot be asked"):
        asyncio.run(ConfigClient(url="http://127.0.0.1:9", application="o").fetch())
