from contextlib import asynccontextmanager

import pytest
from support.service import BROKEN, DictService

from gitconfig_server.errors import FileNotFound, InvalidContent, LabelNotFound, StorageError
from gitconfig_server.formats.ciphers.values import Decrypted
from gitconfig_server.model.principals import ANONYMOUS
from gitconfig_server.model.replace import replace
from gitconfig_server.model.spring import Asked
from gitconfig_server.service.crossing import Crossing
from gitconfig_server.service.spring.reader import SpringReader
from gitconfig_server.service.spring.repositories import OneRepository, RepositoryChoice, ServedRepository

pytestmark = pytest.mark.anyio

MAIN = {"application.yml": {"from": "main"}, "orders.yml": {"pool": 4, "password": "{cipher}aa"}}
OTHER = {"application.yml": {"from": "other"}}
ASKED = Asked("orders", ("orders",), "prod", ("prod",))


class Down:
    """A repository that cannot be opened."""

    @asynccontextmanager
    async def using(self):
        raise StorageError("its disk is gone")
        yield


class Chosen:
    """The same choice for every request."""

    def __init__(self, *candidates):
        self._choice = RepositoryChoice(candidates[-1], candidates[:-1])

    def choose(self, asked):
        return self._choice


def one(labels, uri="file:///main"):
    return OneRepository(ServedRepository(DictService(labels), uri))


def reader(*repositories, **options):
    repositories = repositories or (one({"main": MAIN, "x": OTHER}),)
    return SpringReader(repositories[0] if len(repositories) == 1 else Chosen(*repositories), Crossing(), **options)


def decrypt(properties):
    """``{cipher}aa`` is ``AA``, behind all others."""
    secret = {key: value for key, value in properties.items() if str(value).startswith("{cipher}")}
    plain = {key: value.removeprefix("{cipher}").upper() for key, value in secret.items()}
    return Decrypted({key: properties[key] for key in properties.keys() - secret.keys()} | plain, frozenset(plain))


async def test_sources_have_full_names_and_origins_as_text():
    found = await reader().environment(ANONYMOUS, ASKED)
    assert [one.name for one in found.sources] == ["file:///main/orders.yml", "file:///main/application.yml"]
    assert dict(found.sources[0].origins) == {"pool": "1:1", "password": "2:1"}
    assert (found.secret, found.sources[0].properties["password"]) == (False, "{cipher}aa")


async def test_the_last_of_several_labels_wins_and_commits_stand_as_asked():
    service = DictService({"main": MAIN, "x": OTHER})
    found = await reader(OneRepository(ServedRepository(service, "u"))).environment(
        ANONYMOUS, replace(ASKED, label="main,x,")
    )
    assert found.version == f"{service.commit('main')},{service.commit('x')}"
    assert [one.properties.get("from") for one in found.sources] == ["other", None, "main"]
    assert found.basis is not None
    assert found.basis.commit == found.version


@pytest.mark.parametrize("label", ["main,nope", "nope,main", "nope,nope", ","])
async def test_a_missing_label_of_several_is_missed(label):
    with pytest.raises(LabelNotFound):
        await reader().environment(ANONYMOUS, replace(ASKED, label=label))


async def test_missing_labels_may_be_skipped_but_not_a_single_one():
    skipping = reader(skip_missing_labels=True)
    assert len((await skipping.environment(ANONYMOUS, replace(ASKED, label="nope,main"))).sources) == 2
    assert (await skipping.environment(ANONYMOUS, replace(ASKED, label="nope,nope2"))).version == ""
    for label in ("nope", "nope,"):
        with pytest.raises(LabelNotFound):
            await skipping.environment(ANONYMOUS, replace(ASKED, label=label))


async def test_secrets_are_opened_and_stand_in_no_file():
    stored = await reader().environment(ANONYMOUS, ASKED)
    found = await reader(decrypt=decrypt).environment(ANONYMOUS, ASKED)
    assert (found.secret, found.sources[0].properties["password"]) == (True, "AA")
    assert dict(found.sources[0].origins) == {"pool": "1:1"}
    assert found.sources[0].content != stored.sources[0].content
    assert found.sources[1] == stored.sources[1]


async def test_nothing_is_secret_where_no_value_is_encrypted():
    found = await reader(decrypt=decrypt).environment(ANONYMOUS, replace(ASKED, label="x"))
    assert not found.secret


async def test_overrides_stand_in_front_of_every_environment():
    found = await reader(overrides={"a": "$\\{b}", "c": "\\${d}", "e": "{cipher}x"}, decrypt=decrypt).environment(
        ANONYMOUS, replace(ASKED, label="x")
    )
    first = found.sources[0]
    assert (first.name, dict(first.properties)) == ("overrides", {"a": "${b}", "c": "${d}", "e": "{cipher}x"})
    assert set(first.origins.values()) == {"Config server overrides"}


@pytest.mark.parametrize("first", [one({"y": OTHER}), Down()])
async def test_a_repository_that_lacks_the_label_or_is_down_stands_back(first):
    told = []
    found = await reader(first, one({"main": MAIN}), told=told.append).environment(
        ANONYMOUS, replace(ASKED, label="main")
    )
    assert (len(found.sources), len(told)) == (2, 1)


@pytest.mark.parametrize(
    ("label", "own", "count"), [("nope,nope2", False, 0), ("main,nope", False, 2), ("x,nope", True, 1)]
)
async def test_a_matched_repository_that_has_none_of_several_labels_stands_back(label, own, count):
    matched, main = one({"x": OTHER}, "file:///matched"), one({"main": MAIN})
    skipping = reader(matched, main, skip_missing_labels=True)
    found = await skipping.environment(ANONYMOUS, replace(ASKED, label=label))
    assert [source.name.startswith("file:///matched") for source in found.sources] == [own] * count


async def test_a_repository_with_nothing_in_it_answers_all_the_same():
    found = await reader(one({"main": {}}), one({"main": MAIN})).environment(ANONYMOUS, ASKED)
    assert found.sources == ()


async def test_a_broken_file_is_nobody_elses_turn():
    with pytest.raises(InvalidContent):
        await reader(one({"main": {"orders.yml": BROKEN}}), one({"main": MAIN})).environment(ANONYMOUS, ASKED)


async def test_files_come_from_the_repository_that_has_the_label():
    both = reader(one({"main": OTHER}), one({"main": MAIN, "x": MAIN}))
    assert (await both.file(ANONYMOUS, ASKED, "application.yml")).content == b'{"from": "other"}'
    assert (await both.file(ANONYMOUS, replace(ASKED, label="x"), "orders.yml")).path == "orders.yml"
    with pytest.raises(FileNotFound):
        await both.file(ANONYMOUS, ASKED, "orders.yml")
    with pytest.raises(LabelNotFound):
        await both.file(ANONYMOUS, replace(ASKED, label="main,x"), "application.yml")
