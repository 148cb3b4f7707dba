from pathlib import Path

import pytest

from gitconfig_server.errors import InvalidSettings, RepositoryNotFound
from gitconfig_server.service.spring.templates import has_placeholders, parse_template

NAMES = {"application": "org/team1", "profile": "a,b", "label": "main"}


@pytest.mark.parametrize(
    ("uri", "path", "shown"),
    [
        ("/srv/config", "/srv/config", "file:///srv/config"),
        ("/srv/config/", "/srv/config", "file:///srv/config"),
        ("/srv/{application}", "/srv/org/team1", "file:///srv/org/team1"),
        ("/srv/x-{profile}/{label}.git", "/srv/x-a,b/main.git", "file:///srv/x-a%2Cb/main.git"),
        ("file:///srv/{application}-config", "/srv/org/team1-config", "file:///srv/org/team1-config"),
        ("file://localhost/srv/a%20b/{label}", "/srv/a b/main", "file://localhost/srv/a%20b/main"),
    ],
)
def test_names_are_put_into_the_address(uri, path, shown):
    location = parse_template("repository", uri).locate(NAMES)
    assert (str(location.path), location.uri) == (path, shown)


def test_relative_addresses_are_of_this_folder():
    assert parse_template("repository", "{application}").locate(NAMES).path == Path.cwd() / "org/team1"


def test_clients_may_be_shown_another_address():
    template = parse_template("repository", "/srv/{application}", "https://git.test/{application}/")
    assert template.locate(NAMES).uri == "https://git.test/org/team1"


@pytest.mark.parametrize(
    "name",
    ["..", "../x", "a/../b", ".", "a/./b", "", "/etc", "a//b", "a\\b", "a\0b", ".git", "x/.GIT", "a\nb", "x" * 5000],
)
def test_names_that_are_no_path_lead_nowhere(name):
    with pytest.raises(RepositoryNotFound):
        parse_template("repository", "/srv/{application}").locate(NAMES | {"application": name})


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "https://git.test/{application}",
        "http://{profile}:8080/x",
        "http://localhost:{profile}/",
        "ssh://git@git.test/x",
        "git@git.test:x/{application}",
        "memory://x",
        "file://{application}/x",
        "file://other/x",
        "file:///",
        "/",
        "/srv/{applicaton}",
        "/srv/{}",
    ],
)
def test_addresses_that_are_not_of_this_machine_are_refused(uri):
    with pytest.raises(InvalidSettings, match=r"^repository: "):
        parse_template("repository", uri)


def test_refusals_repeat_no_password():
    with pytest.raises(InvalidSettings) as caught:
        parse_template("spring.repositories.x.uri", "https://me:secret@git.test/x")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(("uri", "expected"), [("/srv/{label}", True), ("/srv/config", False), ("/srv/{x}", False)])
def test_has_placeholders(uri, expected):
    assert has_placeholders(uri) is expected
