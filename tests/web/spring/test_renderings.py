import pytest
from support.repositories import commit
from support.service import BROKEN
from support.whole import whole

pytestmark = pytest.mark.anyio

YML = "app: application\ndb:\n  pool: 8\n  url: postgresql://db/orders\nhosts:\n- c\n"
JSON = '{"app":"application","db":{"pool":8,"url":"postgresql://db/orders"},"hosts":["c"]}'
PROPERTIES = "app: application\ndb.pool: 8\ndb.url: postgresql://db/orders\nhosts[0]: c"


@pytest.mark.parametrize("base", ["", "/config", "/main", "/config/main"])
@pytest.mark.parametrize(
    ("extension", "media_type", "text"),
    [
        ("yml", "text/plain", YML),
        ("yaml", "text/plain", YML),
        ("json", "application/json", JSON),
        ("properties", "text/plain", PROPERTIES),
    ],
)
async def test_an_environment_in_each_form(client, base, extension, media_type, text):
    for accept in ("*/*", "image/png", "application/octet-stream"):
        answer = await client().get(f"{base}/orders-prod.{extension}", headers={"Accept": accept})
        assert answer.status_code == 200
        assert answer.headers["content-type"] == media_type
        assert answer.text == text


@pytest.mark.parametrize(
    ("path", "name", "profiles"),
    [
        ("/foo-bar-foo2-bar2-spam.yml", "foo-bar-foo2-bar2", ("spam",)),
        ("/svc-a,b.yml", "svc", ("a", "b")),
        ("/svc-a%2Cb.yml", "svc", ("a", "b")),
        ("/svc%2Da.yml", "svc", ("a",)),
        ("/svc-z.yml.yml", "svc", ("z.yml",)),
        ("/svc-z.y.yml", "svc", ("z.y",)),
        ("/sub(_)svc-z.yml", "sub/svc", ("z",)),
        ("/sub%2Fsvc-z.yml", "sub/svc", ("z",)),
        ("/svc-z.yml;x=1", "svc", ("z",)),
        ("/svc-application,.yml", "svc", ("application",)),
        ("/svc,%20-a.yml", "svc", ("a",)),
        ("/svc-application,kafka,redis.yml?resolvePlaceholders=false", "svc", ("application", "kafka", "redis")),
    ],
)
async def test_the_last_hyphen_divides_name_and_profiles(client, path, name, profiles):
    strongest = f"{name}-{profiles[-1]}.yml"
    labels = {"main": {strongest: {"won": strongest}, "application.yml": {"won": "no"}}}
    assert (await client(labels).get(path)).text == f"won: {strongest}\n"


@pytest.mark.parametrize("path", ["/svc-.yml", "/-z.yml", "/-.yml", "/svc-,.yml"])
async def test_empty_halves_mean_nothing(path):
    async with whole({"svc.yml": "a: 1\n", "application.yml": "b: 2\n"}) as served:
        assert (await served.client.get(path)).text == "{}\n"


@pytest.mark.parametrize("label", ["feature(_)x", "feature%2Fx", "feature%28_%29x", "feature(_)x;v=1"])
async def test_a_label_stands_in_front(client, label):
    assert (await client().get(f"/{label}/orders-prod.yml")).text == "x: 1\n"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/svc-..%2Fx.yml", 400),
        ("/..%2Fx-z.yml", 400),
        ("/%252e%252e-z.yml", 400),
        ("/(_)svc-z.yml", 400),
        ("/svc%23-z.yml", 400),
        ("/svc-z_.yml", 400),
        ("/svc-a,,b.yml", 400),
        ("/.git%2Fx-z.yml", 400),
        ("/a..b/svc-z.yml", 400),
        ("/svc-z.yml?resolvePlaceholders=maybe", 400),
        ("/nolabel/svc-z.yml", 404),
        ("/main~1/svc-z.yml", 404),
        ("/a/b/svc-z.yml", 404),
        ("/svc-z.xml", 404),
        ("/svc-z.YML", 404),
        ("/svc.yml", 404),
        ("/svc/.yml", 400),
    ],
)
async def test_bad_paths_answer_as_boot_does(client, path, status):
    answer = await client().get(path)
    assert answer.status_code == status
    assert answer.json()["status"] == status


async def test_a_rendering_is_not_taken_for_an_environment(client):
    labels = {"main": {"y-z.yml": {"from": "main"}}, "x": {"y-z.yml": {"from": "label x"}, "x.yml": {"from": "no"}}}
    service = client(labels)
    assert (await service.get("/x/y-z.yml")).text == "from: label x\n"
    assert (await service.get("/x/y-z.ymlx")).json()["name"] == "x"
    assert (await service.get("/x/y-zyml")).json()["profiles"] == ["y-zyml"]
    assert (await service.get("/x/dev.yml")).status_code == 404
    assert (await service.get("/x/y-z.yml/main")).json()["profiles"] == ["y-z.yml"]


