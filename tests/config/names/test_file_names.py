import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitconfig_server.config.names.file_names import (
    MAX_APPLICATIONS,
    MAX_NAME,
    MAX_PATH,
    MAX_PROFILES,
    check_application,
    check_applications,
    check_path,
    check_profiles,
    read_backwards,
    stem_of,
)
from gitconfig_server.errors import InvalidName, TooLarge

HOSTILE_NAMES = (
    "",
    "..",
    "a..b",
    "svc#",
    "(_)svc",
    "sv%23c",
    "sv%2e%2ec",
    "%28_%29svc",
    "a%5c..%5cb",
    "a(_)",
    "a//b",
    "/a",
)
UNSOUND_NAMES = ("a/./b", "a\\b", "a\0b", "a\nb", "a\x85b", "a\ud800b", ".git", "a(_).GIT(_)b", "x" * (MAX_NAME + 1))
HOSTILE_PROFILES = (
    "",
    "z_",
    "_z",
    "-z",
    "z-",
    "z ",
    "a, b",
    "z,",
    ",z",
    "a,,b",
    "a:b",
    "a*",
    "${x}",
    "a(_)b",
    "..",
    "a..b",
)
UNSOUND_PROFILES = ("%2e%2e", "bar/foo", "²", "a\0b", "a/b", "x" * (MAX_NAME + 1))
HOSTILE_PATHS = (
    "",
    "/a",
    "a/",
    "a//b",
    ".",
    "..",
    "a/../b",
    "a/./b",
    "a\\b",
    "a\0",
    "a\x7f",
    "a\tb",
    "a/\ud800",
    "a" * (MAX_PATH + 1),
)
GIT_FOLDERS = (".git", "a/.GIT/x", ".git ", ".git...", ".git:x", ".git::$INDEX_ALLOCATION", "git~1", "GIT~1")
HIDDEN_GIT_FOLDERS = (".g\u200cit", "\ufeff.git", ".gi\u202et/x")


@pytest.mark.parametrize(
    ("name", "application"),
    [
        ("svc", "svc"),
        ("sub(_)svc", "sub/svc"),
        ("sub/svc", "sub/svc"),
        ("sv%c", "sv%c"),
        ("a b.c*é", "a b.c*é"),
        ("a%2Fb", "a%2Fb"),
    ],
)
def test_applications_are_what_spring_accepts(name, application):
    assert check_application(name) == application


@pytest.mark.parametrize("name", [*HOSTILE_NAMES, *UNSOUND_NAMES])
def test_hostile_applications_are_refused(name):
    with pytest.raises(InvalidName) as caught:
        check_application(name)
    assert caught.value.kind == "application"


def test_a_comma_list_of_applications():
    assert check_applications("b,a(_)c,b") == ("b", "a/c")
    with pytest.raises(InvalidName):
        check_applications("a,,b")
    with pytest.raises(TooLarge, match=str(MAX_APPLICATIONS)):
        check_applications(",".join(map(str, range(MAX_APPLICATIONS + 1))))


def test_a_comma_list_of_profiles():
    assert check_profiles("prod,a.b,a@b,a+b,x-y_z,é,\u0661,prod") == (
        "prod",
        "a.b",
        "a@b",
        "a+b",
        "x-y_z",
        "é",
        "\u0661",
    )


@pytest.mark.parametrize("text", [*HOSTILE_PROFILES, *UNSOUND_PROFILES])
def test_hostile_profiles_are_refused(text):
    with pytest.raises(InvalidName) as caught:
        check_profiles(text)
    assert caught.value.kind == "profile"


def test_too_many_profiles_are_refused():
    with pytest.raises(TooLarge, match=str(MAX_PROFILES)):
        check_profiles(",".join(map(str, range(10_000))))


@pytest.mark.parametrize(
    "path", ["a", "a/b.yml", ".github/x", "a b/é", ".gitignore", "x.git/y", "git~2", "...", "a/..b"]
)
def test_sound_paths_are_kept(path):
    assert check_path(path) == path


@pytest.mark.parametrize("path", [*HOSTILE_PATHS, *GIT_FOLDERS, *HIDDEN_GIT_FOLDERS])
def test_hostile_paths_are_refused(path):
    with pytest.raises(InvalidName) as caught:
        check_path(path)
    assert caught.value.kind == "path"


@pytest.mark.parametrize(
    ("stem", "siblings", "known", "meaning"),
    [
        ("orders", [], [], ("orders", "default")),
        ("orders-prod", [], [], ("orders", "prod")),
        ("customers-service", [], [], ("customers-service", "default")),
        ("customers-service", ["customers"], [], ("customers", "service")),
        ("orders-eu", [], ["eu"], ("orders", "eu")),
        ("orders-eu", [], [], ("orders-eu", "default")),
        ("application-eu", [], [], ("application", "eu")),
        ("application-eu-prod", [], [], ("application-eu", "prod")),
        ("a-b-c", ["a", "a-b"], [], ("a-b", "c")),
        ("a-b-c", ["a"], [], ("a", "b-c")),
        ("orders-default", [], [], ("orders", "default")),
        ("-prod", [], [], ("-prod", "default")),
        ("orders-", ["orders"], [], ("orders-", "default")),
        ("a-b c", ["a"], [], ("a-b c", "default")),
    ],
)
def test_file_names_are_read_backwards(stem, siblings, known, meaning):
    assert read_backwards(stem, siblings, known) == meaning


@given(st.text("ab-", min_size=1, max_size=8), st.sets(st.text("ab-", min_size=1, max_size=4)))
def test_reading_backwards_undoes_reading_forwards(stem, siblings):
    application, profile = read_backwards(stem, siblings, ["b"])
    assert stem in (stem_of(application, profile), stem_of(application, None))
