import pytest
from support.trees import tree_of

from gitconfig_server.config.names.locations import parse_search_path
from gitconfig_server.config.resolution import file_search
from gitconfig_server.config.resolution.resolve import ResolveOptions, read_documents, resolve
from gitconfig_server.errors import InvalidContent, TooLarge
from gitconfig_server.git.objects.trees import SYMLINK


def names(files, applications=("orders",), profiles=("prod",), paths=(), label=None, json=False):
    options = ResolveOptions(tuple(parse_search_path(path) for path in paths), json=json)
    return [source.name for source in resolve(tree_of(files), applications, profiles, label, options)]


def some(*paths):
    return dict.fromkeys(paths, "a: 1\n")


def test_profile_outranks_folder_outranks_application_outranks_extension():
    files = some(
        *(
            f"{folder}{name}{end}.yml"
            for folder in ("", "s/")
            for name in ("orders", "application")
            for end in ("", "-prod")
        )
    )
    files["s/orders-prod.properties"] = "a=1"
    assert names(files, paths=["s"]) == [
        "s/orders-prod.properties",
        "s/orders-prod.yml",
        "s/application-prod.yml",
        "orders-prod.yml",
        "application-prod.yml",
        "s/orders.yml",
        "s/application.yml",
        "orders.yml",
        "application.yml",
    ]


def test_later_profiles_and_applications_win_and_repeats_count_once():
    files = some("a-x.yml", "a-y.yml", "b-x.yml", "b-y.yml", "a.yml", "b.yml")
    assert names(files, ("a", "b", "a"), ("x", "y", "x")) == [
        "b-y.yml",
        "a-y.yml",
        "b-x.yml",
        "a-x.yml",
        "b.yml",
        "a.yml",
    ]


def test_the_manifest_adds_search_paths_above_the_servers():
    files = some("one/orders.yml", "two/orders.yml", "orders.yml") | {"gitconfig.yml": "search_paths: [two]"}
    assert names(files, paths=["one"]) == ["two/orders.yml", "one/orders.yml", "orders.yml"]


def test_the_manifest_is_no_source():
    files = some("sub/gitconfig.yml") | {"gitconfig.yml": "json: false"}
    assert names(files, ("gitconfig",), paths=["sub"]) == ["sub/gitconfig.yml"]


def test_json_counts_where_it_is_declared_and_is_the_weakest():
    files = some("orders.yaml") | {"orders.json": '{"a": 1}'}
    assert names(files) == ["orders.yaml"]
    assert names(files, json=True) == names(files | {"gitconfig.yml": "json: true"}) == ["orders.yaml", "orders.json"]


def test_documents_of_a_file_stand_last_first_and_only_if_active():
    key = "spring.config.activate.on-profile"
    text = f"a: 0\n---\n{key}: prod\na: 1\n---\n{key}: '!prod'\na: 2\n"
    sources = resolve(tree_of({"orders.yml": text}), ["orders"], ["prod"])
    assert [(one.name, one.document, one.properties["a"]) for one in sources] == [
        ("orders.yml (document #1)", 1, 1),
        ("orders.yml (document #0)", 0, 0),
    ]


def test_a_source_says_where_its_values_stand():
    (source,) = resolve(tree_of({"orders.yml": "a: 1\nb:\n  c: 2\n"}), ["orders"], ["x"])
    assert source.path == "orders.yml"
    assert len(source.blob) == 40
    assert str(source.positions["b.c"]) == "3:6"


def test_a_nested_application_is_a_folder_and_a_file():
    files = some("team/orders.yml", "team/orders-prod.yml", "application.yml", "team/application.yml")
    assert names(files, ("team/orders",)) == ["team/orders-prod.yml", "team/orders.yml", "application.yml"]


def test_a_file_that_two_names_lead_to_counts_once():
    assert names(some("sub/svc.yml"), ("svc", "sub/svc"), paths=["sub"]) == ["sub/svc.yml"]


def test_nobody_and_nothing_resolve_to_nothing():
    files = some("application.yml")
    assert names(files, ()) == names(files, ("orders",), ()) == names({}) == []
    assert names(files, ("x/../application", "../application", ".git/config")) == ["application.yml"]


def test_links_are_not_followed():
    assert resolve(tree_of({"orders.yml": "application.yml"}, SYMLINK), ["orders"], ["x"]) == ()


def test_a_broken_file_breaks_only_who_reads_it():
    files = some("application.yml", "orders.yml") | {"other.yml": "a: [1\n", "orders-dev.yml": "b: 1\n a: 2\n"}
    assert names(files) == ["orders.yml", "application.yml"]
    with pytest.raises(InvalidContent, match=r"other\.yml:2:1: "):
        names(files, ("other",))
    with pytest.raises(InvalidContent, match=r"orders-dev\.yml:2:"):
        names(files, profiles=("dev",))


@pytest.mark.parametrize("text", ["spring.profiles: x\n", "a: 1\n---\nspring: {profiles: [x]}\n"])
def test_the_old_profile_key_breaks_its_reader(text):
    with pytest.raises(InvalidContent, match=r"on-profile \[legacy-spring-profiles\]"):
        names({"orders.yml": text})


@pytest.mark.parametrize("key", ["spring.profiles.active", "spring.profiles.include[0]", "spring.profiles.default"])
def test_a_profiles_file_must_not_choose_profiles(key):
    files = {"orders-prod.yml": f"'{key}': dev\n"}
    with pytest.raises(InvalidContent, match=r"orders-prod\.yml:1:.*profile-in-profile"):
        names(files)
    assert names(files, profiles=("default", "prod")) == ["orders-prod.yml"]
    assert names({"orders.yml": f"'{key}': dev\n"}) == ["orders.yml"]


def test_a_broken_manifest_breaks_every_reader():
    with pytest.raises(InvalidContent, match=r"gitconfig\.yml:1:4: unknown key"):
        names({"gitconfig.yml": "x: 1"})


def test_too_many_names_are_refused(monkeypatch):
    with pytest.raises(TooLarge, match="number of profiles"):
        names({}, profiles=tuple(map(str, range(10_000))))
    with pytest.raises(TooLarge, match="number of applications"):
        names({}, tuple(map(str, range(1000))))
    monkeypatch.setattr(file_search, "MAX_LOOKUPS", 3)
    with pytest.raises(TooLarge, match="files to look for"):
        names({})


def test_files_are_read_through_the_given_reader():
    asked = []

    def read(tree, path, blob, extension=None):
        asked.append((path, extension))
        return read_documents(tree, path, blob, extension)

    resolve(tree_of(some("orders.yml", "other.yml", "application.yml")), ["orders"], ["x"], read=read)
    assert asked == [("orders.yml", "yml"), ("application.yml", "yml")]
