import pytest
from support import packs
from support.packs import IDENTITY

from gitconfig_server.errors import InvalidContent
from gitconfig_server.git.objects.tree_sets import parts
from gitconfig_server.git.receiving.object_checks import TreeChecks, check_attributes, check_commit, check_tag

ID = b"1" * 40
AUTHOR, COMMITTER = b"author " + IDENTITY + b"\n", b"committer " + IDENTITY + b"\n"
PEOPLE = AUTHOR + COMMITTER
TREE_LINE = b"tree " + ID + b"\n"


def test_a_commit_names_its_tree_and_parents():
    found = check_commit(packs.commit(ID, b"2" * 40, b"3" * 40).raw)
    assert found == (ID, [b"2" * 40, b"3" * 40], int(packs.IDENTITY.split()[-2]))


def test_further_headers_are_nobodys_business():
    check_commit(TREE_LINE + PEOPLE + b"gpgsig -----BEGIN\n line\n\nmessage")
    check_commit(TREE_LINE + PEOPLE + b"encoding latin-1\n\nm\xfc")
    check_commit(TREE_LINE + PEOPLE)


IDENTITIES = {
    "no name": b"<a@b> 1 +0000",
    "no space": b"A<a@b> 1 +0000",
    "no address": b"A 1 +0000",
    "open address": b"A <a@b 1 +0000",
    "closed name": b"A> <a@b> 1 +0000",
    "two addresses": b"A <a@b> <c@d> 1 +0000",
    "no date": b"A <a@b>",
    "no space before date": b"A <a@b>1 +0000",
    "padded date": b"A <a@b> 01 +0000",
    "negative date": b"A <a@b> -1 +0000",
    "endless date": b"A <a@b> 99999999999999999999 +0000",
    "no zone": b"A <a@b> 1",
    "short zone": b"A <a@b> 1 +000",
    "long zone": b"A <a@b> 1 +051800",
    "signless zone": b"A <a@b> 1 0000",
    "word for a zone": b"A <a@b> 1 UTC",
    "more": b"A <a@b> 1 +0000 x",
}

COMMITS = {
    "empty": b"",
    "no tree": PEOPLE + b"\nx",
    "short tree": b"tree 123\n" + PEOPLE + b"\nx",
    "upper case": b"tree " + b"A" * 40 + b"\n" + PEOPLE + b"\nx",
    "null tree": b"tree " + b"0" * 40 + b"\n" + PEOPLE + b"\nx",
    "null parent": TREE_LINE + b"parent " + b"0" * 40 + b"\n" + PEOPLE + b"\nx",
    "parent after author": TREE_LINE + AUTHOR + b"parent " + ID + b"\n" + COMMITTER + b"\nx",
    "no author": TREE_LINE + COMMITTER + b"\nx",
    "no committer": TREE_LINE + AUTHOR + b"\nx",
    "two authors": TREE_LINE + AUTHOR + PEOPLE + b"\nx",
    "NUL in a header": TREE_LINE + b"author \0" + IDENTITY + b"\n" + COMMITTER + b"\nx",
    "NUL in the message": TREE_LINE + PEOPLE + b"\nx\0y",
    "unterminated": (TREE_LINE + PEOPLE)[:-1],
    **{f"author {name}": TREE_LINE + b"author " + one + b"\n" + COMMITTER + b"\nx" for name, one in IDENTITIES.items()},
    **{f"committer {name}": TREE_LINE + AUTHOR + b"committer " + one + b"\n\nx" for name, one in IDENTITIES.items()},
}  # fmt: skip

TAG_LINES = b"object " + ID + b"\ntype commit\ntag v1\n"
TAGS = {
    "empty": b"",
    "no object": b"type commit\ntag v1\n\nx",
    "short object": b"object 12\ntype commit\ntag v1\n\nx",
    "no type": b"object " + ID + b"\ntag v1\n\nx",
    "odd type": b"object " + ID + b"\ntype blobs\ntag v1\n\nx",
    "no tag": b"object " + ID + b"\ntype commit\n\nx",
    "NUL": TAG_LINES + b"tagger A\0 <a@b> 1 +0000\n\nx",
    "unterminated": TAG_LINES[:-1],
    **{f"tagger {name}": TAG_LINES + b"tagger " + one + b"\n\nx" for name, one in IDENTITIES.items()},
}

