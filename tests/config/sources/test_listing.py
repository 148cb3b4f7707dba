import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.trees import tree_of

from gitconfig_server.config.names.locations import parse_search_path
from gitconfig_server.config.resolution.resolve import DEFAULT_OPTIONS, ResolveOptions, resolve
from gitconfig_server.config.sources.finding import address_in
from gitconfig_server.config.sources.listing import find_profiles, is_meant, list_applications, list_sources
from gitconfig_server.formats.reading.formats import parse
from gitconfig_server.git.objects.trees import SYMLINK
from gitconfig_server.model.reads import Application

SEARCH_PATHS = [
    "{application}",
    "{profile}",
    "shared",
    "team/*",
    "{application}/{profile}",
    "x-{application}",
    "**",
    "{label}",
]
WORDS = st.sampled_from(
    ["application", "orders", "prod", "eu", "team", "shared", "x-orders", "orders-prod", "a-b", "a"]
)
STEMS = st.lists(WORDS, min_size=1, max_size=3).map("-".join)
PATHS = st.tuples(st.lists(WORDS, max_size=2), STEMS, st.sampled_from(["yml", "yaml", "properties"])).map(
    lambda told: "/".join([*told[0], f"{told[1]}.{told[2]}"])
)


def listed(*paths, search_paths=(), **manifest):
    files = dict.fromkeys(paths, "a: 1\n") | {name + ".yml": text for name, text in manifest.items()}
    options = ResolveOptions(tuple(map(parse_search_path, search_paths)))
    return {one.path: (one.application, one.profile) for one in list_sources(tree_of(files), options)}


def test_files_at_the_root_say_application_and_profile():
    assert listed("orders.yml", "orders-prod.properties", "application-x.yaml", "README.md", "a.json") == {
        "orders.yml": ("orders", "default"),
        "orders-prod.properties": ("orders", "prod"),
        "application-x.yaml": ("application", "x"),
    }


def test_declared_profiles_and_siblings_are_known():
    assert listed("a-eu.yml", "b-us.yml", gitconfig="profiles: [eu]") == {
        "a-eu.yml": ("a", "eu"),
        "b-us.yml": ("b-us", "default"),
    }
    assert listed("b.properties", "b-us.yml")["b-us.yml"] == ("b", "us")


def test_folders_may_say_application_and_profile():
    paths = ("orders/application-prod.yml", "orders/orders.yml", "orders/other.yml")
    assert listed(*paths, search_paths=["{application}"]) == {
        "orders/application-prod.yml": ("orders", "prod"),
        "orders/orders.yml": ("orders", "default"),
        "orders/other.yml": ("orders/other", "default"),
    }
    assert listed("prod/orders.yml", "prod/orders-dev.yml", search_paths=["{profile}"]) == {
        "prod/orders.yml": ("orders", "prod"),
        "prod/orders-dev.yml": ("prod/orders", "dev"),
    }


def test_other_folders_make_nested_applications():
    assert listed("sub/deep/svc-prod.yml") == {"sub/deep/svc-prod.yml": ("sub/deep/svc", "prod")}
    assert listed("sub/svc.yml", search_paths=["sub"]) == {"sub/svc.yml": ("svc", "default")}


def test_links_and_the_manifest_are_no_sources():
    assert list_sources(tree_of({"orders.yml": "x"}, SYMLINK)) == ()
    assert listed("sub/gitconfig.yml", gitconfig="json: true") == {"sub/gitconfig.yml": ("sub/gitconfig", "default")}


def test_applications_are_listed_with_their_profiles():
    sources = list_sources(tree_of(dict.fromkeys(["b.yml", "a-prod.yml", "a.yml", "a-prod.properties"], "x: 1")))
    assert list_applications(sources) == (Application("a", ("default", "prod")), Application("b", ("default",)))


