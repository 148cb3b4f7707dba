"""What differs between two trees, and whether every way of telling it leads from one to the other."""

import json
import subprocess

import pytest
import yaml
from deepdiff import Delta
from hypothesis import given, settings
from hypothesis import strategies as st
from support.repositories import build_commit, memory_repository

from gitconfig_server.config.comparing.formats import nested_files
from gitconfig_server.config.engine import ConfigEngine
from gitconfig_server.errors import InvalidName, TooLarge
from gitconfig_server.formats.reading.formats import parse
from gitconfig_server.model.history import DiffFormat, DiffQuery, Op
from gitconfig_server.model.principals import Mover, Principal
from gitconfig_server.model.reads import Reading
from gitconfig_server.storage.base import RefUpdate

leaves = st.one_of(
    st.text("abc: \n#é'\"", max_size=6),
    st.integers(),
    st.booleans(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.none(),
)
keys = st.text("abc-", min_size=1, max_size=4)
documents = st.dictionaries(
    keys, st.one_of(leaves, st.lists(leaves, max_size=3), st.dictionaries(keys, leaves, max_size=3))
)
trees = st.dictionaries(
    st.sampled_from(["application.yml", "orders.yml", "orders-prod.json", "a b/x.yml", 'q".yml']), documents
)


def stored(*versions):
    """A repository whose label ``main`` has had these files, one commit each."""
    repository = memory_repository()
    tip = None
    for number, files in enumerate(versions):
        before = versions[number - 1] if number else {}
        changed = {path: files.get(path) for path in {*before, *files} if before.get(path) != files.get(path)}
        objects = build_commit(repository, changed or {"note.txt": str(number)}, [tip] if tip else [])
        judged = repository.judge([RefUpdate(b"refs/heads/main", tip, objects[-1].id)], Known(objects))
        repository.update_refs(judged, objects=objects, by=Mover(Principal("test")), reason="save")
        tip = objects[-1].id
    return ConfigEngine(repository)


class Known:
    """Objects not stored yet."""

    def __init__(self, objects):
        self._objects = {one.id: (one.type, one.raw) for one in objects}

    def get_raw(self, name):
        return self._objects[name]


def diff(repository, **query):
    return repository.diff(Reading("main~1"), Reading("main"), DiffQuery(**query))


def texts(tree):
    dump = {"json": json.dumps, "yml": lambda one: yaml.safe_dump(one, allow_unicode=True)}
    return {"gitconfig.yml": "json: true\n"} | {path: dump[path.rpartition(".")[2]](one) for path, one in tree.items()}


def flat(tree):
    """Path -> document -> flat properties, of files that hold something."""
    read = {path: {one.number: one.properties for one in parse(path, text.encode())} for path, text in tree.items()}
    return {path: one for path, one in read.items() if one and path != "gitconfig.yml"}


def test_keys_files_and_where_they_stand():
    repository = stored(
        {"orders.yml": "a: 1\nb: 2\nc: x\n", "orders-prod.yml": "a: 1\n---\nb: 1\n", "readme.txt": "x"},
        {"orders.yml": "c: x\nb: '2'\nd: 4\n", "orders-prod.yml": "a: 1\n---\nb: 3\n", "new.txt": "x"},
    )
    found = diff(repository)
    told = [(one.application, one.profile, one.document, one.key, one.op, one.old, one.new) for one in found.changes]
    assert told == [
        ("orders", "prod", 1, "b", Op.CHANGE, 1, 3),
        ("orders", "default", None, "b", Op.CHANGE, 2, "2"),
        ("orders", "default", None, "d", Op.ADD, None, 4),
        ("orders", "default", None, "a", Op.REMOVE, 1, None),
    ]
    assert [(one.path, one.op, one.application) for one in found.files] == [
        ("new.txt", Op.ADD, None),
        ("orders-prod.yml", Op.CHANGE, "orders"),
        ("orders.yml", Op.CHANGE, "orders"),
        ("readme.txt", Op.REMOVE, None),
    ]
    assert [one.profile for one in diff(repository, application="orders", profile="prod").changes] == ["prod"]
    assert diff(repository, application="billing").files == ()


def test_what_readers_have_no_key_for_is_told_too():
    repository = stored(
        {"orders.yml": "a: {}\nb: []\nc:\nd: ''\ne: x\nf: {g: 1}\n", "gitconfig.yml": "json: true\n", "o.json": "{}"},
        {
            "orders.yml": "a: []\nb:\nc: ''\nd: ''\ne: { # no\n }\nf: {}\nh: ~\n",
            "gitconfig.yml": "json: true\n",
            "o.json": '{"l": [{}]}',
        },
    )
    found = {one.key: (one.op, one.old, one.new) for one in diff(repository).changes}
    assert found == {
        "a": (Op.CHANGE, {}, []),
        "b": (Op.CHANGE, [], None),
        "c": (Op.CHANGE, None, ""),
        "e": (Op.CHANGE, "x", {}),
        "f": (Op.ADD, None, {}),
        "f.g": (Op.REMOVE, 1, None),
        "h": (Op.ADD, None, None),
        "l[0]": (Op.ADD, None, {}),
    }


def test_a_first_commit_is_compared_with_nothing():
    repository = stored({"orders.yml": "a: 1\n"})
    found = repository.diff(None, Reading("main"), DiffQuery())
    assert (found.old.commit, [one.op for one in found.changes]) == ("", [Op.ADD])


def test_effective_values_are_those_of_clients():
    repository = stored(
        {"application.yml": "pool: 1\nurl: x\n", "orders.yml": "url: o\n"},
        {"application.yml": "pool: 2\nurl: y\n", "orders.yml": "url: o\n", "orders-prod.yml": "prod: true\n"},
    )
    found = diff(repository, application="orders", profile="prod", effective=True)
    assert [(one.key, one.op, one.path, one.new) for one in found.changes] == [
        ("pool", Op.CHANGE, "application.yml", 2),
        ("prod", Op.ADD, "orders-prod.yml", True),
    ]
    with pytest.raises(InvalidName):
        diff(repository, application="../x", effective=True)


def test_a_file_that_cannot_be_read_is_named_and_hides_nothing_else():
    broken = {"orders.yml": "a: [\n", "other.yml": "a: 1\n"}
    found = diff(stored(broken, {"orders.yml": "a: 1\n", "other.yml": "a: 2\n"}))
    assert [one.key for one in found.changes] == ["a"]
    assert "orders.yml:2" in found.files[0].problem


@settings(max_examples=40, deadline=None)
@given(trees, trees)
def test_differences_applied_to_one_side_give_the_other(tmp_path_factory, one, other):
    before, after = texts(one), texts(other)
    repository = stored(before, after)
    old, new = flat(before), flat(after)

    applied, wanted = with_empty(old, one), with_empty(new, other)
    for change in diff(repository).changes:
        document = applied.setdefault(change.path, {}).setdefault(change.document, {})
        if change.op is Op.REMOVE:
            del document[change.key]
        else:
            document[change.key] = change.new
    assert _filled(applied) == _filled(wanted)

    delta = diff(repository, format=DiffFormat.DEEPDIFF).told
    left = nested_files(old) + Delta(delta)
    assert _without_empty(left) == _without_empty(nested_files(new))

    patched = nested_files(old)
    for operation in diff(repository, format=DiffFormat.JSON_PATCH).told:
        _apply(patched, operation)
    assert _without_empty(patched) == _without_empty(nested_files(new))

    folder = tmp_path_factory.mktemp("work")
    for path, text in before.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_bytes(text.encode())
    patch = diff(repository, format=DiffFormat.UNIFIED).told
    if patch and "note.txt" not in patch:
        subprocess.run(["git", "apply", "--whitespace=nowarn"], cwd=folder, input=patch.encode(), check=True)
        files = (path for path in folder.rglob("*.*") if path.is_file())
        assert {path.relative_to(folder).as_posix(): path.read_bytes().decode() for path in files} == after


def with_empty(files, values):
    """What readers have of files, with what is ``{}``, ``[]`` or null there as that."""
    return {
        path: {number: keys | dict(empty_in(values[path])) for number, keys in one.items()}
        for path, one in files.items()
    }


def empty_in(value, key=""):
    if key and value in ({}, [], None):
        yield key, value
    elif isinstance(value, dict | list):
        named = value.items() if isinstance(value, dict) else ((f"[{at}]", item) for at, item in enumerate(value))
        for name, child in named:
            yield from empty_in(child, key + name if name[0] == "[" else f"{key}.{name}".lstrip("."))


def _filled(files):
    return {path: one for path, one in files.items() if any(one.values())}


def _without_empty(files):
    return {path: one for path, one in files.items() if one}


def _apply(root, operation):
    *parents, last = [part.replace("~1", "/").replace("~0", "~") for part in operation["path"].split("/")[1:]]
    for part in parents:
        root = root[part]
    if operation["op"] == "remove":
        del root[last]
    else:
        root[last] = operation["value"]


def test_too_many_files_are_an_error_that_names_the_limit(monkeypatch):
    monkeypatch.setattr("gitconfig_server.config.comparing.differences.MAX_FILES", 2)
    repository = stored({f"f{number}.txt": "x" for number in range(3)})
    with pytest.raises(TooLarge, match="files that differ"):
        repository.diff(None, Reading("main"), DiffQuery())
