"""Sources in files: which one is read, which one is written, and what is never touched."""

import asyncio
import itertools
import json
from datetime import date

import pytest
import yaml

from gitconfig_server.backend import ConfigBackend, ConfigSource
from gitconfig_server.backends.filesystem import FilesystemConfigBackend
from gitconfig_server.errors import InvalidChange, InvalidContent, InvalidName, StorageError

HOSTILE = ["..", ".", "", "a/b", "a\\b", "a\0b", "../../etc/passwd", ".git", "%2e%2e", "(_)x"]


def fetch(backend, *names):
    found = asyncio.run(backend.fetch(*names))
    return found and found.properties


def save(backend, properties, *names):
    asyncio.run(backend.save(ConfigSource(*names, properties=properties)))


def write(folder, **files):
    folder.mkdir(parents=True, exist_ok=True)
    for extension, properties in files.items():
        text = json.dumps(properties) if extension == "json" else yaml.safe_dump(properties)
        (folder / f"orders-prod.{extension}").write_text(text)


def test_it_is_a_backend(tmp_path):
    assert isinstance(FilesystemConfigBackend(tmp_path / "new" / "root"), ConfigBackend)
    assert (tmp_path / "new" / "root").is_dir()


@pytest.mark.parametrize("present", list(itertools.product([False, True], repeat=6)), ids=str)
def test_the_first_of_six_places_counts(tmp_path, present):
    places = [("main", one) for one in ("yaml", "yml", "json")] + [("", one) for one in ("yaml", "yml", "json")]
    there = [place for place, exists in zip(places, present, strict=True) if exists]
    for label, extension in there:
        write(tmp_path / label, **{extension: {"from": f"{label}.{extension}"}})
    expected = {"from": "{}.{}".format(*there[0])} if there else None
    assert fetch(FilesystemConfigBackend(tmp_path), "orders", "prod") == expected


@pytest.mark.parametrize("present", ["", "yaml", "yml", "json", "yaml yml", "yaml json", "yml json", "yaml yml json"])
def test_what_was_saved_is_what_is_read_and_no_duplicate_stays(tmp_path, present):
    write(tmp_path / "main", **{extension: {"old": extension} for extension in present.split()})
    write(tmp_path / "other", yaml={"other": True})
    backend = FilesystemConfigBackend(tmp_path)
    properties = {"server.port": 1, "db": {"pool": 5, "on": "yes"}, "list": [1, {"a": None}], "big": 10**30, "f": 1e30}
    save(backend, properties, "orders", "prod", "main")
    assert fetch(backend, "orders", "prod", "main") == properties
    left = [file.name for file in (tmp_path / "main").iterdir()]
    first = next((one for one in ("yaml", "yml", "json") if one in present.split()), "json")
    assert left == [f"orders-prod.{first}"]
    assert fetch(backend, "orders", "prod", "other") == {"other": True}


def test_saving_one_label_leaves_the_file_that_other_labels_share(tmp_path):
    write(tmp_path, yaml={"shared": 1})
    backend = FilesystemConfigBackend(tmp_path)
    save(backend, {"own": 2}, "orders", "prod", "rel1")
    assert fetch(backend, "orders", "prod", "rel1") == {"own": 2}
    assert fetch(backend, "orders", "prod", "main") == {"shared": 1}
    assert (tmp_path / "rel1" / "orders-prod.yaml").exists()


def test_comments_stay_where_the_file_can_be_edited(tmp_path):
    (tmp_path / "main").mkdir()
    (tmp_path / "main" / "orders-prod.yml").write_text("# why\npool: 5 # because\nurl: x\n")
    backend = FilesystemConfigBackend(tmp_path)
    save(backend, {"pool": 6, "url": "x"}, "orders", "prod", "main")
    assert (tmp_path / "main" / "orders-prod.yml").read_text() == "# why\npool: 6 # because\nurl: x\n"


def test_locations_overlay_each_other_and_only_the_root_is_written(tmp_path):
    roots = [tmp_path / name for name in ("high", "mid", "low")]
    for number, root in enumerate(roots):
        write(root / "main", yaml={"all": number, f"only{number}": True})
    backend = FilesystemConfigBackend(roots[0], search_locations=roots)
    assert fetch(backend, "orders", "prod") == {"all": 0, "only0": True, "only1": True, "only2": True}
    (roots[0] / "main" / "orders-prod.yaml").unlink()
    assert fetch(backend, "orders", "prod") == {"all": 1, "only1": True, "only2": True}
    assert asyncio.run(backend.list()) == []
    save(backend, {"new": 1}, "orders", "prod", "main")
    assert [source.profile for source in asyncio.run(backend.list())] == ["prod"]
    assert fetch(backend, "nobody", "prod") is None


