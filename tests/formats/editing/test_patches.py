"""Patches of documents: RFC 7396 and RFC 6902 as they say, keys as the file spells them, and nothing else changes."""

import copy
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitconfig_server.errors import Conflict, GitConfigError, InvalidChange, InvalidEdit, TooLarge
from gitconfig_server.formats.editing.edits import replace_text
from gitconfig_server.formats.editing.patches import MAX_VALUES, apply_patch, check_properties
from gitconfig_server.formats.editing.stored import read_tree
from gitconfig_server.formats.editing.texts import EditedText
from gitconfig_server.formats.editing.tree import plain
from gitconfig_server.formats.editing.tree_edits import TreeEdit
from gitconfig_server.model.writes import JsonPatch, MergePatch


def patched(text, patch, path="f.yml"):
    edited = EditedText(path, text.encode())
    changes = TreeEdit(path, edited.root)
    apply_patch(changes, MergePatch(patch) if isinstance(patch, dict) else JsonPatch(tuple(patch)))
    return edited.written(changes.root).decode()


def operation(op, path, *value, **more):
    return {"op": op, "path": path, **({"value": value[0]} if value else {}), **more}


PORTS = "name: x\nports: {443: tls, on: y}\n"
LABELS = "labels:\n  app: web # short\n  app.kubernetes.io/name: web # long\n"
LOG4J = "log4j.appender.out=File\nlog4j.appender.out.layout=Pattern\n"


@pytest.mark.parametrize("patch", [{"a": "y"}, [operation("add", "/a", "y")]])
def test_a_single_value_takes_the_place_of_a_list_that_indexes_spell(patch):
    assert patched("a[0]=x\na[1]=z\nb=2\n", patch, "f.properties") == "a=y\nb=2\n"
    assert patched("a[0]: x\na[1]: z\nb: 2\n", patch) == "a: y\nb: 2\n"