async def test_words_reserved_at_the_root_are_labels_beneath_config(client):
    service = client({"main": {}, "config": {"a-b.yml": {"x": 1}}, "git": {"a-b.yml": {"x": 2}}})
    assert (await service.get("/config/a-b.yml")).text == "{}\n"
    assert (await service.get("/config/config/a-b.yml")).text == "x: 1\n"
    assert (await service.get("/config/git/a-b.yml")).text == "x: 2\n"
    assert (await service.get("/git/a-b.yml")).status_code == 404


@pytest.mark.parametrize(
    ("option", "text"),
    [
        ("", "a: b\nb: b\n"),
        ("?resolvePlaceholders=", "a: b\nb: b\n"),
        ("?resolvePlaceholders=YES", "a: b\nb: b\n"),
        ("?resolvePlaceholders=Off", "a: ${b}\nb: b\n"),
        ("?resolvePlaceholders=0&unknown=1", "a: ${b}\nb: b\n"),
        ("?resolvePlaceholders=no&resolvePlaceholders=yes", "a: ${b}\nb: b\n"),
    ],
)
async def test_placeholders_are_resolved_unless_the_query_says_no(client, option, text):
    assert (await client({"main": {"svc.yml": {"a": "${b}", "b": "b"}}}).get(f"/svc-z.yml{option}")).text == text


async def test_what_cannot_be_rendered_is_named(client):
    service = client({"main": {"svc.yml": {"a..b": 1}, "loop.yml": {"a": "${b}", "b": "${a}"}, "bad.yml": BROKEN}})
    for extension in ("yml", "json"):
        answer = await service.get(f"/svc-z.{extension}")
        assert (answer.status_code, "'a..b'" in answer.json()["message"]) == (400, True)
    assert (await service.get("/svc-z.properties")).text == "a..b: 1"
    answer = await service.get("/loop-z.json")
    assert (answer.status_code, "b -> a -> b" in answer.json()["message"]) == (400, True)
    answer = await service.get("/bad-z.yml")
    assert (answer.status_code, "bad.yml:3:1" in answer.json()["message"]) == (500, True)


async def test_nothing_found_is_404_where_the_setting_says_so(client):
    service = client({"main": {}}, spring={"accept_empty": False})
    assert (await service.get("/a-z.yml")).status_code == 404
    assert (await client({"main": {}}).get("/a-z.properties")).text == ""


async def test_a_document_keeps_its_key_where_the_setting_says_so(client):
    labels = {"main": {"txt.yml": {"document": "text"}}}
    assert (await client(labels).get("/txt-z.yml")).text == "text\n"
    kept = client(labels, spring={"strip_document_from_yaml": False})
    assert (await kept.get("/txt-z.yml")).text == "document: text\n"
    assert (await client(labels).get("/txt-z.json")).json() == {"document": "text"}


async def test_a_prefix_stands_in_front(client):
    service = client(spring={"prefix": "/cfg"})
    assert (await service.get("/cfg/orders-prod.yml")).text == YML
    assert (await service.get("/cfg/main/orders-prod.yml")).text == YML
    assert (await service.get("/orders-prod.yml")).status_code == 404


async def test_answers_can_be_validated_and_ask_for_nothing_else(client):
    service = client()
    answers = {path: await service.get(path) for path in PATHS}
    assert len({answer.headers["etag"] for answer in answers.values()}) == len(PATHS)
    for path, answer in answers.items():
        assert answer.headers["etag"].startswith("W/")
        assert answer.headers["cache-control"] == "private, no-cache"
        again = await service.get(path, headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        head = await service.head(path)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == str(len(answer.content))
    assert (await service.post("/orders-prod.yml")).status_code == 405
    assert (await service.options("/orders-prod.yml")).headers["allow"] == "GET,HEAD,OPTIONS"


PATHS = (
    "/orders-prod.yml",
    "/orders-prod.json",
    "/orders-prod.properties",
    "/orders-prod.yml?resolvePlaceholders=false",
    "/main/orders-prod.yml",
    "/orders-dev.yml",
)


async def test_the_fast_path_gives_renderings_again_until_they_change():
    async with whole({"svc.yml": "a: ${b}\nb: 1\n", "other.yml": "x: 1\n"}) as served:
        for path in ("/svc-z.yml", "/main/svc-z.json", "/svc-z.properties"):
            first = await served.client.get(path)
            commit(served.git, {"other.yml": f"x: {path}\n"})
            second, hits = await served.hits(path)
            assert (second.content, second.headers["etag"], hits) == (first.content, first.headers["etag"], 1)
            assert second.headers["config-commit"] != first.headers["config-commit"]
        commit(served.git, {"svc.yml": "a: ${b}\nb: 2\n"})
        assert (await served.client.get("/svc-z.yml")).text == "a: 2\nb: 2\n"


async def test_an_answer_with_secrets_is_not_stored():
    cipher = "{cipher}d1b2458ccede07c856ff952bd841638ff4dd12ed1d36812663c3c7262d57bf46"
    async with whole({"svc.yml": f"a: '{cipher}'\n"}, encrypt={"key": "foo"}) as served:
        answer = await served.client.get("/svc-z.yml")
        assert (answer.text, answer.headers["cache-control"]) == ("a: SUPER SECRET\n", "no-store")
