import pytest
from support.service import BROKEN

pytestmark = pytest.mark.anyio
V2 = "application/vnd.spring-cloud.config-server.v2+json"


@pytest.mark.parametrize("base", ["", "/config"])
async def test_environment_has_springs_shape(client, base):
    answer = await client().get(f"{base}/orders/prod,eu")
    body = answer.json()
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert list(body) == ["name", "profiles", "label", "version", "state", "propertySources"]
    assert (body["name"], body["profiles"], body["label"], body["state"]) == ("orders", ["prod,eu"], None, "")
    assert body["version"] == answer.headers["config-commit"]
    assert body["propertySources"][0] == {
        "name": "file:///srv/config.git/orders-prod.yml",
        "source": {"db.pool": 8, "hosts[0]": "c"},
    }
    assert [one["name"].rpartition("/")[2] for one in body["propertySources"]] == [
        "orders-prod.yml",
        "orders.yml",
        "application.yml",
    ]


@pytest.mark.parametrize("label", ["feature(_)x", "feature%2Fx", "feature%28_%29x", "feature%2fx", "feature(_)x;v=1"])
async def test_label_may_be_spelled_with_a_slash(client, label):
    body = (await client().get(f"/orders/prod/{label}")).json()
    assert body["label"] == "feature/x"
    assert body["propertySources"][0]["source"] == {"x": 1}


async def test_label_is_echoed_and_unknown_application_is_empty(client):
    body = (await client({"main": {}}).get("/nobody/prod/main")).json()
    assert body["label"] == "main"
    assert body["propertySources"] == []


async def test_nothing_found_is_404_where_the_setting_says_so(client):
    answer = await client({"main": {}}, spring={"accept_empty": False}).get("/nobody/prod")
    assert answer.status_code == 404
    assert answer.json()["message"] == "Application Not Found"


async def test_second_form_tells_where_each_value_stands(client):
    answer = await client().get("/orders/prod", headers={"Accept": V2})
    assert answer.headers["content-type"] == V2
    assert answer.json()["propertySources"][0]["source"]["hosts[0]"] == {"value": "c", "origin": "2:1"}


async def test_integers_of_any_size_are_exact(client):
    answer = await client({"main": {"a.yml": {"n": 12345678901234567890123}}}).get("/a/z")
    assert b'"n":12345678901234567890123' in answer.content


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/svc/z/a..b", 400),
        ("/svc/z/%2e%2e", 400),
        ("/svc/z/(_)x", 400),
        ("/svc/z/..(_)..", 400),
        ("/svc/z/a%23b", 400),
        ("/svc/z/a%2523b", 400),
        ("/svc../z", 400),
        ("/svc%23/z", 400),
        ("/sv%2523c/z", 400),
        ("/(_)svc/z", 400),
        ("/%28_%29svc/z", 400),
        ("/..%2fx/z", 400),
        ("/a%5Cb/z", 400),
        ("/.git/z", 400),
        ("/.GiT%2fconfig/z", 400),
        ("/a%00b/z", 400),
        ("/a%0ab/z", 400),
        ("/a%ffb/z", 400),
        ("/svc/z_", 400),
        ("/svc/-z", 400),
        ("/svc/z,", 400),
        ("/svc/a,,b", 400),
        ("/svc/a:b", 400),
        ("/svc/bar%2Ffoo/main", 400),
        ("/svc/$%7Bx%7D", 400),
        ("/svc/a%00", 400),
        ("/svc/dev.yml", 404),
        ("/svc/x.json.y", 404),
        ("/svc/z/nolabel", 404),
        ("/svc/z/main,nolabel", 404),
        ("/svc/z/,", 404),
        ("/svc/z/main,%20feature(_)x", 404),
        ("/svc/z/main~1", 404),
        ("/svc/z/main@%7B2026-01-01%7D", 404),
        ("/svc/z/-x", 404),
        ("/svc/z/x.lock", 404),
        ("/svc/z/%20", 404),
        ("/svc/z/HEAD", 404),
        ("/svc/z/", 404),
        ("/svc", 404),
        ("/", 404),
        ("/config/svc", 404),
        ("/git/z", 404),
        ("/console/z", 404),
        ("/config.git/z", 404),
        ("/actuator/unknown", 404),
        ("/%63onfig/z", 404),
    ],
)
async def test_paths_that_are_refused_answer_as_boot_does(client, path, status):
    request = client().build_request("GET", "http://localhost/")
    request.url = request.url.copy_with(raw_path=path.encode())
    answer = await client().send(request)
    assert answer.status_code == status
    assert {"timestamp", "status", "error", "message", "path"} == set(answer.json())
    assert answer.json()["status"] == status


@pytest.mark.parametrize("path", ["/svc/z/main/README.md", "/svc/z/main/", "/svc/z/nolabel/a.txt", "/svc/z/main//"])
async def test_files_that_are_missing_have_no_body(client, path):
    answer = await client().get(path)
    assert (answer.status_code, answer.content) == (404, b"")


@pytest.mark.parametrize("path", ["/svc/a.b", "/svc/a@b", "/svc/a+b", "/svc/é", "/svc/dev.ymlx", "/svc/dev.yml/main"])
async def test_profiles_that_spring_takes(client, path):
    assert (await client().get(path)).status_code == 200


@pytest.mark.parametrize("path", ["/api/prod", "/config/config/prod", "/config/git/prod", "/config/actuator/health"])
async def test_reserved_words_are_applications_beneath_config(client, path):
    assert (await client().get(path)).json()["name"] in ("api", "config", "git", "actuator")


