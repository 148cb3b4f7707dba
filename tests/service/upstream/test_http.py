import threading

import pytest
from support.git import git
from support.git_http import git_http
from support.git_server import serving
from support.live import live
from support.repositories import commit, memory_repository
from support.service import DictService, reader_of
from support.upstreams import followed

from gitconfig_server.git.receiving.pack_scan import PackLimits
from gitconfig_server.settings import Settings
from gitconfig_server.web.app import create_app

pytestmark = pytest.mark.anyio


@pytest.fixture
def remote(remote):
    git(remote.path, "config", "http.receivepack", "true")
    return remote


async def test_stock_git_over_http_both_ways(remote):
    with git_http(remote.path.parent, "tess:p@ss") as served:
        ours = followed(f"{served.url}/remote.git", username="tess", password="p@ss", push_back=True)
        assert (await ours.round()).error == ""
        saved = commit(ours.git, {f"app{number}.yml": f"a: {number}\n" for number in range(150)}).decode()
        theirs = remote.commit({"carts.yml": "a: 1\n"})
        assert (await ours.round()).unpushed == ()
    assert git(remote.path, "rev-parse", "main^1", "main^2").split() == [saved, theirs]
    git(remote.path, "fsck", "--strict")


async def test_our_own_server_over_http_both_ways():
    theirs = memory_repository()
    commit(theirs, {"orders.yml": "pool: 1\n"})
    with serving(theirs) as url:
        ours = followed(url, push_back=True)
        await ours.round()
        tip = commit(theirs, {"orders.yml": "pool: 2\n"}).decode()
        await ours.round()
        assert ours.tip("main") == tip
        saved = commit(ours.git, {"carts.yml": "a: 1\n"})
        assert (await ours.round()).troubles == ()
    assert theirs.snapshot()[b"refs/heads/main"] == saved


async def test_what_stands_already_is_not_asked_for(remote):
    with git_http(remote.path.parent) as served:
        ours = followed(f"{served.url}/remote.git")
        await ours.round()
        served.requests.clear()
        await ours.round()
        assert served.requests == ["GET /remote.git/info/refs?service=git-upload-pack"]


@pytest.mark.parametrize(
    ("status", "told"),
    [(401, "credentials"), (403, "credentials"), (404, "no repository"), (429, "too often"), (503, "answers 503")],
)
async def test_answers_that_are_none(remote, status, told):
    with git_http(remote.path.parent) as served:
        served.status = status
        assert told in (await followed(f"{served.url}/remote.git").round()).error


async def test_wrong_password_is_told_without_it(remote):
    with git_http(remote.path.parent, "tess:right") as served:
        url = served.url.replace("//", "//tess:wr0ng@")
        ours = followed(f"{url}/remote.git")
        status = await ours.round()
    assert "credentials" in status.error
    assert "wr0ng" not in repr((status, ours.upstream.status(), status.shown(0, None)))
    assert status.remote == f"{served.url}/remote.git"


async def test_web_page_is_no_repository():
    service = DictService({"main": {}})
    app = create_app(service, Settings(), spring=reader_of(service, Settings()))
    async with live(app) as server:
        error = (await followed(f"http://localhost:{server.port}/orders").round()).error
    assert "no repository there" in error or "no Git repository" in error


async def test_redirection_to_another_host_is_not_followed(remote):
    with git_http(remote.path.parent) as served:
        served.moved = served.url.replace("127.0.0.1", "localhost")
        error = (await followed(f"{served.url}/remote.git").round()).error
    assert "has moved to http://localhost" in error


async def test_redirection_within_the_host_is_followed(remote):
    with git_http(remote.path.parent) as old, git_http(remote.path.parent) as new:
        old.moved = new.url
        ours = followed(f"{old.url}/remote.git")
        assert (await ours.round()).error == ""
    assert ours.tip("main") == remote.tip("main")
    assert [one.split()[0] for one in new.requests] == ["GET", "POST"]


async def test_another_port_is_not_told_the_password(remote):
    with git_http(remote.path.parent, "tess:right") as old, git_http(remote.path.parent) as new:
        old.moved = new.url
        ours = followed(f"{old.url.replace('//', '//tess:right@')}/remote.git")
        assert (await ours.round()).error == ""
    assert old.logins[-1] is not None
    assert new.logins == [None, None]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
async def test_a_redirection_names_no_user(remote, host):
    with git_http(remote.path.parent) as old, git_http(remote.path.parent) as new:
        old.moved = new.url.replace("127.0.0.1", f"eve:s3cret@{host}")
        ours = followed(f"{old.url}/remote.git")
        status = await ours.round()
    assert "s3cret" not in repr((status, status.shown(0, None)))
    assert set(new.logins) <= {None}
    assert bool(status.error) is (host == "localhost")


@pytest.mark.parametrize(
    "damage",
    [
        lambda answer: answer[:-30] + bytes([answer[-30] ^ 1]) + answer[-29:],
        lambda answer: b"garbage, no Git at all",
        lambda answer: answer[: len(answer) // 2],
        lambda answer: b"",
        lambda answer: answer.replace(b"PACK", b"PUCK", 1),
    ],
    ids=["flipped", "garbage", "half", "nothing", "header"],
)
async def test_what_the_way_damaged_is_fetched_again(remote, damage):
    with git_http(remote.path.parent) as served:
        ours = followed(f"{served.url}/remote.git")
        served.damage = damage
        status = await ours.round()
        assert status.error
        assert not status.troubles
        assert status.shown(0, None)["state"] == "never-fetched"
        served.damage = None
        assert (await ours.round()).error == ""
    assert ours.tip("main") == remote.tip("main")


async def test_a_connection_that_is_reset_says_so(remote):
    with git_http(remote.path.parent) as served:
        served.reset = True
        error = (await followed(f"{served.url}/remote.git").round()).error
    assert "reset by peer" in error or "disconnected" in error


async def test_a_repository_of_another_hash_is_named(tmp_path):
    work = tmp_path / "work"
    git(tmp_path, "init", "--quiet", "--object-format=sha256", "--initial-branch", "main", "work")
    (work / "a.yml").write_text("x: 1\n")
    git(work, "add", "--all")
    git(work, "commit", "--quiet", "--message", "x")
    git(tmp_path, "clone", "--quiet", "--bare", "work", "new.git")
    with git_http(tmp_path) as served:
        assert "SHA-256" in (await followed(f"{served.url}/new.git").round()).error


async def test_redirection_in_circles_ends(remote):
    with git_http(remote.path.parent) as served:
        served.moved = served.url
        assert "circles" in (await followed(f"{served.url}/remote.git").round()).error


async def test_silent_remote_is_given_up(remote):
    with git_http(remote.path.parent) as served:
        served.silent = threading.Event()
        assert "upstream.timeout" in (await followed(f"{served.url}/remote.git", timeout=0.05).round()).error


async def test_nobody_there(remote):
    with git_http(remote.path.parent) as served:
        url = f"{served.url}/remote.git"
    assert "cannot be reached" in (await followed(url).round()).error


async def test_endless_answer_is_cut_off(remote):
    remote.commit({"big.txt": "".join(f"{number * 7919 % 100003:x}" for number in range(90_000))})
    with git_http(remote.path.parent) as served:
        ours = followed(f"{served.url}/remote.git", limits=PackLimits(pack_bytes=1000))
        assert "max_pack_bytes" in (await ours.round()).error


async def test_missing_ca_file_is_named(remote):
    ours = followed("https://127.0.0.1:1/x", ca_file="/nonexistent/ca.pem")
    assert "upstream.ca_file" in (await ours.round()).error
