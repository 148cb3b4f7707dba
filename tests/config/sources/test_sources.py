"""Writing sources: the right file, the right document, and names that are read back as they were meant."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.writing import Desk

from gitconfig_server.config.names.manifest import parse_manifest
from gitconfig_server.errors import (
    InvalidChange,
    InvalidContent,
    InvalidName,
    PreconditionFailed,
    ReadsBackDifferently,
    SeveralFiles,
    SourceNotFound,
)
from gitconfig_server.formats.properties import merge
from gitconfig_server.model.reads import Reading
from gitconfig_server.model.writes import (
    DeleteSource,
    JsonPatch,
    MergePatch,
    PatchFile,
    PatchSource,
    PutFile,
    PutSource,
    SourcePlace,
)

TEMPLATE = PutFile("gitconfig.yml", b'search_paths: ["{application}"]\n')

XML = '<!DOCTYPE properties SYSTEM "http://java.sun.com/dtd/properties.dtd"><properties/>'


def desk_with(**files):
    desk = Desk()
    desk.change(*(PutFile(path.replace("__", "/"), text.encode()) for path, text in files.items()))
    return desk


def read(desk, application, profile):
    found = desk.engine.source(application, profile, Reading())
    return merge(one.properties for one in found.items if one.name not in found.inactive)


def patch(application, profile, members, **place):
    return PatchSource(SourcePlace(application, profile, **place), MergePatch(members))


def test_a_new_source_is_a_yaml_file_at_the_root():
    desk = Desk()
    done = desk.put("orders/prod", {"db": {"pool": 3, "hosts": ["a", "b"]}, "on.e": True})
    assert done.paths == ("orders-prod.yml",)
    assert read(desk, "orders", "prod") == {"on.e": True, "db.pool": 3, "db.hosts[0]": "a", "db.hosts[1]": "b"}
    assert desk.commit().subject == "orders/prod: set, in orders-prod.yml"
    assert desk.engine.source("orders", "prod", Reading()).validator == done.validator


@pytest.mark.parametrize(
    ("files", "source", "path"),
    [
        ({"orders.properties": "a=1\n"}, "orders/prod", "orders-prod.properties"),
        ({"orders-dev.yaml": "a: 1\n"}, "orders/default", "orders.yaml"),
        ({"application.properties": "a=1\n"}, "orders/prod", "orders-prod.properties"),
        ({"team__orders.yml": "a: 1\n"}, "team/orders/prod", "team/orders-prod.yml"),
        ({"team__orders.properties": "a=1\n"}, "team/orders/prod", "team/orders-prod.properties"),
        ({"orders.xml": XML}, "orders/prod", "orders-prod.yml"),
    ],
)
def test_a_new_file_is_as_its_siblings_are(files, source, path):
    desk = desk_with(**files)
    assert desk.put(source, {"a": 1}).paths == (path,)


@pytest.mark.parametrize(
    ("files", "source", "path"),
    [
        ({}, "orders/prod", "orders/application-prod.yml"),
        ({}, "orders/default", "orders/application.yml"),
        ({}, "team/orders/prod", "team/orders/application-prod.yml"),
        ({}, "application/prod", "application-prod.yml"),
        ({"orders__orders.yml": "a: 1\n"}, "orders/prod", "orders/orders-prod.yml"),
        ({"orders__application.properties": "a=1\n"}, "orders/prod", "orders/application-prod.properties"),
        ({"orders.yml": "a: 1\n"}, "orders/prod", "orders-prod.yml"),
    ],
)
def test_search_paths_say_where_a_new_file_goes(files, source, path):
    desk = desk_with(**files)
    desk.change(TEMPLATE)
    assert desk.put(source, {"a": 1}).paths == (path,)


def test_an_unknown_profile_is_declared_in_the_same_commit():
    desk = Desk()
    assert desk.put("orders/blue", {"a": 1}).paths == ("gitconfig.yml", "orders-blue.yml")
    assert desk.put("orders/green", {"a": 1}).paths == ("gitconfig.yml", "orders-green.yml")
    assert desk.put("other/blue", {"a": 1}).paths == ("other-blue.yml",)
    assert parse_manifest(desk.text("gitconfig.yml").encode()).profiles == ("blue", "green")
    assert set(desk.stored_sources()) == {("orders", "blue"), ("orders", "green"), ("other", "blue")}


def test_a_manifest_keeps_what_it_says_when_a_profile_is_declared():
    text = "# ours\njson: true   # yes\nprofiles:\n  - red\n"
    desk = desk_with(**{"gitconfig.yml": text})
    desk.put("orders/blue", {"a": 1})
    manifest = parse_manifest(desk.text("gitconfig.yml").encode())
    assert (manifest.profiles, manifest.json) == (("red", "blue"), True)
    assert desk.text("gitconfig.yml").startswith("# ours\njson: true   # yes\nprofiles:\n  - red\n")


def test_a_profile_beside_its_base_file_needs_no_declaration_until_that_goes():
    desk = Desk()
    desk.put("orders/default", {"a": 1})
    assert desk.put("orders/blue", {"a": 2}).paths == ("orders-blue.yml",)
    gone = desk.change(DeleteSource(SourcePlace("orders", "default")))
    assert gone.paths == ("gitconfig.yml", "orders.yml")
    assert set(desk.stored_sources()) == {("orders", "blue")}


def test_no_other_file_comes_to_mean_something_else():
    desk = Desk()
    desk.put("customers-service/default", {"a": 1})
    assert desk.put("customers/default", {"a": 1}).paths == ("customers-default.yml",)
    desk.put("navy-blue/default", {"a": 1})
    with pytest.raises(ReadsBackDifferently, match="navy"):
        desk.put("orders/blue", {"a": 1})
    with pytest.raises(ReadsBackDifferently):
        desk.put("orders/eu-prod", {"a": 1})
    assert set(desk.stored_sources()) == {
        ("customers-service", "default"),
        ("customers", "default"),
        ("navy-blue", "default"),
    }


def test_the_manifest_is_no_source():
    desk = Desk()
    assert desk.put("gitconfig/default", {"a": 1}).paths == ("gitconfig-default.yml",)


def test_a_chosen_path_must_be_one_that_is_read_so():
    desk = desk_with(**{"orders.yml": "a: 1\n", "other.yml": "a: 1\n"})
    place = SourcePlace("orders", "prod", "orders-prod.properties")
    assert desk.change(PutSource(place, {"a": 1})).paths == ("orders-prod.properties",)
    for path in ("elsewhere/orders-prod.yml", "orders-prod.txt", "orders-prod.xml", "orders.yml-prod"):
        with pytest.raises(InvalidChange):
            desk.change(PutSource(SourcePlace("orders", "prod", path), {"a": 1}))
    with pytest.raises(ReadsBackDifferently):
        desk.change(PutSource(SourcePlace("orders", "prod", "other.yml"), {"a": 1}))
    for path in ("../orders-prod.yml", ""):
        with pytest.raises(InvalidName):
            desk.change(PutSource(SourcePlace("orders", "prod", path), {"a": 1}))


@pytest.mark.parametrize(
    ("application", "profile"),
    [
        ("../x", "prod"),
        ("a,b", "prod"),
        ("orders", "a,b"),
        ("orders", ""),
        ("orders", "-x"),
        ("", "prod"),
        ("a\nb", "p"),
    ],
)
def test_names_nobody_may_use(application, profile):
    with pytest.raises(InvalidName):
        Desk().change(PutSource(SourcePlace(application, profile), {"a": 1}))


def test_put_replaces_all_and_says_nothing_where_nothing_changes():
    desk = desk_with(**{"orders.yml": "# kept\na: 1\nb: 2\n"})
    assert desk.put("orders/default", {"b": 2, "a": 1}).changed is False
    desk.put("orders/default", {"b": 3, "c": [1, {"d": None}]})
    assert read(desk, "orders", "default") == {"b": 3, "c[0]": 1, "c[1].d": None}
    assert desk.put("orders/default", {}).changed
    assert read(desk, "orders", "default") == {}


def test_exact_values_are_kept():
    desk = Desk()
    values = {"int": 10**40, "text": "2026-01-31", "yes": "yes", "one": "1", "float": 1e-7, "none": None, "big": 2**63}
    desk.put("orders/prod", values)
    assert read(desk, "orders", "prod") == values
    assert {key: type(value) for key, value in read(desk, "orders", "prod").items()}["one"] is str


SEVERAL = {
    "orders.yml": "a: 1\nb: 1\nhosts: [x, y]\n---\na: 2\nspring.config.activate.on-profile: prod\n---\na: 3\n",
    "orders.properties": "c=1\n",
}


def test_several_parts_are_told_apart_by_name():
    desk = desk_with(**SEVERAL)
    with pytest.raises(SeveralFiles) as refused:
        desk.put("orders/default", {"a": 5})
    assert refused.value.candidates == (
        ("orders.properties", None),
        ("orders.yml", 2),
        ("orders.yml", 1),
        ("orders.yml", 0),
    )
    with pytest.raises(SeveralFiles):
        desk.change(DeleteSource(SourcePlace("orders", "default")))
    with pytest.raises(SeveralFiles):
        desk.change(PutSource(SourcePlace("orders", "default", document=0), {"a": 5}))
    with pytest.raises(SeveralFiles):
        desk.change(PutSource(SourcePlace("orders", "default", "orders.yml"), {"a": 5}))
    with pytest.raises(InvalidChange, match="3 document"):
        desk.change(PutSource(SourcePlace("orders", "default", "orders.yml", 3), {"a": 5}))
    desk.change(PutSource(SourcePlace("orders", "default", "orders.properties"), {"d": 5}))
    desk.change(PutSource(SourcePlace("orders", "default", "orders.yml", 2), {"a": 6}))
    assert read(desk, "orders", "default") == {"a": 6, "b": 1, "d": "5", "hosts[0]": "x", "hosts[1]": "y"}


def test_collapse_makes_one_file_of_all():
    desk = desk_with(**SEVERAL)
    assert desk.change(PutSource(SourcePlace("orders", "default", "orders.yml"), {"a": 5}, collapse=True)).paths == (
        "orders.properties",
        "orders.yml",
    )
    assert desk.files() == ["orders.yml"]
    assert read(desk, "orders", "default") == {"a": 5}


def test_a_patch_edits_where_the_effective_value_stands():
    desk = desk_with(**SEVERAL)
    desk.change(patch("orders", "default", {"a": 30, "b": 10, "c": "2", "new": True, "hosts": ["z"]}))
    assert read(desk, "orders", "default") == {"a": 30, "b": 10, "c": "2", "new": "true", "hosts[0]": "z"}
    assert desk.text("orders.properties").split() == ["c=2", "new=true"]
    documents = desk.engine.source("orders", "default", Reading()).items
    assert [one.properties.get("a") for one in documents] == [None, 30, 2, 1]
    assert documents[3].properties == {"a": 1, "b": 10, "hosts[0]": "z"}


def test_a_patch_removes_a_key_from_wherever_it_stands_but_not_for_other_profiles():
    desk = desk_with(**SEVERAL)
    desk.change(patch("orders", "default", {"a": None, "hosts": None}))
    documents = desk.engine.source("orders", "default", Reading()).items
    assert [dict(one.properties) for one in documents if "a" in one.properties] == [
        {"a": 2, "spring.config.activate.on-profile": "prod"}
    ]
    assert read(desk, "orders", "default") == {"b": 1, "c": "1"}


def test_a_patch_of_one_document():
    desk = desk_with(**SEVERAL)
    desk.change(patch("orders", "default", {"a": 20}, path="orders.yml", document=1))
    documents = desk.engine.source("orders", "default", Reading()).items
    assert [one.properties.get("a") for one in documents] == [None, 3, 20, 1]
    desk.change(PatchFile("orders.yml", JsonPatch(({"op": "remove", "path": "/b"},)), 0))
    assert "b" not in read(desk, "orders", "default")


def test_a_patch_without_a_document_of_its_profile_changes_no_others():
    text = "spring.config.activate.on-profile: docker\na: 1\n"
    desk = desk_with(**{"orders.yml": text})
    with pytest.raises(SeveralFiles) as refused:
        desk.change(patch("orders", "default", {"b": 2}))
    assert refused.value.candidates == (("orders.yml", 0),)
    with pytest.raises(SeveralFiles, match="each for other profiles"):
        desk.put("orders/default", {"b": 2})
    desk.change(patch("orders", "default", {"b": 2}, document=0))
    assert desk.text("orders.yml") == text + "b: 2\n"
    desk.change(PutSource(SourcePlace("orders", "default", document=0), {"c": 3}))
    assert desk.text("orders.yml") == "c: 3\n"


def test_a_hidden_list_does_not_come_to_light():
    desk = desk_with(**{"orders.yml": "hosts: [a, b, c]\n---\nhosts: [x]\n"})
    desk.change(patch("orders", "default", {"hosts": None, "k": 1}))
    assert read(desk, "orders", "default") == {"k": 1}


def test_a_shorter_list_is_shorter():
    desk = desk_with(**{"orders.yml": "hosts: [a, b, c]\nservers:\n- {name: x, port: 1}\n- {name: y, port: 2}\n"})
    desk.change(patch("orders", "default", {"hosts": ["d"], "servers": [{"name": "x"}]}))
    assert read(desk, "orders", "default") == {"hosts[0]": "d", "servers[0].name": "x"}


def test_what_is_not_stored_is_not_patched_or_deleted():
    desk = desk_with(**{"orders.yml": "a: 1\n"})
    with pytest.raises(SourceNotFound):
        desk.change(patch("orders", "prod", {"a": 1}))
    with pytest.raises(SourceNotFound):
        desk.change(DeleteSource(SourcePlace("orders", "prod")))
    with pytest.raises(SourceNotFound):
        desk.change(patch("orders", "default", {"a": 1}, path="orders.properties"))


def test_a_sources_validator_minds_that_source_alone():
    desk = Desk()
    first = desk.put("orders/prod", {"a": 1})
    desk.put("other/prod", {"a": 1})
    second = desk.put("orders/prod", {"a": 2}, if_match=frozenset([first.validator]))
    for change in (
        PutSource(SourcePlace("orders", "prod"), {"a": 3}),
        patch("orders", "prod", {"a": 3}),
        DeleteSource(SourcePlace("orders", "prod")),
    ):
        with pytest.raises(PreconditionFailed):
            desk.change(change, if_match=frozenset([first.validator]))
    with pytest.raises(PreconditionFailed):
        desk.put("orders/prod", {"a": 3}, only_new=True)
    assert desk.put("orders/prod", {"a": 1}).validator == first.validator != second.validator


def test_a_broken_file_can_be_replaced_or_removed():
    broken = PutFile("broken.yml", b"a: [\n")
    desk = Desk(ignore=["broken.yml"])
    desk.change(broken)
    with pytest.raises(InvalidContent):
        desk.change(patch("broken", "default", {"a": 1}))
    desk.put("broken/default", {"a": 1})
    assert read(desk, "broken", "default") == {"a": 1}
    desk.change(broken)
    desk.change(DeleteSource(SourcePlace("broken", "default")))
    assert desk.files() == []


def test_changes_see_what_those_before_them_did():
    desk = Desk()
    done = desk.change(
        PutSource(SourcePlace("orders", "blue"), {"a": 1, "b": 1}),
        patch("orders", "blue", {"a": 2}),
        PutFile("notes.txt", b"x"),
        DeleteSource(SourcePlace("orders", "blue")),
        PutSource(SourcePlace("orders", "blue"), {"c": 3}),
    )
    assert done.paths == ("gitconfig.yml", "notes.txt", "orders-blue.yml")
    assert read(desk, "orders", "blue") == {"c": 3}
    with pytest.raises(InvalidChange) as refused:
        desk.change(PutFile("notes.txt", b"y"), PutSource(SourcePlace("orders", "blue"), {"a": float("nan")}))
    assert refused.value.pointer == "/changes/1/properties/a"
    assert desk.text("notes.txt") == "x"


def test_ten_thousand_keys_are_patched_at_once():
    desk = Desk()
    desk.put("orders/prod", {f"group-{number % 100}": {f"key-{number}": 0} for number in range(100)})
    members = {f"group-{number % 100}.key-{number}": number for number in range(10_000)}
    desk.change(patch("orders", "prod", members))
    assert read(desk, "orders", "prod") == members


words = st.sampled_from(["a", "a-b", "b", "b-c", "c", "application", "prod", "gitconfig", "t/a", "dev-x"])
profiles = st.sampled_from(["default", "prod", "dev", "blue", "c", "x", "b-c"])
manifests = st.sampled_from(
    [b"", b'search_paths: ["{application}"]\n', b'search_paths: ["{application}/{profile}", "x"]\n']
)


@settings(max_examples=60)
@given(manifests, st.lists(st.tuples(words, profiles, st.booleans()), max_size=8))
def test_what_is_saved_is_listed_under_its_names(manifest, steps):
    desk = Desk()
    desk.change(PutFile("gitconfig.yml", manifest))
    stored = {}
    for number, (application, profile, keep) in enumerate(steps):
        place = SourcePlace(application, profile)
        try:
            if keep:
                desk.change(PutSource(place, {"n": number}))
                stored[application, profile] = {"n": number}
            elif (application, profile) in stored:
                desk.change(DeleteSource(place))
                del stored[application, profile]
        except ReadsBackDifferently:
            pass
        assert set(desk.stored_sources()) == set(stored)
    assert {names: read(desk, *names) for names in stored} == stored
