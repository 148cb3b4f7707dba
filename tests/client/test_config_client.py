"""What ``ConfigClient`` asks for, and what it makes of the answers."""

import asyncio
import json

import httpx
import pytest

from gitconfig_server.client.config_client import ConfigClient
from gitconfig_server.errors import InvalidInput, ServerUnreachable


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
        with pytest.raises(ServerUnreachable, match="http://x/o/default/main"):
            fetch(answer, url="http://x", application="o")


def test_an_address_is_needed_once():
    for addresses in ({}, {"url": "http://x", "server_url": "http://y"}):
        with pytest.raises(InvalidInput, match="server_url"):
            ConfigClient(application="o", **addresses)


def test_no_server_is_an_error_that_names_it():
    with pytest.raises(ServerUnreachable, match="cannot be asked"):
        asyncio.run(ConfigClient(url="http://127.0.0.1:9", application="o").fetch())
