"""``POST /monitor``: the rows are those that Spring's own server was observed to answer, and those of its tests."""

import base64
import hashlib
import hmac
import json
import time
from urllib.parse import urlencode

import httpx
import pytest
from support.service import DictService, reader_of

from gitconfig_server.settings import Settings
from gitconfig_server.web.app import create_app

pytestmark = pytest.mark.anyio

PUSH = {
    "ref": "refs/heads/main",
    "commits": [
        {"added": ["new-app.yml"], "removed": ["old.properties"], "modified": ["application.yml", "sub/foo-dev.yml"]},
        {"added": [], "modified": ["foo.yml"]},
    ],
}
PUSHED = ["new-app", "new", "old", "*", "foo-dev", "foo"]
CLOUD = {"push": {"changes": [{"new": {"name": "main"}}]}}
SERVER = {"changes": [{"refId": "refs/heads/main"}]}
GITHUB = {"X-GitHub-Event": "push"}


@pytest.fixture
def monitor():
    """A factory of clients; what they trigger is counted in ``.rounds``."""

    def make(**settings):
        effective = Settings(monitor=settings)
        service, rounds = DictService({"main": {}}), []
        app = create_app(service, effective, spring=reader_of(service, effective), trigger=lambda: rounds.append(1))
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://localhost")
        client.rounds = rounds
        return client

    return make


@pytest.mark.parametrize(
    ("headers", "body", "names"),
    [
        ({}, {"path": "foo.yml"}, ["foo"]),
        ({}, {"path": "foo-bar-prod.yml"}, ["foo-bar-prod", "foo-bar", "foo"]),
        ({}, {"path": "application-local.yml"}, ["application-local", "*"]),
        ({}, {"path": ["a/b/foo.yml", "application-dev.yml", "README.md"]}, ["foo", "application-dev", "*", "README"]),
        ({}, {"path": "application.yml"}, ["*"]),
        ({}, {"path": "*"}, ["*"]),
        ({}, {"path": "C:\\config\\foo.yml"}, ["foo"]),
        ({}, {"path": "dir/"}, [""]),
        ({}, {}, []),
        ({}, {"path": []}, []),
        ({}, {"path": [1, None, {"a": 1}]}, []),
        (GITHUB, PUSH, PUSHED),
        ({"x-github-event": "ping"}, PUSH, []),
        ({}, PUSH, []),
        ({"X-Gitlab-Event": "Push Hook"}, PUSH, PUSHED),
        ({"X-Gitlab-Event": "Tag Push Hook"}, PUSH, []),
        ({"X-Gitea-Event": "push"}, PUSH, ["*"]),
        ({"x-git-oschina-event": "Push Hook"}, PUSH, PUSHED),
        ({"X-Gogs-Event": "push"}, PUSH, PUSHED),
        ({"X-Gogs-Event": "push", **GITHUB}, PUSH, PUSHED),
        ({"X-Gitea-Event": "push", **GITHUB}, PUSH, PUSHED),
        (GITHUB, {"commits": [], "path": "x.yml"}, ["x"]),
        (GITHUB, {"commits": [1, {"added": 2, "modified": [3, "a.yml"]}]}, ["a"]),
        (GITHUB, {"commits": "all"}, []),
        ({"X-Event-Key": "repo:push"}, CLOUD, []),
        ({"X-Event-Key": "repo:push", "X-Hook-UUID": "u"}, CLOUD, ["*"]),
        ({"X-Event-Key": "pullrequest:fulfilled", "X-Hook-UUID": "u"}, CLOUD, ["*"]),
        ({"X-Event-Key": "repo:push", "X-Hook-UUID": "u"}, {"push": {}}, []),
        ({"X-Event-Key": "repo:refs_changed", "X-Request-Id": "r"}, SERVER, ["*"]),
        ({"X-Event-Key": "repo:refs_changed"}, SERVER, []),
        ({"X-Event-Key": "pr:merged", "X-Request-Id": "r"}, {"x": 1}, ["*"]),
    ],
)
async def test_webhooks_of_each_provider_name_the_applications_they_concern(monitor, headers, body, names):
    client = monitor()
    answer = await client.post("/monitor", json=body, headers=headers)
    assert (answer.status_code, answer.json()) == (200, names)
    assert answer.headers["content-type"] == "application/json"
    assert client.rounds == [1]


