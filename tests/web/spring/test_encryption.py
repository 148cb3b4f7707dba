import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

pytestmark = pytest.mark.anyio

SEALED = "d1b2458ccede07c856ff952bd841638ff4dd12ed1d36812663c3c7262d57bf46"
"""SUPER SECRET, encrypted with the key ``foo``."""
TEXT = {"Content-Type": "text/plain"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
FOO = {"key": "foo"}
INVALID = {"status": "INVALID", "description": "Text not encrypted with this key"}
NO_KEY = {"status": "NO_KEY", "description": "No key was installed for encryption service"}


@pytest.fixture(scope="module")
def rsa_key():
    return rsa.generate_private_key(65537, 2048)


def private_pem(key):
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()


async def encrypted_and_decrypted(client, text, headers):
    answer = await client.post("/encrypt", content=text, headers=headers)
    assert answer.status_code == 200
    return (await client.post("/decrypt", content=answer.text, headers=TEXT)).text


@pytest.mark.parametrize(
    "path", ["/decrypt", "/decrypt/", "/decrypt/app/default", "/decrypt/app/a,b/", "/config/decrypt"]
)
async def test_decrypt(client, path):
    answer = await client(encrypt=FOO).post(path, content=SEALED, headers=TEXT)
    assert (answer.status_code, answer.text) == (200, "SUPER SECRET")
    assert answer.headers["content-type"] == "text/plain;charset=UTF-8"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/encrypt", "/encrypt/", "/encrypt/app/default", "/config/encrypt/app/default"])
async def test_encrypt(client, path):
    service = client(encrypt=FOO)
    answer = await service.post(path, content="ünïcode ✓".encode(), headers=TEXT)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/plain;charset=UTF-8")
    assert answer.headers["cache-control"] == "no-store"
    assert len(bytes.fromhex(answer.text)) == 32
    assert (await service.post("/decrypt", content=answer.text, headers=TEXT)).text == "ünïcode ✓"


async def test_prefixes_stay_in_front_of_what_is_encrypted(client):
    service = client(encrypt=FOO)
    for body, kept, plain in [
        ("{key:k1}{secret:s}hello", "{key:k1}{secret:s}", "hello"),
        ("{name:a}{key:k1}{profiles:b}hello", "{key:k1}", "hello"),
        ("{key:k1}{plain}{x:y}hello", "{key:k1}", "{x:y}hello"),
        ("hello{a:b}", "", "hello{a:b}"),
    ]:
        text = (await service.post("/encrypt", content=body, headers=TEXT)).text
        assert text.startswith(kept + text.removeprefix(kept)[:1])
        assert "{" not in text.removeprefix(kept)
        assert (await service.post("/decrypt", content=text, headers=TEXT)).text == plain


@pytest.mark.parametrize(
    ("body", "headers", "plain"),
    [
        ("secret", FORM, "secret"),
        ("secret=", FORM, "secret"),
        ("a+b%2Bc", FORM, "a b+c"),
        ("a=b@c", FORM, "a=b@c"),
        ("a=1&b=2", FORM, "a=1&b=2"),
        ("a+b=", TEXT, "a+b="),
        ("a+b=", {"Content-Type": "Text/Plain"}, "a+b="),
        ("a+b=", {"Content-Type": "text/plain;charset=UTF-8"}, "a b"),
        ("a+b", {"Content-Type": "text/plain; charset=utf-8"}, "a+b"),
        ('["a"]', {"Content-Type": "application/json"}, '["a"]'),
        ("\xe9".encode("latin-1"), {"Content-Type": "text/plain;charset=ISO-8859-1"}, "é"),
        (
            "é€\x81".encode("cp1252", "ignore") + b"\x81",
            {"Content-Type": "text/plain;charset=windows-1252"},
            "é€\ufffd",
        ),
        ("é".encode("utf-16"), {"Content-Type": "text/plain;charset=UTF-16"}, "é"),
        ("é".encode("utf-16-be"), {"Content-Type": "text/plain;charset=UTF-16"}, "é"),
        ("é".encode("utf-16-le"), {"Content-Type": "text/plain;charset=UTF-16LE"}, "é"),
    ],
)
async def test_forms_and_other_types_as_spring_takes_them(client, body, headers, plain):
    assert await encrypted_and_decrypted(client(encrypt=FOO), body, headers) == plain


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (SEALED, FORM),
        (f"{SEALED}=", FORM),
        (f"{SEALED}=", {"Content-Type": "text/plain;charset=UTF-8"}),
        (f"{{key:a}}{SEALED}", TEXT),
        (f"%7Bkey%3Aa%7D{SEALED}=", FORM),
        (f"{SEALED}\n", TEXT),
        (SEALED.upper(), TEXT),
    ],
)
async def test_decrypt_takes_what_clients_send(client, body, headers):
    answer = await client(encrypt=FOO).post("/decrypt", content=body, headers=headers)
    assert (answer.status_code, answer.text) == (200, "SUPER SECRET")


