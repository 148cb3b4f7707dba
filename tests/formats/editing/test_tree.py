"""The tree of a document: what YAML, JSON and properties hold, before anybody flattens it."""

import json

import pytest
import yaml

from gitconfig_server.formats.editing.places import find
from gitconfig_server.formats.editing.stored import read_tree, read_trees
from gitconfig_server.formats.editing.tree import Key, node_of, plain, same
from gitconfig_server.formats.editing.walking import at, key_of, leaves

KUBERNETES = b"""\
labels: &all
  app: web
  app.kubernetes.io/name: web
ports: {443: tls, on: x, 1.5: y, ~: z}
.base: &base {a: 1}
other: *base
"""


def test_a_tree_holds_what_the_formats_own_readers_read():
    text = b"a: {}\nb: []\nc: ~\nd: '1'\ne: 1\nf: [1, {g: 0755}, [x]]\nh: {<<: {i: 1}, j: 2}\nm.n: 3\n"
    assert plain(read_tree("f.yml", text)) == yaml.safe_load(text)
    text = b'{"a": {}, "b": [], "c": null, "d": "1", "e": [1, {"": 1.5}]}'
    assert plain(read_tree("f.json", text)) == json.loads(text)
    text = b"a=1\na.b=2\nl[]=x, y\\,z\na=3\nq[4]=\\u00e9\n"
    assert plain(read_tree("f.properties", text)) == {"a": "3", "a.b": "2", "l": ["x", "y,z"], "q[4]": "é"}


@pytest.mark.parametrize(
    ("key", "path", "value"),
    [
        ("labels.app", ("labels", "app"), "web"),
        ("labels.app.kubernetes.io/name", ("labels", "app.kubernetes.io/name"), "web"),
        ("ports[443]", ("ports", 443), "tls"),
        ("ports.443", ("ports", 443), "tls"),
        ("ports.on", ("ports", True), "x"),
        ("ports[true]", ("ports", True), "x"),
        (".base.a", (".base", "a"), 1),
        ("other.a", ("other", "a"), 1),
    ],
)
def test_a_dotted_key_means_what_is_stored_the_longest_spelling_first(key, path, value):
    root = read_tree("f.yml", KUBERNETES)
    (found,) = find(root, key)
    assert [step.value for step in found] == list(path)
    assert plain(at(root, found)) == value


def test_a_key_spelled_twice_is_found_twice_the_effective_one_last():
    root = read_tree("f.yml", b"x:\n  y: 1\nx.y: 2\n")
    assert [plain(at(root, path)) for path in find(root, "x.y")] == [1, 2]
    assert {key_of(path) for path in find(root, "x.y")} == {"x.y"}
    assert find(root, "x.z") == find(root, "x.y.z") == []


def test_nodes_are_the_same_by_type_and_value():
    def tree(text):
        return read_tree("f.yml", text)

    assert same(tree(b"a: {x: 1, y: [2]}"), tree(b"# c\na:\n  y:\n  - 2\n  x: 0x1\n"))
    assert same(tree(b"a: &x {y: 1}\nb: *x"), tree(b"a: {y: 1}\nb: {y: 1}"))
    for one, other in [(b"a: 1", b"a: '1'"), (b"a: 1", b"a: 1.0"), (b"a: {}", b"a: []"), (b"a: ~", b"a: ''")]:
        assert not same(tree(b"z: 1\n" + one), tree(b"z: 1\n" + other))
    assert not same(tree(b"1: x"), tree(b"'1': x"))
    assert same(tree(b"a: .nan"), tree(b"a: .NaN"))


def test_leaves_are_flat_keys_with_empty_maps_and_lists():
    root = read_tree("f.yml", b"a: {b: {}, c: [1, []]}\n1: ~\nx.y: z\n")
    assert [(key, plain(node)) for key, node in leaves(root)] == [
        ("a.b", {}),
        ("a.c[0]", 1),
        ("a.c[1]", []),
        ("[1]", None),
        ("x.y", "z"),
    ]


def test_nodes_know_where_they_stand_and_new_ones_stand_nowhere():
    text = b"a: one\nb: [two, {c: three}]\n"
    for key, node in leaves(read_tree("f.yml", text)):
        assert text[node.start : node.end].decode() == plain(node), key
    assert node_of({"a": [1]}).start == -1


def test_documents_are_counted_as_the_format_counts_them():
    roots = read_trees("f.yml", b"---\n---\na: 1\n---\n{}\n---\nb: 2\n")
    assert [plain(one) for one in roots] == [{}, {"a": 1}, {}, {"b": 2}]
    assert plain(read_tree("f.yml", b"---\n---\na: 1\n")) == {"a": 1}
    assert read_trees("f.yml", b"# nothing\n") == []


def test_aliases_of_aliases_cost_what_they_are():
    text = "a0: &a0 {x: 1, x.x: 1}\n" + "".join(f"a{n}: &a{n} {{x: *a{n - 1}}}\n" for n in range(1, 40))
    roots = [read_tree("f.yml", text.encode()) for _ in range(2)]
    assert same(*roots)
    assert find(roots[0], "a39." + "x." * 60) == []
    assert Key(1) != Key(True)