async def test_a_form_names_paths_or_is_refused(monitor):
    client = monitor()
    answer = await client.post("/monitor", data={"path": ["foo-x.yml", "application.yml"]})
    assert answer.json() == ["foo-x", "foo", "*"]
    assert (await client.post("/monitor", data={"other": "x"})).status_code == 400


@pytest.mark.parametrize(
    ("content", "media_type", "status"),
    [
        ("[]", "application/json", 400),
        ("1", "application/json", 400),
        ("{", "application/json", 400),
        ("[" * 100_000, "application/json", 400),
        ("\udcff", "application/json", 400),
        ("x", "text/plain", 415),
        ("x", "", 415),
        ("path=%ff&x" + "&a=1" * 20_000, "application/x-www-form-urlencoded", 400),
    ],
)
async def test_bad_bodies_trigger_nothing(monitor, content, media_type, status):
    client = monitor()
    raw = content.encode(errors="surrogateescape")
    answer = await client.post("/monitor", content=raw, headers={"Content-Type": media_type})
    assert (answer.status_code, answer.json()["path"], client.rounds) == (status, "/monitor", [])


async def test_github_may_post_its_json_in_a_form(monitor):
    client = monitor(secret="s")
    raw = urlencode({"payload": json.dumps(PUSH)}).encode()
    proof = "sha256=" + hmac.new(b"s", raw, hashlib.sha256).hexdigest()
    media = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await client.post("/monitor", content=raw, headers={**GITHUB, **media, "X-Hub-Signature-256": proof})
    assert (answer.status_code, answer.json(), client.rounds) == (200, PUSHED, [1])


@pytest.mark.parametrize(
    ("paths", "names"),
    [("-".join("a" * 200_000), []), ([f"app{number}.yml" for number in range(20_000)], ["*"])],
    ids=["long", "many"],
)
async def test_names_are_bounded(monitor, paths, names):
    answer = await monitor().post("/monitor", json={"path": paths})
    assert (answer.status_code, answer.json()) == (200, names)


async def test_other_verbs(monitor):
    answer = await monitor().get("/monitor")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST, OPTIONS")


async def test_path_is_a_setting_and_not_springs_prefix(monitor):
    client = monitor(path="hooks/")
    assert (await client.post("/hooks/monitor", json={"path": "a.yml"})).json() == ["a"]


@pytest.mark.parametrize(
    ("provider", "headers", "body"),
    [
        ("github", GITHUB, PUSH),
        ("generic", {}, {"path": "a.yml"}),
        ("bitbucket", {"X-Event-Key": "pr:merged", "X-Request-Id": "r"}, {}),
        ("gitea", {"X-Gitea-Event": "push"}, PUSH),
        ("gitee", {"x-git-oschina-event": "Push Hook"}, PUSH),
        ("gitlab", {"X-Gitlab-Event": "Push Hook"}, PUSH),
        ("gogs", {"X-Gogs-Event": "push"}, PUSH),
        ("gitlab", {"X-Gitlab-Event": "System Hook"}, PUSH | {"event_name": "push"}),
        ("gitlab", {"X-Gitlab-Event": "System Hook"}, {"event_name": "repository_update", "changes": []}),
        ("azure", {}, {"eventType": "git.push", "resource": {"refUpdates": []}}),
        ("bitbucket", {"X-Event-Key": "pullrequest:fulfilled", "X-Hook-UUID": "u"}, {"pullrequest": {}}),
    ],
)
async def test_each_provider_can_be_disabled(monitor, provider, headers, body):
    assert (await monitor().post("/monitor", json=body, headers=headers)).json() != []
    off = monitor(**{provider: {"enabled": False}})
    assert (await off.post("/monitor", json=body, headers=headers)).json() == []


def hexed(secret, raw):
    return hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()


def gitee(secret, when):
    stamp = str(int(when * 1000))
    digest = hmac.new(secret.encode(), f"{stamp}\n{secret}".encode(), hashlib.sha256).digest()
    return {"X-Gitee-Token": base64.b64encode(digest).decode(), "X-Gitee-Timestamp": stamp}


def basic(secret):
    return {"Authorization": f"Basic {base64.b64encode(f'azure:{secret}'.encode()).decode()}"}


