"""Encrypted values through the whole server."""

from pathlib import Path

import httpx
import pytest
from support.repositories import commit

from gitconfig_server.errors import InvalidSettings
from gitconfig_server.formats.ciphers.opening import open_keys
from gitconfig_server.server.assembly import assemble, create_app, door_rules, open_repository
from gitconfig_server.server.hooks import hook_scripts
from gitconfig_server.settings import Settings
from gitconfig_server.settings.encryption import EncryptSettings
from gitconfig_server.storage.urls import open_storage

pytestmark = pytest.mark.anyio

STORE = {"location": str(Path(__file__).parent / "data" / "aliases.p12"), "password": "letmein"}
SEALED = "d1b2458ccede07c856ff952bd841638ff4dd12ed1d36812663c3c7262d57bf46"
"""SUPER SECRET, encrypted with the key ``foo``."""


@pytest.fixture
def served(tmp_path):
    """A factory of clients: of a server over one file, with settings of encryption."""

    def serve(content, path="orders.yml", **encrypt):
        folder = tmp_path / "config.git"
        storage, name = open_storage(str(folder))
        commit(door_rules(Settings()).open(storage.create(name)), {path: content})
        storage.close()
        app = create_app(Settings(repository=str(folder), encrypt=encrypt))
        return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost")

    return serve


async def test_decrypted_values_are_in_every_form_and_in_no_cache(served):
    client = served(f"db:\n  user: me\n  password: '{{cipher}}{SEALED}'\nurl: ${{db.password}}\n", key="foo")
    answer = await client.get("/orders/prod")
    expected = {"db.user": "me", "url": "${db.password}", "db.password": "SUPER SECRET"}
    assert answer.json()["propertySources"][0]["source"] == expected
    assert (await client.get("/orders-prod.json")).json()["url"] == "SUPER SECRET"
    for path in ("/orders/prod", "/orders-prod.json", "/orders-prod.yml", "/orders-prod.properties"):
        for _ in range(2):
            answer = await client.get(path)
            assert "SUPER SECRET" in answer.text
            assert answer.headers["cache-control"] == "no-store"


async def test_native_api_shows_what_is_stored(served):
    client = served(f"password: '{{cipher}}{SEALED}'\n", key="foo")
    answer = await client.get("/api/v1/environments/orders/prod")
    assert answer.json()["properties"] == {"password": f"{{cipher}}{SEALED}"}


@pytest.mark.parametrize("encrypt", [{}, {"key": "foo", "enabled": False}])
async def test_values_pass_through_where_clients_decrypt(served, encrypt):
    client = served(f"password: '{{cipher}}{{key:a}}{SEALED}'\n", **encrypt, plain_text_encrypt=True)
    source = (await client.get("/orders/prod")).json()["propertySources"][0]["source"]
    assert source == {"password": f"{{cipher}}{{key:a}}{SEALED}"}
    assert SEALED in (await client.get("/orders/prod/main/orders.yml")).text


async def test_keys_rotate_by_alias(served):
    before = open_keys(EncryptSettings(key_store=STORE | {"alias": "one"}))
    sealed = before.cipher({}).encrypt("old")
    client = served(
        f"old: '{{cipher}}{{key:one}}{sealed}'\nunnamed: '{{cipher}}{sealed}'\n", key_store=STORE | {"alias": "two"}
    )
    source = (await client.get("/orders/prod")).json()["propertySources"][0]["source"]
    assert source == {"old": "old", "invalid.unnamed": "<n/a>"}
    text = {"Content-Type": "text/plain"}
    new = (await client.post("/encrypt", content="new", headers=text)).text
    assert (await client.post("/decrypt", content=new, headers=text)).text == "new"
    assert (await client.post("/decrypt", content=f"{{key:one}}{sealed}", headers=text)).text == "old"


async def test_files_are_decrypted_where_the_settings_say_so(served):
    content = f"# as it is\na:   '{{cipher}}{SEALED}'  # x\n"
    client = served(content, "nested/plain.yml", key="foo", plain_text_encrypt=True)
    answer = await client.get("/orders/prod/main/nested/plain.yml")
    assert answer.text == "# as it is\na:   'SUPER SECRET'  # x\n"
    assert answer.headers["cache-control"] == "no-store"
    raw = await client.get("/orders/prod/main/nested/plain.yml", headers={"Accept": "application/octet-stream"})
    assert raw.text == content


async def test_files_stay_as_they_are_by_default(served):
    client = served(f"a: '{{cipher}}{SEALED}'\n", "plain.yml", key="foo")
    assert SEALED in (await client.get("/orders/prod/main/plain.yml")).text


async def test_file_that_cannot_be_decrypted_names_the_place(served):
    client = served("a: 1\nb: '{cipher}00'\n", "plain.yml", key="foo", plain_text_encrypt=True)
    answer = await client.get("/orders/prod/main/plain.yml")
    assert answer.status_code == 500
    assert answer.json()["message"].startswith("plain.yml:2:4: this value is not encrypted with a key of this server")


async def test_key_never_comes_from_the_repository(served):
    client = served(f"encrypt.key: foo\npassword: '{{cipher}}{SEALED}'\n")
    assert SEALED in (await client.get("/orders/prod")).text


async def test_wrong_keys_are_told_before_anything_is_served():
    settings = Settings(repository="memory://", encrypt={"key_file": "/nowhere/key"})
    with pytest.raises(InvalidSettings, match=r"encrypt\.key_file: cannot read /nowhere/key"):
        assemble(settings, open_repository(settings))


async def test_hook_of_the_repository_holds_no_key():
    settings = Settings(encrypt={"key": "pass-word", "salt": "c0ffee", "key_file": "/etc/key"})
    for script in hook_scripts(door_rules(settings)).values():
        assert not any(secret in str(script) for secret in ("pass-word", "c0ffee", "/etc/key"))