@pytest.mark.parametrize(
    ("before", "patch", "after"),
    [
        (PORTS, [operation("replace", "/name", "z")], PORTS.replace("name: x", "name: z")),
        (PORTS, {"ports": {"80": "http"}}, "name: x\nports: {443: tls, on: y, '80': http}\n"),
        (PORTS, {"ports": {"443": "ssl"}}, PORTS.replace("tls", "ssl")),
        (PORTS, {"ports": {"443": None}}, "name: x\nports: {on: y}\n"),
        (PORTS, [operation("remove", "/ports/443")], "name: x\nports: {on: y}\n"),
        (PORTS, {"ports": {"on": "z"}}, PORTS.replace("on: y", "on: z")),
        ("on:\n  push: 1\nname: x\n", {"on": {"push": 2}}, "on:\n  push: 2\nname: x\n"),
        ("on:\n  push: 1\n", [operation("add", "/on/pull", 2)], "on:\n  push: 1\n  pull: 2\n"),
        (LABELS, {"labels": {"app": "api"}}, LABELS.replace("app: web", "app: api")),
        (LABELS, {"labels.app": "api"}, LABELS.replace("app: web", "app: api")),
        (LABELS, {"labels.app.kubernetes.io/name": "api"}, LABELS.replace("name: web", "name: api")),
        (LABELS, {"labels.app.kubernetes.io/part": "p"}, LABELS + "  app.kubernetes.io/part: p\n"),
        (LABELS, {"labels": {"app": None}}, "labels:\n  app.kubernetes.io/name: web # long\n"),
        (LABELS, {"labels": {"app.kubernetes.io/name": None}}, "labels:\n  app: web # short\n"),
        (LABELS, [operation("remove", "/labels/app")], "labels:\n  app.kubernetes.io/name: web # long\n"),
        (LABELS, [operation("test", "/labels/app", "web")], LABELS),
        ("labels: {}\n", {"labels": {"app.kubernetes.io/name": "x"}}, "labels:\n  app.kubernetes.io/name: x\n"),
        ("labels: {a.b/c: x}\n", {"labels": {"l": [1, 2]}}, "labels: {a.b/c: x, l: [1, 2]}\n"),
        (".base: {a: 1}\nx..y: 1\nz.: 1\nname: x\n", [operation("replace", "/name", "y")],
         ".base: {a: 1}\nx..y: 1\nz.: 1\nname: y\n"),
        (".base: {a: 1}\n", {".base": {"a": 2}}, ".base: {a: 2}\n"),
        (".base: {a: 1}\n", [operation("replace", "/.base/a", 2)], ".base: {a: 2}\n"),
        ("a: {}\nb: []\nc:\nd: 1\n", {"d": None}, "a: {}\nb: []\nc:\n"),
        ("a: 1\n", {"b": {}}, "a: 1\nb: {}\n"),
        ("a: 1\n", {"a": {}}, "a: {}\n"),
        ("a: 1\n", {"a": {"b": None}}, "a: {}\n"),
        ("a: {}\nb: 1\n", {"a": None}, "b: 1\n"),
        ("a: {}\n", {"a": {"b": 1}}, "a:\n  b: 1\n"),
        ("a:\n  # keep\n  b: 1\nc: 1\n", {"a": {"b": None}}, "a: {}\n  # keep\nc: 1\n"),
        ("a: 1\n", [operation("add", "/b", None)], "a: 1\nb: null\n"),
        ("l: []\n", [operation("add", "/l/-", 1)], "l:\n  - 1\n"),
        ("l: [{}, [], ~]\n", [operation("add", "/l/0", 1)], "l: [1, {}, [], ~]\n"),
        ("l:\n  # a\n  - 0755 # aa\n  # b\n  - 1.10\n", [operation("add", "/l/1", "n")],
         "l:\n  # a\n  - 0755 # aa\n  - n\n  # b\n  - 1.10\n"),
        ("l:\n  # a\n  - 0755 # aa\n  # b\n  - 1.10\n", [operation("add", "/l/0", "n")],
         "l:\n  - n\n  # a\n  - 0755 # aa\n  # b\n  - 1.10\n"),
        ("l:\n  # a\n  - 0755 # aa\n  # b\n  - 1.10\n", [operation("remove", "/l/0")], "l:\n  # b\n  - 1.10\n"),
        ("l:\n  # a\n  - x: 0755 # aa\n    y: ~\n  # b\n  - z: 1.10\n", [operation("move", "/l/1", **{"from": "/l/0"})],
         "l:\n  # b\n  - z: 1.10\n  # a\n  - x: 0755 # aa\n    y: ~\n"),
        ("b: &b {k: 1}\nl:\n  - <<: *b\n    x: 1\n  - *b\n  - y\n", [operation("remove", "/l/2")],
         "b: &b {k: 1}\nl:\n  - <<: *b\n    x: 1\n  - *b\n"),
        ("b: &b {k: 1}\nl:\n  - y\n  - <<: *b\n    x: 1\n  - *b\n", [operation("remove", "/l/0")],
         "b: &b {k: 1}\nl:\n  - <<: *b\n    x: 1\n  - *b\n"),
        ("a:\n  b: # c\n    - 0755\n  d: 1\n", [operation("move", "/e", **{"from": "/a/b"})],
         "a:\n  d: 1\ne:\n  - 0755\n"),
        ("old: 0x1F # c\nz: 1\n", [operation("move", "/new", **{"from": "/old"})], "new: 0x1F # c\nz: 1\n"),
        ("db.url: x\ndb.pool: 1\n", [operation("replace", "/db/pool", 2)], "db.url: x\ndb.pool: 2\n"),
        ("db.url: x\ndb.pool: 1\n", {"db": {"user": "u"}}, "db.url: x\ndb.pool: 1\ndb.user: u\n"),
        ("db.url: x\ndb.pool: 1\na: 1\n", {"db": None}, "a: 1\n"),
    ],
)  # fmt: skip
def test_yaml_is_patched_as_it_is_written(before, patch, after):
    assert patched(before, patch) == after


@pytest.mark.parametrize(
    ("before", "patch", "after"),
    [
        (LOG4J, {"log4j.appender.out": "Console"}, LOG4J.replace("File", "Console")),
        (LOG4J, {"log4j": {"appender": {"out": "Console"}}}, LOG4J.replace("File", "Console")),
        (LOG4J, [operation("replace", "/log4j/appender/out", "Console")], LOG4J.replace("File", "Console")),
        (LOG4J, {"log4j": {"appender": {"out": {"layout": "Html"}}}}, LOG4J.replace("Pattern", "Html")),
        (LOG4J, {"log4j.appender.out": None}, "log4j.appender.out.layout=Pattern\n"),
        ("port[443]=tls\nport[80]=http\n", {"port[80]": "web"}, "port[443]=tls\nport[80]=web\n"),
        ("port[443]=tls\n", [operation("add", "/port/80", "http")], "port[443]=tls\nport.80=http\n"),
        ("l[0]=a\nl[2]=c\nx=1\n", {"x": 2}, "l[0]=a\nl[2]=c\nx=2\n"),
        ("l[0]=a\nl[1]=b\nl[2]=c\n", [operation("remove", "/l/1")], "l[0]=a\nl[1]=c\n"),
        ("l[0]=a\nl[1]=b\n", [operation("add", "/l/0", "n")], "l[1]=a\nl[2]=b\nl[0]=n\n"),
        ("l[0]=a\nl[1]=b\n", [operation("add", "/l/-", "n")], "l[0]=a\nl[1]=b\nl[2]=n\n"),
        ("l[0].n=a\nl[0].v=1\nl[1].n=b\n", [operation("remove", "/l/0")], "l[0].n=b\n"),
        ("l[0]=a\nl[1]=b\n", {"l": ["b", "a", "c"]}, "l[1]=a\nl[2]=c\nl[0]=b\n"),
    ],
)
def test_properties_are_patched_as_they_are_written(before, patch, after):
    assert patched(before, patch, "f.properties") == after


