import pytest
from support.trees import tree_of

from gitconfig_server.config.names import locations
from gitconfig_server.config.names.locations import find_locations, lead_to, parse_search_path
from gitconfig_server.errors import InvalidName, TooLarge
from gitconfig_server.git.objects.trees import SYMLINK

FILES = ("a/x", "b/c/x", "b/d/e/x", "orders/x", "orders-prod/x", "team/orders/x", "v1/x")


def found(*paths, applications=("orders",), profiles=("prod",), label="v1"):
    tree = tree_of(dict.fromkeys(FILES, ""))
    names = find_locations(tree, [parse_search_path(path) for path in paths], applications, profiles, label)
    return [name.decode() for name in names]


@pytest.mark.parametrize(
    ("path", "folders"),
    [
        ("b", ["b"]),
        ("/b", ["b"]),
        ("b/", ["b"]),
        ("./b/.", ["b"]),
        ("/", []),
        ("nothere", []),
        ("a/x", []),
        ("b/*", ["b/c", "b/d"]),
        ("b/**", ["b/c", "b/d", "b/d/e"]),
        ("b/**/e", ["b/d/e"]),
        ("**/orders", ["orders", "team/orders"]),
        ("?", ["a", "b"]),
        ("o*s", ["orders"]),
        ("{application}", ["orders"]),
        ("team/{application}", ["team/orders"]),
        ("{application}-{profile}", ["orders-prod"]),
        ("{application}*", ["orders", "orders-prod"]),
        ("{label}", ["v1"]),
    ],
)
def test_a_search_path_leads_to_folders_that_exist(path, folders):
    assert found(path) == ["", *folders]


def test_each_folder_stands_where_it_came_first():
    assert found("b/*", "b", "b/**") == ["", "b/c", "b/d", "b", "b/d/e"]


def test_placeholders_run_through_profiles_then_applications():
    tree = tree_of({f"{profile}/{name}/x": "" for profile in "pq" for name in "ab"})
    names = find_locations(tree, [parse_search_path("{profile}/{application}")], ("b", "a"), ("q", "p"), None)
    assert names == (b"", b"q/b", b"q/a", b"p/b", b"p/a")


def test_names_are_no_wildcards_and_labels_may_be_unknown():
    assert found("{application}", applications=("*",)) == [""]
    assert found("team/{application}*", applications=("?",)) == [""]
    assert found("{label}", label=None) == [""]
    assert found("{application}", applications=("team/orders",)) == ["", "team/orders"]


def test_links_and_unreadable_names_are_no_folders():
    assert find_locations(tree_of({"a": "/etc"}, SYMLINK), [parse_search_path("a")], ("x",), ("y",), None) == (b"",)


@pytest.mark.parametrize(
    "text", ["..", "a/../b", "a\\b", "a\0", "{applications}", "{}", "***", "a**", "*a*b*", "**/**/**", "x" * 600]
)
def test_wild_search_paths_are_refused(text):
    with pytest.raises(InvalidName):
        parse_search_path(text)


def test_the_number_of_folders_is_bounded(monkeypatch):
    monkeypatch.setattr(locations, "MAX_LOCATIONS", 3)
    with pytest.raises(TooLarge, match="over the limit of 3"):
        found("**")


@pytest.mark.parametrize(
    ("path", "folder", "names"),
    [
        ("b", "b", [{}]),
        ("b", "c", []),
        ("b/*", "b/c", [{}]),
        ("b/*", "b/c/d", []),
        ("b/**", "b", []),
        ("b/**/e", "b/e", [{}]),
        ("{application}", "orders", [{"application": "orders"}]),
        ("{application}", "team/orders", [{"application": "team/orders"}]),
        ("{application}/{profile}", "orders/prod", [{"application": "orders", "profile": "prod"}]),
        ("x-{application}", "x-orders", [{"application": "orders"}]),
        ("{application}/{application}-x", "a/a-x", [{"application": "a"}]),
        ("{application}-{application}", "a-b", []),
        ("{application}/{application}", "a/b", []),
        ("{label}/{profile}", "v1/prod", [{"profile": "prod"}]),
        ("{label}/{profile}", "v2/prod", []),
        ("**/{application}", "a/b", [{"application": "a/b"}, {"application": "b"}]),
    ],
)
def test_folders_say_the_names_that_lead_to_them(path, folder, names):
    assert list(lead_to(parse_search_path(path), folder, "v1")) == names
