from datetime import UTC, datetime, timedelta, timezone

import pytest
from dulwich.objects import Commit as DulwichCommit
from support.repositories import TESTER

from gitconfig_server.errors import CorruptRepository, InvalidInput
from gitconfig_server.git.objects.commits import Identity, make_commit, parents_of, peel, read_commit, read_trailers
from gitconfig_server.git.objects.reader import ObjectMap, make_object
from gitconfig_server.git.objects.trees import EMPTY_TREE
from gitconfig_server.storage.objects import COMMIT, TAG

WHEN = datetime(2026, 3, 4, 5, 6, 7, 999, tzinfo=timezone(timedelta(hours=-9, minutes=-30)))


def commit(message="hello", parents=(), **trailers):
    return make_commit(
        EMPTY_TREE, parents, author=TESTER, committer=TESTER, when=WHEN, message=message, trailers=trailers
    )


def test_a_commit_reads_back_as_it_was_made():
    made = commit("subject\n\nbody", [b"1" * 40, b"2" * 40], Restores="abc")
    read = read_commit(ObjectMap([made]), made.id)
    assert read.parents == (b"1" * 40, b"2" * 40)
    assert read.author.when == WHEN.replace(microsecond=0)
    assert read.author.when.utcoffset() == WHEN.utcoffset()
    assert read.subject == "subject"
    assert read_trailers(read.message) == {"Restores": "abc"}
    assert parents_of(ObjectMap([made]), made.id) == (read.parents, int(WHEN.timestamp()))


def test_dulwich_finds_no_fault():
    made = commit("subject", [b"1" * 40])
    theirs = DulwichCommit.from_raw_string(COMMIT, made.raw)
    theirs.check()
    assert theirs.id == made.id
    assert theirs.author == b"Tess <tess@example.com>"
    assert theirs.author_timezone == -(9 * 60 + 30) * 60


def test_trailers_join_those_that_stand_there():
    text = commit("subject\n\nSigned-off-by: me", Reverts="x").raw.partition(b"\n\n")[2].decode()
    assert text == "subject\n\nSigned-off-by: me\nReverts: x\n"


@pytest.mark.parametrize("name", ["a\nb", "a<b", "a>b", "a\0b"])
def test_identities_git_could_not_read_back_are_refused(name):
    with pytest.raises(InvalidInput):
        Identity(name, "a@b").encoded()


def commit_by(line):
    raw = b"tree " + EMPTY_TREE + b"\n" + line + b"\n" + line.replace(b"author", b"committer") + b"\n\nx"
    made = make_object(COMMIT, raw)
    return read_commit(ObjectMap([made]), made.id)


@pytest.mark.parametrize(
    ("time", "year"),
    [
        (b"1 +9999", 1970),
        (b"1700000000000 +0000", 9999),
        (b"9" * 5000 + b" +0000", 9999),
        (b"253402300799 +0000", 9999),
        (b"-99999999999999 +0000", 1),
    ],
)
def test_times_beyond_reason_still_read(time, year):
    read = commit_by(b"author a <b> " + time)
    assert read.author.when.year == year
    assert read.author.written == ("" if year == 1970 else time.decode())
    read.author.when.astimezone(timezone(timedelta(hours=14)))
    read.author.when.astimezone(timezone(timedelta(hours=-12)))


@pytest.mark.parametrize("line", [b"author x", b"author <> 0", b"author a <b> now +0000"])
def test_identities_that_do_not_parse_are_named_corrupt(line):
    with pytest.raises(CorruptRepository, match="cannot be read"):
        commit_by(line)


def test_a_tag_of_a_tag_peels_to_its_commit():
    inner = commit()
    one = make_object(TAG, b"object " + inner.id + b"\ntype commit\ntag a\n\n")
    two = make_object(TAG, b"object " + one.id + b"\ntype tag\ntag b\n\n")
    objects = ObjectMap([inner, one, two])
    assert peel(objects, two.id) == inner.id
    assert peel(objects, b"0" * 40) is None


def test_dates_before_zones_are_utc():
    made = make_commit(EMPTY_TREE, (), author=TESTER, committer=TESTER, when=WHEN.astimezone(UTC), message="")
    assert read_commit(ObjectMap([made]), made.id).author.when == WHEN.replace(microsecond=0)