@pytest.mark.parametrize(
    ("patch", "kind"),
    [
        ({"a": {}}, InvalidEdit),
        ([operation("add", "/a", None)], InvalidEdit),
        ([operation("add", "/a", [])], InvalidEdit),
        ({"x": {"y": {"z": []}}}, InvalidEdit),
    ],
)
def test_what_properties_cannot_hold_is_refused(patch, kind):
    with pytest.raises(kind, match="text alone"):
        patched("b=1\n", patch, "f.properties")


def rfc_7396(target, patch):
    """The algorithm of RFC 7396, section 2."""
    if not isinstance(patch, dict):
        return patch
    target = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            target.pop(name, None)
        else:
            target[name] = rfc_7396(target.get(name), value)
    return target


names = st.sampled_from(["a", "b", "c", "1", "on", "~x"])
scalars = st.none() | st.integers(0, 3) | st.sampled_from(["x", ""]) | st.booleans()
values = st.recursive(scalars, lambda one: st.lists(one, max_size=3) | st.dictionaries(names, one, max_size=3))
documents = st.dictionaries(names, values, max_size=4)


@settings(max_examples=60, deadline=None)
@given(documents, documents)
def test_merging_is_merging_as_the_standard_says(document, patch):
    for path in ("f.yml", "f.json"):
        text = patched(json.dumps(document), patch, path)
        assert plain(read_tree(path, text.encode())) == rfc_7396(document, patch)


@settings(max_examples=60, deadline=None)
@given(documents, st.data())
def test_list_operations_are_those_of_lists(document, data):
    items = data.draw(st.lists(values, max_size=5))
    for path in ("f.yml", "f.json"):
        text, expected = json.dumps({**document, "l": items}), copy.deepcopy(items)
        at, to = (data.draw(st.integers(0, max(len(items) - 1, 0))) for _ in range(2))
        kind = data.draw(st.sampled_from(["add", "remove", "move"])) if items else "add"
        if kind == "add":
            value = data.draw(values)
            expected.insert(at, value)
            text = patched(text, [operation("add", f"/l/{at}", value)], path)
        elif kind == "remove":
            del expected[at]
            text = patched(text, [operation("remove", f"/l/{at}")], path)
        else:
            expected.insert(to, expected.pop(at))
            text = patched(text, [operation("move", f"/l/{to}", **{"from": f"/l/{at}"})], path)
        assert plain(read_tree(path, text.encode())) == {**document, "l": expected}


@pytest.mark.parametrize(
    ("members", "pointer"),
    [
        ({"db": {"pool": 1}, "db.pool": 2}, "/db.pool"),
        ({"a": [1, {"b": float("inf")}]}, "/a/1/b"),
        ({"a": {"b/c": float("nan")}}, "/a/b~1c"),
        ({"a": "\ud800"}, "/a"),
        ({"a": b"bytes"}, "/a"),
        ({"a": {"\udc00": 1}}, "/a"),
        ({"a": {1: 1}}, "/a"),
        ({"\ud800": 1}, ""),
        ({"k" * 5000: 1}, ""),
    ],
)
def test_what_no_file_can_hold_is_refused_with_its_place(members, pointer):
    for attempt in (lambda: patched("x: 1\n", members), lambda: check_properties(members, "")):
        with pytest.raises(InvalidChange) as refused:
            attempt()
        assert refused.value.pointer == pointer