@given(st.sets(PATHS, min_size=1, max_size=6), st.lists(st.sampled_from(SEARCH_PATHS), max_size=3, unique=True))
def test_what_is_listed_is_read_from_exactly_that_file(paths, search_paths):
    files = {path: f"a{'=' if path.endswith('properties') else ': '}1\n" for path in paths}
    taken = {path: text for path, text in files.items() if not any(one.startswith(path + "/") for one in paths)}
    tree, options = tree_of(taken), ResolveOptions(tuple(map(parse_search_path, search_paths)))
    sources = list_sources(tree, options, "main")
    assert sorted(one.path for one in sources) == sorted(taken)
    for one in sources:
        found = resolve(tree, [one.application], [one.profile], "main", options)
        assert one.path in [source.path for source in found]


def test_xml_that_is_no_properties_is_no_source():
    properties = "<properties><entry key='a'>1</entry></properties>"
    tree = tree_of({"orders.xml": properties, "logback.xml": "<configuration/>"})
    assert [one.path for one in list_sources(tree)] == ["orders.xml"]


def test_the_manifest_and_files_of_other_kinds_are_nobodys_neighbours():
    paths = ["gitconfig.yml", "gitconfig-blue.yml", "orders.txt", "orders-blue.yml", "pom.xml", "pom-blue.yml"]
    tree = tree_of(dict.fromkeys(paths, ""))
    found = {one.path: (one.application, one.profile) for one in list_sources(tree)}
    assert found == {
        "gitconfig-blue.yml": ("gitconfig-blue", "default"),
        "orders-blue.yml": ("orders-blue", "default"),
        "pom-blue.yml": ("pom", "blue"),
    }
    assert {path: address_in(tree, path, None, DEFAULT_OPTIONS) for path in found} == found


def test_only_xml_whose_root_is_properties_is_a_source():
    head = (
        "<?xml version='1.0'?>\n<!-- <x> -->\n<!DOCTYPE properties SYSTEM 'http://java.sun.com/dtd/properties.dtd'>\n"
    )
    pom = "<project><properties><a>1</a></properties></project>"
    tree = tree_of({"orders.xml": f"\ufeff{head}<properties/>", "pom.xml": pom, "target/TEST-a.xml": f"<t>{pom}</t>"})
    assert [one.path for one in list_sources(tree)] == ["orders.xml"]


@pytest.mark.parametrize(
    ("search_paths", "names"),
    [
        ([], ["orders", "sub/svc", "team/billing"]),
        (["sub"], ["orders", "svc"]),
        (["{application}"], ["orders", "team"]),
    ],
)
def test_applications_are_what_is_meant_to_be_read(search_paths, names):
    paths = [
        "orders.yml",
        "sub/svc.yml",
        ".mvn/wrapper/maven-wrapper.properties",
        "target/classes/a.yml",
        "x/target/b.yml",
    ]
    paths += ["team/team.yml"] if search_paths == ["{application}"] else ["team/billing.yml"]
    options = ResolveOptions(tuple(map(parse_search_path, search_paths)))
    sources = list_sources(tree_of(dict.fromkeys(paths, "a: 1\n")), options)
    assert len(sources) == len(paths)
    assert [one.name for one in list_applications(one for one in sources if is_meant(one, options))] == names


@pytest.mark.parametrize(
    ("search_paths", "names"),
    [([], ["orders"]), (["{application}"], ["orders"]), (["schemas"], ["application", "orders"])],
)
def test_schemas_are_no_applications_unless_their_folder_is_searched(search_paths, names):
    options = ResolveOptions(tuple(map(parse_search_path, search_paths)))
    paths = ["orders.yml", "schemas/orders.yml", "schemas/application.yml"]
    sources = list_sources(tree_of(dict.fromkeys(paths, "a: 1\n")), options)
    assert [one.name for one in list_applications(one for one in sources if is_meant(one, options))] == names


def test_the_profiles_that_documents_ask_for():
    text = "a: 1\n---\nspring.config.activate.on-profile: docker & !(eu | us)\n---\n"
    text += "spring: {config: {activate: {onProfile: [x, y]}}, profiles: {group: {g: [x]}}}"
    documents = parse("a.yml", text.encode())
    assert find_profiles(documents) == {"docker", "eu", "us", "x", "y", "g"}