def test_a_root_beside_its_locations_is_the_strongest(tmp_path):
    write(tmp_path / "low" / "main", yaml={"a": "low", "b": "low"})
    backend = FilesystemConfigBackend(tmp_path / "root", search_locations=[tmp_path / "low"])
    save(backend, {"a": "root"}, "orders", "prod", "main")
    assert fetch(backend, "orders", "prod") == {"a": "root", "b": "low"}


def test_names_with_dashes_and_labels_with_slashes_are_listed_as_saved(tmp_path):
    backend = FilesystemConfigBackend(tmp_path)
    saved = [("order-service", "prod", "main"), ("order-service", "blue", "feature/x"), ("a", "default", "main")]
    for names in saved:
        save(backend, {"k": 1}, *names)
    listed = [(one.application, one.profile, one.label) for one in asyncio.run(backend.list())]
    assert sorted(listed) == sorted(saved)


@pytest.mark.parametrize("position", [0, 1, 2])
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_read_and_write_nothing(tmp_path, position, name):
    root = tmp_path / "root"
    (tmp_path / "a" / "b").mkdir(parents=True)
    backend = FilesystemConfigBackend(root)
    names = ["orders", "prod", "main"]
    names[position] = name
    if position == 2 and name in ("a/b", "(_)x", "%2e%2e"):
        return  # sound names of labels
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(InvalidName):
        fetch(backend, *names)
    with pytest.raises(InvalidName):
        save(backend, {"k": 1}, *names)
    assert sorted(tmp_path.rglob("*")) == before


def test_symbolic_links_are_not_followed(tmp_path):
    outside = tmp_path / "outside"
    write(outside, yaml={"secret": 1})
    root = tmp_path / "root"
    (root / "main").mkdir(parents=True)
    (root / "linked").symlink_to(outside)
    (root / "main" / "orders-prod.yaml").symlink_to(outside / "orders-prod.yaml")
    backend = FilesystemConfigBackend(root)
    assert fetch(backend, "orders", "prod", "linked") is None
    assert fetch(backend, "orders", "prod", "main") is None
    with pytest.raises(StorageError, match="symbolic link"):
        save(backend, {"k": 1}, "orders", "prod", "linked")
    assert "secret" in (outside / "orders-prod.yaml").read_text()


def test_a_broken_file_is_an_error_that_names_it(tmp_path):
    (tmp_path / "main").mkdir()
    (tmp_path / "main" / "orders-prod.yaml").write_text("a: [\n")
    backend = FilesystemConfigBackend(tmp_path)
    with pytest.raises(InvalidContent, match=r"orders-prod\.yaml:\d"):
        fetch(backend, "orders", "prod")
    with pytest.raises(InvalidContent):
        asyncio.run(backend.list())
    save(backend, {"fixed": True}, "orders", "prod", "main")
    assert fetch(backend, "orders", "prod") == {"fixed": True}


def test_an_empty_file_is_an_empty_source(tmp_path):
    (tmp_path / "main").mkdir()
    (tmp_path / "main" / "orders-prod.yaml").write_text("")
    assert fetch(FilesystemConfigBackend(tmp_path), "orders", "prod") == {}


@pytest.mark.parametrize(
    "value", [float("nan"), {1, 2}, date(2026, 1, 31), object(), 10**5000], ids=lambda one: type(one).__name__
)
@pytest.mark.parametrize("extension", ["yaml", "json"])
def test_what_could_not_be_read_again_is_not_saved(tmp_path, extension, value):
    write(tmp_path / "main", **{extension: {"a": 1}})
    backend = FilesystemConfigBackend(tmp_path)
    with pytest.raises(InvalidChange):
        save(backend, {"a": value}, "orders", "prod", "main")
    assert fetch(backend, "orders", "prod") == {"a": 1}


def test_names_that_no_file_can_have_are_refused_and_never_listed(tmp_path):
    backend = FilesystemConfigBackend(tmp_path)
    with pytest.raises(InvalidName):
        fetch(backend, "x" * 300, "prod")
    with pytest.raises(InvalidName):
        save(backend, {}, "x" * 300, "prod", "main")
    (tmp_path / "prod-.yaml").write_text("a: 1\n")
    (tmp_path / "a#b-prod.yaml").write_text("a: 1\n")
    assert asyncio.run(backend.list()) == []