@pytest.mark.parametrize("path", ["f.json", "f.yml"])
@pytest.mark.parametrize(
    ("members", "after"),
    [
        ({"packages": {"": {"name": "y"}}}, {"packages": {"": {"name": "y"}, "n/y": 1}, "": {"lang": "de"}}),
        ({"packages": {"": None}}, {"packages": {"n/y": 1}, "": {"lang": "de"}}),
        ({"": {"lang": None, "": 2}}, {"packages": {"": {"name": "x"}, "n/y": 1}, "": {"": 2}}),
        ({"": None, "a": {"": {}}}, {"packages": {"": {"name": "x"}, "n/y": 1}, "a": {"": {}}}),
    ],
)
def test_an_empty_key_is_one_like_others(path, members, after):
    text = '{"packages": {"": {"name": "x"}, "n/y": 1}, "": {"lang": "de"}}'
    for content, changed in ((text, members), ("{}", after)):
        opened = EditedText(path, content.encode())
        changes = TreeEdit(path, opened.root)
        apply_patch(changes, MergePatch(changed))
        assert plain(read_tree(path, opened.written(changes.root))) == after
    check_properties(after, "")
    assert plain(read_tree(path, replace_text(path, text.encode(), after))) == after


@pytest.mark.parametrize("key", ["a..b", ".a", "a[0]x", "a." * 200 + "b", "a[9999999999]", "a[99999]"])
def test_new_keys_that_could_never_be_read_nested_are_refused(key):
    with pytest.raises(GitConfigError):
        patched("x: 1\n", {key: 1})


def test_deep_nesting_ends():
    deep: dict = {}
    for _ in range(300):
        deep = {"a": deep}
    for patch in (deep, {"x": [[deep]]}, [operation("add", "/x", deep)]):
        with pytest.raises(InvalidChange):
            patched("x: 1\n", patch)


def test_a_failed_test_is_a_conflict_and_a_lost_place_an_invalid_change():
    with pytest.raises(Conflict):
        patched("a: 1\n", [operation("test", "/a", 2)])
    with pytest.raises(InvalidChange, match="nothing at /b"):
        patched("a: 1\n", [operation("remove", "/b")])


def test_what_is_too_large_is_refused_before_anything_is_done():
    large = [{}] * (MAX_VALUES + 1)
    for patch in ({"a": large}, [operation("add", "/a", large)]):
        with pytest.raises(TooLarge):
            patched("x: 1\n", patch)
    with pytest.raises(TooLarge):
        check_properties({"a": large}, "")


def test_operations_on_long_lists_cost_what_they_change():
    text = "a:\n" + "".join(f"- {number}\n" for number in range(20_000))
    left = patched(text, [operation("remove", "/a/0")] * 5000)
    assert left == "a:\n" + "".join(f"- {number}\n" for number in range(5000, 20_000))
    spelled = "".join(f"l[{number}]=x\n" for number in range(400))
    assert patched(spelled, [operation("add", "/l/-", "x")] * 400, "f.properties").count("l[") == 800
    with pytest.raises(InvalidChange, match="in parts"):
        patched(spelled, [operation("add", "/l/0", "x")] * 3000, "f.properties")
    with pytest.raises(TooLarge):
        patched('{"a": [' + ",".join(["{}"] * 250_000) + "]}", {"b": 1}, "f.json")


@pytest.mark.parametrize(
    ("path", "text", "patch", "kept", "tidied"),
    [
        (
            "f.yml",
            "a:\n  # why\n  b: {c: 1}\nd: 1\n",
            {"a": {"b": {"c": None}}},
            "a:\n  # why\n  b: {}\nd: 1\n",
            "d: 1\n",
        ),
        ("f.yml", "a:\n  b: 1\n  c: 2\n", {"a.b": None}, "a:\n  c: 2\n", "a:\n  c: 2\n"),
        ("f.yml", "a:\n  b: 1\n  c: 2\n", {"a.b": None, "a.c": None}, "a: {}\n", "{}\n"),
        ("f.yml", "l:\n  - x\n  - y\nk: 1\n", {"l[1]": None, "l[0]": None}, "l: []\nk: 1\n", "k: 1\n"),
        ("f.yml", "l:\n  - {a: 1}\n  - y\n", {"l[0].a": None}, "l:\n  - {}\n  - y\n", "l:\n  - y\n"),
        ("f.yml", "e: {}\na: {b: 1}\n", {"a.b": None}, "e: {}\na: {}\n", "e: {}\n"),
        ("f.json", '{"a": {"b": {"c": 1}}, "d": 1}', {"a.b.c": None}, '{"a": {"b": {}}, "d": 1}', '{"d": 1}'),
        ("f.properties", "a.b=1\nd=1\n", {"a.b": None}, "d=1\n", "d=1\n"),
    ],
)
def test_what_a_removal_empties_stays_or_goes_where_that_is_asked_for(path, text, patch, kept, tidied):
    for is_tidy, wanted in ((False, kept), (True, tidied)):
        edited = EditedText(path, text.encode())
        changes = TreeEdit(path, edited.root)
        apply_patch(changes, MergePatch(patch, tidy=is_tidy))
        assert edited.written(changes.root).decode() == wanted
