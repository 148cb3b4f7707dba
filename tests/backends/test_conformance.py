"""One contract for all backends of this package."""

import asyncio
import copy
from datetime import date

import pytest

from gitconfig_server.backend import ConfigBackend, ConfigSource
from gitconfig_server.backends.filesystem import FilesystemConfigBackend
from gitconfig_server.backends.git import GitConfigBackend
from gitconfig_server.backends.memory import InMemoryConfigBackend
from gitconfig_server.errors import InvalidChange, InvalidName


@pytest.fixture(params=["memory", "filesystem", "git"])
def backend(request, tmp_path):
    if request.param == "memory":
        yield InMemoryConfigBackend()
    elif request.param == "filesystem":
        yield FilesystemConfigBackend(tmp_path)
    else:
        with GitConfigBackend("memory://") as made:
            yield made


def save(backend, properties, *names):
    asyncio.run(backend.save(ConfigSource(*names, properties=properties)))


def fetch(backend, *names):
    found = asyncio.run(backend.fetch(*names))
    return found and found.properties


def typed(value):
    """The value with its types, so that 1, 1.0 and True differ."""
    if isinstance(value, dict):
        return {key: typed(one) for key, one in value.items()}
    return [typed(one) for one in value] if isinstance(value, list) else (type(value).__name__, value)


SAVED = [
    {"a": {}, "b": [], "n": None, "s": "1.10", "k.dotted": 1},
    {"labels": {"app": "web", "app.kubernetes.io/name": "web"}, "on": True, "yes": "no", "ports": {"443": "tls"}},
    {"l": [{}, [], None, {"x": []}, [[1]], "", "0755", 1.0, 1, True, 10**30], ".base": {"x.": 1}},
    {"packages": {"": {"name": "x"}, "n/y": {"": ""}}, "": {"lang": "de"}},
    {"deep": {"er": {"list": [{"map": {"n": None}}]}}, "text": "a\nb\n", "odd": "# no: comment", "e": "é\u2028😀"},
    {},
]


@pytest.mark.parametrize("properties", SAVED, ids=range(len(SAVED)))
def test_what_was_saved_is_what_is_read(backend, properties):
    assert isinstance(backend, ConfigBackend)
    given = copy.deepcopy(properties)
    for _ in range(2):
        save(backend, given, "orders", "prod")
        found = fetch(backend, "orders", "prod")
        assert typed(found) == typed(properties)
        given = found
    save(backend, {"other": {"x": [1]}}, "orders", "prod")
    save(backend, properties, "orders", "prod")
    assert typed(fetch(backend, "orders", "prod")) == typed(properties)
    assert [one.properties for one in asyncio.run(backend.list())] == [properties]


@pytest.mark.parametrize(
    "value",
    [object(), date(2026, 1, 31), {1, 2}, b"x", float("nan"), float("inf"), "\ud800", {1: "x"}, 10**5000,
     {"x.y": 1, "x": {"y": 2}}],
    ids=lambda one: type(one).__name__,
)  # fmt: skip
def test_what_one_refuses_all_refuse(backend, value):
    save(backend, {"a": 1}, "orders", "prod")
    for properties in ({"a": value}, {"a": [{"b": value}]}):
        with pytest.raises(InvalidChange):
            save(backend, properties, "orders", "prod")
    assert fetch(backend, "orders", "prod") == {"a": 1}


def test_what_nests_without_end_is_refused(backend):
    deep = {}
    for _ in range(60):
        deep = {"a": deep}
    with pytest.raises(InvalidChange):
        save(backend, deep, "orders", "prod")
    with pytest.raises(InvalidName):
        save(backend, {1: "x"}, "orders", "prod")
    assert asyncio.run(backend.list()) == []


def test_a_label_that_is_not_there_is_none_and_begins_with_what_is_saved(backend):
    save(backend, {"a": 1}, "orders", "prod")
    save(backend, {"b": 1}, "payments", "prod")
    assert fetch(backend, "orders", "prod", "next") is None
    save(backend, {"a": 2}, "orders", "prod", "next")
    assert fetch(backend, "orders", "prod", "next") == {"a": 2}
    assert fetch(backend, "payments", "prod", "next") is None
    assert fetch(backend, "orders", "prod") == {"a": 1}
    found = {(one.application, one.label): one.properties for one in asyncio.run(backend.list())}
    assert found == {("orders", "main"): {"a": 1}, ("payments", "main"): {"b": 1}, ("orders", "next"): {"a": 2}}


def test_what_goes_in_and_what_comes_out_are_copies(backend):
    properties = {"l": (1, 2), "m": {"x": 1}}
    save(backend, properties, "orders", "prod")
    properties["m"]["x"] = 2
    fetch(backend, "orders", "prod")["m"]["x"] = 3
    assert fetch(backend, "orders", "prod") == {"l": [1, 2], "m": {"x": 1}}