@pytest.mark.parametrize("length", range(4))
async def test_base64_survives_forms(client, rsa_key, length):
    service = client(encrypt={"key": private_pem(rsa_key)})
    sealed = (await service.post("/encrypt", content="x" * (16 * length + 1), headers=TEXT)).text
    for body in (sealed, f"{sealed}=", httpx.QueryParams({"": sealed}).__str__()[1:]):
        answer = await service.post("/decrypt", content=body, headers=FORM)
        assert (answer.status_code, answer.text) == (200, "x" * (16 * length + 1)), body


@pytest.mark.parametrize(
    "body", ["nothex", "00", f"{{cipher}}{SEALED}", SEALED[2:] + "00", "é", "{a:b}", "=", "00" * 99]
)
@pytest.mark.parametrize("headers", [TEXT, FORM])
async def test_what_this_key_did_not_encrypt(client, body, headers):
    answer = await client(encrypt=FOO).post("/decrypt", content=body.encode(), headers=headers)
    assert (answer.status_code, answer.json()) == (400, INVALID)
    assert answer.headers["content-type"] == "application/json"


async def test_wrong_key(client):
    answer = await client(encrypt={"key": "wrong"}).post("/decrypt", content=SEALED, headers=TEXT)
    assert (answer.status_code, answer.json()) == (400, INVALID)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/key"),
        ("GET", "/key/app/default"),
        ("GET", "/encrypt/status"),
        ("POST", "/encrypt"),
        ("POST", "/encrypt/app/default"),
        ("POST", "/decrypt"),
        ("POST", "/decrypt/app/default"),
        ("POST", "/config/decrypt/app/default"),
    ],
)
async def test_without_a_key(client, method, path):
    answer = await client().request(method, path, content=SEALED if method == "POST" else None, headers=TEXT)
    assert (answer.status_code, answer.json()) == (404, NO_KEY)
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("encrypt", [{}, FOO])
@pytest.mark.parametrize(
    ("path", "body", "headers", "status"),
    [
        ("/encrypt", "x", {}, 400),
        ("/encrypt", "", TEXT, 400),
        ("/decrypt", "", FORM, 400),
        ("/encrypt", b"\xff", TEXT, 400),
        ("/encrypt", "x", {"Content-Type": "text"}, 415),
        ("/encrypt", "x", {"Content-Type": ""}, 415),
        ("/encrypt", "x", {"Content-Type": "text/plain;charset=punycode"}, 415),
        ("/encrypt", "x", {"Content-Type": "text/plain" + "; " * 5000 + "!"}, 415),
        ("/encrypt", "x", TEXT | {"Content-Encoding": "gzip"}, 415),
        ("/encrypt", "x" * 101, TEXT, 413),
        ("/encrypt/app/_x", "x", TEXT, 400),
        ("/encrypt/..%2Fapp/prod", "x", TEXT, 400),
        ("/decrypt/(_)app/prod", "x", TEXT, 400),
        ("/decrypt/app/a,,b", "x", TEXT, 400),
        ("/encrypt/app", "x", TEXT, 405),
    ],
)
async def test_malformed_requests_answer_as_boot_does(client, encrypt, path, body, headers, status):
    service = client(encrypt=encrypt, limits={"body_bytes": 100})
    request = service.build_request("POST", path, content=body, headers=headers)
    answer = await service.send(request)
    assert answer.status_code == status
    assert {"timestamp", "status", "error", "message", "path"} == set(answer.json())