@pytest.mark.parametrize("path", ["/info/refs", "/config/info/refs"])
async def test_git_that_asks_at_the_wrong_address_is_told(client, path):
    answer = await client().get(path, params={"service": "git-upload-pack"})
    assert (answer.status_code, (await client().get(path)).status_code) == (404, 200)
    assert "/config.git" in answer.json()["message"]


@pytest.mark.parametrize("path", ["//orders/prod", "///orders/prod/main", "//config/orders/prod"])
async def test_several_slashes_in_front_are_one(client, path):
    request = client().build_request("GET", "http://localhost/")
    request.url = request.url.copy_with(raw_path=path.encode())
    assert (await client().send(request)).json()["name"] == "orders"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/orders/" + ",".join(map(str, range(10_000))), 413),
        ("/" + ",".join(map(str, range(10_000))) + "/prod", 413),
        ("/orders/prod/" + ",".join("a" * 10_000), 413),
        ("/orders/" + "a" * 10_000, 400),
        ("/" + "a" * 10_000 + "/prod", 400),
        ("/orders/prod/" + "a" * 10_000, 404),
        ("/orders/*", 400),
        ("/orders/prod/" + "0" * 40, 404),
        ("/orders/prod/origin(_)main", 404),
        ("/orders/prod/refs(_)remotes(_)origin(_)main", 404),
    ],
)
async def test_what_asks_for_too_much_or_for_nothing_ends_at_once(client, path, status):
    answer = await client().get(path)
    assert (answer.status_code, answer.json()["status"]) == (status, status)


async def test_words_of_other_servers_are_not_heard(client):
    headers = {"X-Config-State": "s", "X-Config-Token": "t", "Authorization": "Basic Og=="}
    answer = await client().get("/orders/prod?label=nope&refresh=1", headers=headers)
    assert (answer.status_code, answer.json()["label"]) == (200, None)


async def test_several_applications_profiles_and_labels_are_echoed_as_they_are_written(client):
    body = (await client().get("/billing,orders/eu,prod,eu/main,feature(_)x")).json()
    assert (body["name"], body["profiles"], body["label"]) == ("billing,orders", ["eu,prod,eu"], "main,feature/x")
    assert len(body["version"].split(",")) == 2
    assert body["propertySources"][0]["source"] == {"x": 1}


async def test_empty_labels_in_a_list_mean_nothing(client):
    one, several = [(await client().get(f"/orders/prod/{labels}")).json() for labels in ("main", ",main,")]
    assert several == one | {"label": ",main,"}


async def test_a_path_that_is_taken_for_a_file_says_how_to_ask(client):
    answer = await client().get("/orders/prod/main", headers={"Accept": "text/plain"})
    assert (answer.status_code, "accept application/json" in answer.json()["message"]) == (404, True)


async def test_overrides_count_as_something_found(client):
    spring = {"accept_empty": False, "overrides": {"a": "b"}}
    body = (await client({"main": {}}, spring=spring).get("/nobody/prod")).json()
    assert body["propertySources"] == [{"name": "overrides", "source": {"a": "b"}}]


async def test_prefix_moves_the_root_routes(client):
    with_prefix = client(spring={"prefix": "cfg"})
    assert (await with_prefix.get("/cfg/orders/prod")).status_code == 200
    assert (await with_prefix.get("/orders/prod")).status_code == 404
    assert (await with_prefix.get("/config/orders/prod")).status_code == 200


@pytest.mark.parametrize(("try_master", "status"), [(True, 200), (False, 404)])
async def test_default_label_is_main_alone_where_master_is_not_tried(client, try_master, status):
    settings = {"try_master_branch": try_master}
    assert (await client({"master": {}}, spring=settings).get("/a/z")).status_code == status
    assert (await client({"master": {}}, spring=settings, default_label="master").get("/a/z")).status_code == 200
    answer = await client(spring=settings).get("/a/z")
    assert (answer.status_code, answer.json()["label"]) == (200, None)


async def test_profiles_are_not_found_where_they_are_not_validated(client):
    assert (await client(spring={"validate_profiles": False}).get("/svc/z_")).status_code == 404


async def test_broken_file_is_500_on_its_application_alone(client):
    service = client({"main": {"bad.yml": BROKEN, "good.yml": {}}})
    answer = await service.get("/bad/z")
    assert answer.status_code == 500
    assert answer.json()["message"] == "bad.yml:3:1: found a tab [yaml-syntax]"
    assert (await service.get("/good/z")).status_code == 200


async def test_head_has_the_headers_of_get(client):
    answer = await client().head("/orders/prod")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["etag"] == (await client().get("/orders/prod")).headers["etag"]


async def test_options_and_other_verbs_name_what_is_possible(client):
    options = await client().options("/orders/prod")
    assert (options.status_code, options.headers["allow"]) == (200, "GET,HEAD,OPTIONS")
    delete = await client().delete("/orders/prod")
    assert (delete.status_code, delete.headers["allow"]) == (405, "GET, HEAD, OPTIONS")


async def test_same_content_at_another_commit_is_not_sent_again(client):
    first = await client({"main": {"a.yml": {"k": 1}, "b.yml": {"k": 1}}}).get("/a/z")
    etag = {"If-None-Match": first.headers["etag"]}
    other_commit = client({"main": {"a.yml": {"k": 1}, "b.yml": {"k": 2}}})
    again = await other_commit.get("/a/z", headers=etag)
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["config-commit"] != first.headers["config-commit"]
    assert (await other_commit.get("/b/z", headers=etag)).status_code == 200