def standard(secret, raw, when=None):
    stamp = str(int(time.time() if when is None else when))
    digest = hmac.new(secret.encode(), f"id.{stamp}.".encode() + raw, hashlib.sha256).digest()
    signature = f"v1,bm90aGluZw== v1,{base64.b64encode(digest).decode()}"
    return {"webhook-id": "id", "webhook-timestamp": stamp, "webhook-signature": signature}


PROOFS = {
    "azure": lambda secret, _: basic(secret),
    "github": lambda secret, raw: {"X-Hub-Signature-256": f"sha256={hexed(secret, raw)}"},
    "gitea": lambda secret, raw: {"X-Gitea-Signature": hexed(secret, raw)},
    "gogs": lambda secret, raw: {"X-Gogs-Signature": hexed(secret, raw)},
    "bitbucket": lambda secret, raw: {"X-Hub-Signature": f"sha256={hexed(secret, raw)}"},
    "gitlab": lambda secret, _: {"X-Gitlab-Token": secret},
    "gitee": lambda secret, _: gitee(secret, time.time()),
    "generic": lambda secret, _: {"Authorization": f"Bearer {secret}"},
}
JSON = {"Content-Type": "application/json"}


async def ask(client, headers):
    return (await client.post("/monitor", content=b'{"path": "a.yml"}', headers=JSON | headers)).status_code


@pytest.mark.parametrize("provider", PROOFS)
async def test_signed_requests_pass_and_others_do_not(monitor, provider):
    raw, proof = b'{"path": "a.yml"}', PROOFS[provider]
    for settings in ({"secret": "s3cret"}, {provider: {"secret": "s3cret"}}):
        client = monitor(**settings)
        assert await ask(client, proof("s3cret", raw)) == 200
        assert client.rounds == [1]
        for wrong in ({}, proof("other", raw), proof("", raw), proof("s3cretx", raw)):
            assert await ask(client, wrong) == 401
        assert client.rounds == [1]


async def test_gitlabs_signing_token(monitor):
    raw = b'{"path": "a.yml"}'
    client = monitor(gitlab={"secret": "s3cret"})
    assert await ask(client, standard("s3cret", raw)) == 200
    for wrong in (standard("other", raw), standard("s3cret", b"{}"), standard("s3cret", raw, time.time() - 400)):
        assert await ask(client, wrong) == 401
    encoded = monitor(gitlab={"secret": f"whsec_{base64.b64encode(b's3cret').decode()}"})
    assert await ask(encoded, standard("s3cret", raw)) == 200


async def test_a_hook_that_is_not_known_is_named_in_the_log(monitor, capsys):
    answer = await monitor().post(
        "/monitor", json={"eventType": "git.pullrequest.created"}, headers={"X-Foo-Event": "y"}
    )
    assert answer.json() == []
    assert "webhook names no file that is known" in (said := capsys.readouterr().out)
    assert "y, git.pullrequest.created" in said


async def test_own_secret_comes_before_that_of_all(monitor):
    client = monitor(secret="common", gitlab={"secret": "own"})
    assert [await ask(client, PROOFS["gitlab"](secret, b"")) for secret in ("own", "common")] == [200, 401]
    assert await ask(client, PROOFS["generic"]("common", b"")) == 200


async def test_signature_is_of_this_body(monitor):
    client = monitor(secret="s3cret")
    assert await ask(client, PROOFS["github"]("s3cret", b'{"path": "b.yml"}')) == 401
    assert await ask(client, {"X-Hub-Signature-256": b"sha256=\xe9"}) == 401


@pytest.mark.parametrize("stamp", ["0", "x", "9" * 40, "-5", ""])
async def test_gitees_timestamp_must_be_of_now(monitor, stamp):
    client = monitor(secret="s3cret")
    assert await ask(client, {"X-Gitee-Token": "s3cret"}) == 200
    digest = hmac.new(b"s3cret", f"{stamp}\ns3cret".encode(), hashlib.sha256).digest()
    headers = {"X-Gitee-Token": base64.b64encode(digest).decode(), "X-Gitee-Timestamp": stamp}
    assert await ask(client, headers) == 401


async def test_refusal_says_what_is_missing(monitor):
    answer = await monitor(secret="s3cret").post("/monitor", content=json.dumps(PUSH), headers=JSON | GITHUB)
    assert (answer.status_code, "Bearer" in answer.headers["www-authenticate"]) == (401, True)
    assert "signed" in answer.json()["message"]
    assert "s3cret" not in answer.text