@pytest.mark.parametrize("path", ["/encrypt", "/decrypt", "/config/encrypt"])
async def test_get_is_no_verb_of_theirs(client, path):
    answer = await client(encrypt=FOO).get(path)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST, OPTIONS")


async def test_status_and_applications_of_these_names(client):
    service = client(encrypt=FOO)
    assert (await service.get("/encrypt/status")).json() == {"status": "OK"}
    assert (await service.get("/encrypt/foo")).json()["name"] == "encrypt"
    assert (await service.get("/key/foo")).json()["name"] == "key"
    assert (await service.head("/encrypt/status")).status_code == 200


async def test_prefix_stands_in_front(client):
    service = client(encrypt=FOO, spring={"prefix": "/cfg"})
    assert (await service.get("/cfg/encrypt/status")).status_code == 200
    assert (await service.get("/encrypt/status")).status_code == 404
    assert (await service.post("/cfg/decrypt", content=SEALED, headers=TEXT)).text == "SUPER SECRET"
    assert (await service.post("/decrypt", content=SEALED, headers=TEXT)).status_code == 404


async def test_public_key(client, rsa_key):
    shown = rsa_key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    service = client(encrypt={"key": private_pem(rsa_key)})
    for path in ("/key", "/key/app/default", "/config/key"):
        answer = await service.get(path)
        assert (answer.status_code, answer.text) == (200, f"{shown} application")
        assert answer.headers["content-type"] == "text/plain;charset=UTF-8"
    assert await encrypted_and_decrypted(service, "secret", TEXT) == "secret"
    symmetric = await client(encrypt=FOO).get("/key")
    assert (symmetric.status_code, symmetric.json()["status"]) == (404, "NOT_FOUND")
    assert (await service.get("/key/_x/_y")).status_code == 400


async def test_keys_by_alias(client, rsa_key, tmp_path):
    private, public = tmp_path / "private.pem", tmp_path / "public.pem"
    private.write_text(private_pem(rsa_key))
    public.write_bytes(rsa_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    service = client(encrypt={"keys": {"ours": str(private), "theirs": str(public)}})
    sealed = (await service.post("/encrypt", content="{key:theirs}hello", headers=TEXT)).text
    assert sealed.startswith("{key:theirs}")
    refused = await service.post("/decrypt", content=sealed, headers=TEXT)
    expected = {"status": "BAD_REQUEST", "description": "Server-side decryption is not supported"}
    assert (refused.status_code, refused.json()) == (400, expected)
    assert (await service.post("/decrypt", content=sealed.replace("theirs", "ours"), headers=TEXT)).text == "hello"
    unknown = await service.post("/decrypt", content=sealed.replace("theirs", "nobody"), headers=TEXT)
    assert (unknown.status_code, unknown.json()) == (400, INVALID)
    unknown = await service.post("/encrypt", content="{key:nobody}hello", headers=TEXT)
    assert (unknown.status_code, unknown.json()["status"]) == (400, "BAD_REQUEST")
    assert "'nobody'" in unknown.json()["description"]


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "http://evil.test"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}, {"Host": "evil.test"}],
)
async def test_pages_of_other_sites_decrypt_nothing(client, headers):
    answer = await client(encrypt=FOO).post("/decrypt", content=SEALED, headers=TEXT | headers)
    assert answer.status_code in (403, 421)
    assert "SUPER" not in answer.text


async def test_endpoints_work_where_values_are_not_decrypted(client):
    answer = await client(encrypt={"key": "foo", "enabled": False}).post("/decrypt", content=SEALED, headers=TEXT)
    assert answer.text == "SUPER SECRET"


async def test_key_is_in_no_answer(client):
    service = client(encrypt={"key": "kept-to-itself"})
    for path in ("/encrypt/status", "/key", "/metrics", "/health", "/api/v1/openapi.json"):
        assert "kept-to-itself" not in (await service.get(path)).text