FILE, FOLDER = b"100644", b"40000"
TREES = {
    "duplicate": [(FILE, b"a", ID), (FILE, b"a", ID)],
    "duplicate of other kind": [(FILE, b"a", ID), (FILE, b"a.b", ID), (FOLDER, b"a", ID)],
    "unsorted": [(FILE, b"b", ID), (FILE, b"a", ID)],
    "folder sorted as a file": [(FOLDER, b"a", ID), (FILE, b"a.b", ID)],
    "full path": [(FILE, b"a/b", ID)],
    "dot": [(FILE, b".", ID)],
    "dots": [(FOLDER, b"..", ID)],
    "git": [(FOLDER, b".git", ID)],
    "GIT": [(FOLDER, b".GIT", ID)],
    "short git": [(FOLDER, b"git~1", ID)],
    "hidden git": [(FOLDER, ".g\u200cit".encode(), ID)],
    "null": [(FILE, b"a", b"0" * 40)],
    "padded mode": [(b"040000", b"a", ID)],
    "odd mode": [(b"100600", b"a", ID)],
    "no mode": [(b"0", b"a", ID)],
    "symlink": [(b"120000", b"a", ID)],
    "submodule": [(b"160000", b"a", ID)],
    "modules": [(FILE, b".gitmodules", ID)],
    "backslash": [(FILE, b"a\\b", ID)],
    "control": [(FILE, b"a\x01", ID)],
    "latin": [(FILE, b"caf\xe9", ID)],
    "long": [(FILE, b"x" * 256, ID)],
}


@pytest.mark.parametrize("name", COMMITS)
def test_commits_that_git_would_not_take(name):
    with pytest.raises(InvalidContent):
        check_commit(COMMITS[name])


@pytest.mark.parametrize("name", TAGS)
def test_tags_that_git_would_not_take(name):
    with pytest.raises(InvalidContent):
        check_tag(TAGS[name])


@pytest.mark.parametrize("name", TREES)
def test_trees_that_may_not_come_in(name):
    with pytest.raises(InvalidContent):
        TreeChecks().check(packs.tree(*TREES[name]).raw)


@pytest.mark.parametrize("raw", [b"x", b"100644 \0" + bytes(20), b"100644 a\0123"])
def test_bytes_that_are_no_tree(raw):
    with pytest.raises(InvalidContent):
        TreeChecks().check(raw)


def test_a_tag_names_what_it_stands_on():
    assert check_tag(TAG_LINES + b"\nwithout a tagger, as old ones are") == (ID, b"commit")


def test_entries_that_passed_before_are_not_told_again():
    entries = [(FILE, b"a.yml", ID), (FOLDER, b"b", ID), (FILE, b"b.yml", ID), (b"100755", b"run", ID)]
    order = sorted(entries, key=lambda one: one[1] + b"/" if one[0] == FOLDER else one[1])
    raw = packs.tree(*order).raw
    checks = TreeChecks()
    entries, fresh = checks.check(raw)
    assert [parts(entry)[1] for entry in fresh] == [b"a.yml", b"b.yml", b"b", b"run"]
    assert entries == fresh
    assert checks.check(raw) == (entries, [])


def test_entries_that_passed_elsewhere_are_still_compared_with_each_other():
    checks = TreeChecks()
    checks.check(packs.tree((FILE, b"a", ID), (FILE, b"a.b", ID)).raw)
    checks.check(packs.tree((FOLDER, b"a", ID)).raw)
    with pytest.raises(InvalidContent, match="twice"):
        checks.check(packs.tree((FILE, b"a", ID), (FILE, b"a.b", ID), (FOLDER, b"a", ID)).raw)
    with pytest.raises(InvalidContent, match="order"):
        checks.check(packs.tree((FILE, b"a.b", ID), (FILE, b"a", ID)).raw)
    with pytest.raises(InvalidContent, match="zeros"):
        checks.check(packs.tree((FILE, b"a", b"0" * 40)).raw)


def test_attributes_have_a_longest_line():
    check_attributes(b"x" * 2047 + b"\n* text\n")
    with pytest.raises(InvalidContent):
        check_attributes(b"* text\n" + b"x" * 2048)
