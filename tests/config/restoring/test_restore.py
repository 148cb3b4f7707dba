"""Something is as it was again: a label, an application, a file, some keys."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.repositories import commit
from support.staging import StagingDesk
from support.writing import request

from gitconfig_server.config.writing.writer import Edited
from gitconfig_server.errors import (
    Conflict,
    ContentRefused,
    FileNotFound,
    InvalidChange,
    InvalidName,
    InvalidRevision,
    LabelNotFound,
    LabelReadOnly,
    PreconditionFailed,
    ReadsBackDifferently,
    SourceNotFound,
)
from gitconfig_server.formats.reading.formats import parse
from gitconfig_server.git.objects.commits import read_commit, read_trailers
from gitconfig_server.git.objects.trees import SYMLINK, TreeEntry
from gitconfig_server.git.repository import GitRepository
from gitconfig_server.model.reads import Reading
from gitconfig_server.model.writes import Idempotency, WriteOptions

ORDERS = "# the pool\ndb:\n  pool: 5  # small\n  url: 'x'\nhosts: [a, b]\n"
BASE = {
    "application.yml": "level: info\n",
    "orders.yml": ORDERS,
    "orders-prod.yml": "db: {pool: 9}\n",
    "team/notes.txt": "hello\n",
}


@pytest.fixture
def desk():
    desk = StagingDesk()
    desk.write(BASE, message="begin")
    return desk


def first(desk):
    """The id of the first commit."""
    return next(iter(desk.stored.journal())).updates[0].new.decode()


def test_a_whole_label_is_as_it_was(desk):
    then = desk.commit()
    later = desk.write({"orders.yml": "x: 1\n", "new.yml": "n: 1\n", "team/notes.txt": None})
    done = desk.restore("main~1")
    tip = desk.commit()
    assert (done.label, done.previous, done.changed) == ("main", later.commit, True)
    assert done.paths == ("new.yml", "orders.yml", "team/notes.txt")
    assert (tip.tree, tip.parents) == (then.tree, (later.commit.encode(),))
    assert tip.subject == f"restore main to main~1 ({first(desk)[:8]})"
    assert read_trailers(tip.message) == {"Restores": then.id.decode()}
    assert list(desk.stored.journal())[-1].reason == "restore"
    again = desk.restore(then.id.decode())
    assert (again.changed, again.commit) == (False, done.commit)


def test_the_rollback_of_a_rollback(desk):
    later = desk.write({"orders.yml": "x: 1\n"})
    desk.restore(first(desk))
    desk.restore(later.commit)
    assert desk.text("orders.yml") == "x: 1\n"
    assert desk.commit().parents != ()


def test_an_application_is_as_it_was(desk):
    desk.write(
        {"orders.yml": "x: 1\n", "orders-prod.yml": None, "orders-dev.yml": "d: 1\n", "application.yml": "a: 1\n"}
    )
    assert desk.restore(first(desk), application="orders").paths == ("orders-dev.yml", "orders-prod.yml", "orders.yml")
    assert desk.all_files() == BASE | {"application.yml": "a: 1\n"}


def test_one_profile_is_as_it_was(desk):
    desk.write({"orders.yml": "x: 1\n", "orders-prod.yml": None})
    done = desk.restore(first(desk), application="orders", profile="prod", options=WriteOptions(message="prod again"))
    assert (done.paths, desk.commit().subject) == (("orders-prod.yml",), "prod again")
    assert desk.text("orders.yml") == "x: 1\n"


def test_what_comes_back_means_what_it_meant(desk):
    desk.write({"gitconfig.yml": "profiles: [blue]\n", "stock-blue.yml": "s: 1\n"})
    desk.write({"gitconfig.yml": None, "stock-blue.yml": None})
    assert desk.restore("main~1", application="stock").paths == ("gitconfig.yml", "stock-blue.yml")
    assert ("stock", "blue") in desk.stored_sources()
    desk.write({"gitconfig.yml": None, "stock-blue.yml": None})
    desk.write({"other-blue.yml": "o: 1\n"})
    with pytest.raises(ReadsBackDifferently):
        desk.restore("main~2", application="stock")


def test_a_file_or_folder_is_as_it_was(desk):
    desk.write({"team/notes.txt": "bye\n", "team/more.txt": "more\n", "orders.yml": "x: 1\n"})
    assert desk.restore(first(desk), path="team/notes.txt").paths == ("team/notes.txt",)
    assert desk.restore(first(desk), path="team").paths == ("team/more.txt",)
    assert desk.all_files() == BASE | {"orders.yml": "x: 1\n"}
    assert desk.restore(first(desk), path="team").changed is False


def test_links_and_modes_come_back(desk):
    link = TreeEntry(SYMLINK, desk.engine.file("team/notes.txt", Reading()).blob.encode())

    def edit(draft, seen):
        draft.place("link", link)
        draft.place("team/run", TreeEntry(0o100755, link.id))
        return Edited("links")

    linked = desk.engine.writer.save(request(None), edit)
    desk.restore(first(desk))
    assert desk.files() == sorted(BASE)
    desk.restore(linked.commit, path="team/run")
    desk.restore(linked.commit)
    assert desk.commit().tree == read_commit(desk.git.objects, linked.commit.encode()).tree


def test_some_keys_are_as_they_were_and_every_other_byte_stays(desk):
    now = "# the pool\ndb:\n  pool: 50  # large\n  url: 'y'\nextra: {a: 1}\n"
    desk.write({"orders.yml": now})
    done = desk.restore(first(desk), application="orders", profile="default", keys=("db.pool", "extra"))
    assert done.paths == ("orders.yml",)
    assert desk.text("orders.yml") == "# the pool\ndb:\n  pool: 5  # large\n  url: 'y'\n"
    assert desk.commit().subject == "restore db.pool, extra of orders/default to " + first(desk)
    desk.restore(first(desk), path="orders.yml", keys=("hosts",))
    assert parse("o.yml", desk.text("orders.yml").encode())[0].properties["hosts[1]"] == "b"


@pytest.mark.parametrize("now", ["mode: 1\nl: {}\n", "\ufeffmode: 1\r\nl: 2\r\n", "{}\n"])
def test_values_come_back_as_they_were_written(desk, now):
    mode, items = "mode: 0755\n", "l:\n  - 1.10 # kept\n  - {a: 'q', b: ~}\n  - |\n    text\n"
    then = desk.write({"orders.yml": mode + items}).commit
    desk.write({"orders.yml": now})
    desk.restore(then, application="orders", profile="default", keys=("mode", "l"))
    found = desk.text("orders.yml").removeprefix("\ufeff").replace("\r\n", "\n")
    assert found == (items + mode if now == "{}\n" else mode + items)


@pytest.mark.parametrize("now", ["a: 1\n", "a: 1\nnone: 2  # n\nl: x\n", "none: x\nl: {}\na: 1\n"])
def test_a_key_without_a_value_comes_back_without_one(desk, now):
    then = desk.write({"orders.yml": "a: 1\nnone:\nl:\n  -\n  - {k: }\n  - m:\n"}).commit
    desk.write({"orders.yml": now})
    desk.restore(then, application="orders", profile="default", keys=("none", "l"))
    found = desk.text("orders.yml").replace("  # n", "").splitlines()
    assert sorted(found) == sorted(["a: 1", "none:", "l:", "  -", "  - {k: }", "  - m:"])


def test_an_emptied_file_gets_its_line_ends_back(desk):
    then = desk.write({"orders.yml": None, "orders.properties": "a=1\r\n"}).commit
    desk.write({"orders.properties": ""})
    desk.restore(then, application="orders", profile="default", keys=("a",))
    assert desk.text("orders.properties") == "a=1\r\n"


def test_empty_maps_come_back_too(desk):
    then = desk.write({"orders.yml": "on: {push: {}}\nenv: {}\nl: []\n"}).commit
    desk.write({"orders.yml": "on: {}\n"})
    desk.restore(then, application="orders", profile="default", keys=("[true].push", "env"))
    assert desk.text("orders.yml") == "on:\n  push: {}\nenv: {}\n"
    desk.restore(then, path="orders.yml", keys=("on.push", "l"))
    assert desk.text("orders.yml") == "on:\n  push: {}\nenv: {}\nl: []\n"
    with pytest.raises(InvalidChange, match=r"there is no on\.pull"):
        desk.restore(then, path="orders.yml", keys=("on.pull",))


def test_keys_of_every_profile(desk):
    desk.write({"orders.yml": "db: {pool: 1}\n", "orders-prod.yml": "db: {pool: 2, x: 1}\n"})
    desk.restore(first(desk), application="orders", keys=("db.pool",))
    assert desk.text("orders.yml") == "db: {pool: 5}\n"
    assert desk.text("orders-prod.yml") == "db: {pool: 9, x: 1}\n"


def test_keys_whose_file_is_gone_get_one_again(desk):
    desk.write({"orders-prod.yml": None, "orders.yml": None})
    done = desk.restore(first(desk), application="orders", keys=("db.pool",))
    assert done.paths == ("orders-prod.yml", "orders.yml")
    assert desk.text("orders.yml") == "db:\n  pool: 5\n"
    desk.write({"orders.yml": None})
    desk.restore(first(desk), path="orders.yml", keys=("db",))
    assert sorted(parse("o.yml", desk.text("orders.yml").encode())[0].properties) == ["db.pool", "db.url"]


def test_keys_of_a_file_that_was_not_there_go(desk):
    desk.write({"orders-dev.yml": "db: {pool: 1}\nx: 1\n"})
    desk.restore(first(desk), application="orders", profile="dev", keys=("db",))
    assert desk.text("orders-dev.yml") == "x: 1\n"


def test_keys_by_document(desk):
    several = "a: 1\n---\nspring.config.activate.on-profile: prod\na: 2\nb: 2\n"
    desk.write({"docs.yml": several})
    desk.write({"docs.yml": several.replace("a: 1", "a: 10").replace("a: 2", "a: 20")})
    desk.restore("main~1", path="docs.yml", keys=("a",))
    assert desk.text("docs.yml") == several
    desk.write({"docs.yml": "a: 1\n"})
    for part in ({"path": "docs.yml"}, {"application": "docs"}):
        with pytest.raises(Conflict, match="1 document"):
            desk.restore("main~1", keys=("a",), **part)
    desk.write({"docs.yml": None})
    with pytest.raises(Conflict, match="2 documents"):
        desk.restore("main~2", path="docs.yml", keys=("a",))


def test_files_without_the_keys_are_let_alone(desk):
    desk.write({"orders-dev.yml": "x: 1\n---\nx: 2\n", "orders.yml": "db: {pool: 1}\n"})
    desk.write({"orders-dev.yml": "x: 1\n"})
    assert desk.restore(first(desk), application="orders", keys=("db.pool",)).paths == ("orders.yml",)
    assert desk.restore("main~2", application="orders", keys=("db.pool",)).changed


def test_restored_keys_of_other_formats(desk):
    for path, text in (("a.properties", "# c\na.b=1\nc=2\n"), ("b.json", '{"a": {"b": 1}, "c": 2}\n')):
        desk.write({path: text})
        desk.write({path: text.replace("1", "7")})
        desk.restore("main~1", path=path, keys=("a",))
        assert desk.text(path) == text
    with pytest.raises(InvalidChange, match="restore it whole"):
        desk.restore(first(desk), path="team/notes.txt", keys=("a",))


def test_a_restore_may_be_staged_first(desk):
    desk.write({"orders.yml": "x: 1\n"})
    done = desk.restore(first(desk), label="staged")
    assert (done.label, desk.text("orders.yml"), desk.text("orders.yml", "staged")) == ("staged", "x: 1\n", ORDERS)
    desk.apply()
    assert desk.text("orders.yml") == ORDERS


def test_what_cannot_be_read_does_not_come_back(desk):
    desk.git._checks, checks = (), desk.git._checks
    desk.write({"bad.yml": "x: [\n", "gitconfig.yml": "profils: []\n"})
    desk.git._checks = checks
    desk.write({"bad.yml": "x: 1\n", "gitconfig.yml": None})
    for part in ({}, {"path": "bad.yml"}, {"path": "bad.yml", "keys": ("x",)}, {"application": "bad"}):
        with pytest.raises(ContentRefused) as refused:
            desk.restore("main~1", **part)
        assert {one.path for one in refused.value.findings} <= {"bad.yml", "gitconfig.yml"}
    desk.restore("main~2")
    assert desk.all_files() == BASE


def test_a_broken_label_is_mended_by_what_it_was(desk):
    desk.git._checks, checks = (), desk.git._checks
    desk.write({"orders.yml": "x: [\n", "gitconfig.yml": "profils: []\n"})
    desk.git._checks = checks
    desk.restore(first(desk), path="gitconfig.yml")
    desk.restore(first(desk), application="orders", profile="default")
    assert desk.all_files() == BASE


def test_what_cannot_be_restored_is_refused(desk):
    desk.write({"orders.yml": "x: 1\n"})
    then = first(desk)
    for part, error in (
        ({"profile": "prod"}, InvalidChange),
        ({"keys": ("a",)}, InvalidChange),
        ({"application": "orders", "keys": ("nothing",)}, InvalidChange),
        ({"application": "orders", "profile": "a,b"}, InvalidName),
        ({"application": "../x"}, InvalidName),
        ({"path": "../x"}, InvalidName),
        ({"application": "nobody"}, SourceNotFound),
        ({"application": "orders", "profile": "qa"}, SourceNotFound),
        ({"path": "nothing.yml"}, FileNotFound),
        ({"path": "nothing.yml", "keys": ("a",)}, FileNotFound),
    ):
        with pytest.raises(error):
            desk.restore(then, **part)
    for to, error in (("nothing", LabelNotFound), ("a..b", InvalidRevision), ("", InvalidRevision)):
        with pytest.raises(error):
            desk.restore(to)
    with pytest.raises(LabelNotFound):
        desk.restore(then, label="nothing")
    with pytest.raises(LabelReadOnly):
        desk.restore(then, label=then)
    with pytest.raises(PreconditionFailed):
        desk.restore(then, options=WriteOptions(expect=then))


def test_dry_runs_and_repeats(desk):
    desk.write({"orders.yml": "x: 1\n"})
    before = desk.git.snapshot()
    tried = desk.restore(first(desk), options=WriteOptions(dry_run=True))
    assert (tried.changed, tried.commit, tried.paths, desk.git.snapshot()) == (True, None, ("orders.yml",), before)
    again = WriteOptions(idempotency=Idempotency("key", "digest"))
    assert desk.restore("main~1", options=again) == desk.restore("main~1", options=again)


def test_a_relative_revision_does_not_shift_when_a_race_is_lost(desk, monkeypatch):
    desk.write({"orders.yml": "x: 1\n"})
    judge, pushes = desk.git.judge, [{"orders.yml": "x: 2\n"}]

    def judged(*arguments, **options):
        while pushes:
            commit(GitRepository(desk.stored), pushes.pop())
        return judge(*arguments, **options)

    monkeypatch.setattr(desk.git, "judge", judged)
    desk.restore("main~1")
    assert desk.text("orders.yml") == ORDERS


edits = st.dictionaries(
    st.sampled_from([*BASE, "new.yml", "team/more/x.txt"]),
    st.one_of(st.none(), st.integers(0, 2).map("n: {}\n".format)),
    min_size=1,
)


@settings(max_examples=40, deadline=None)
@given(st.lists(edits, max_size=4), st.data())
def test_restoring_gives_exactly_that_tree(steps, data):
    desk = StagingDesk()
    desk.write(BASE)
    seen = [desk.commit()]
    for step in steps:
        standing = set(desk.files())
        desk.write({path: text for path, text in step.items() if text is not None or path in standing})
        seen.append(desk.commit())
    then = data.draw(st.sampled_from(seen))
    for part in ({"path": "team"}, {"path": "orders.yml"}, {"application": "orders"}, {"application": "application"}):
        try:
            desk.restore(then.id.decode(), **part)
        except (FileNotFound, SourceNotFound):
            continue
    desk.restore(then.id.decode())
    assert desk.commit().tree == then.tree


values = st.dictionaries(st.sampled_from(["a", "b.c", "b.d", "e"]), st.integers(0, 5), min_size=1)


@settings(max_examples=60, deadline=None)
@given(values, values)
def test_restoring_every_key_gives_what_the_file_said(then, now):
    desk = StagingDesk()
    for properties in (then, now):
        desk.write({"orders.yml": "".join(f"{key}: {value}\n" for key, value in properties.items())})
    wanted = first(desk)
    desk.restore(wanted, application="orders", keys=tuple({*then, *now}))
    assert parse("o.yml", desk.text("orders.yml").encode())[0].properties == then


def test_a_key_twice_that_was_in_force_once_may_come_back(desk):
    """Real histories hold such files; who adds one is refused all the same."""
    twice = {"orders.yml": "db.pool: 5\ndb: {pool: 6}\n"}
    desk.git._checks, checks = (), desk.git._checks
    desk.write(twice)
    desk.git._checks = checks
    desk.write({"orders.yml": "db.pool: 7\n"})
    with pytest.raises(ContentRefused):
        desk.write(twice)
    done = desk.restore("main~1")
    assert (done.paths, [one.rule for one in done.findings]) == (("orders.yml",), ["second-spelling"])
    desk.revert(done.commit)
    assert desk.text("orders.yml") == "db.pool: 7\n"
    desk.revert(desk.commit().id.decode())
    assert desk.text("orders.yml") == twice["orders.yml"]
