import pytest

from gitconfig_server.errors import InvalidName, UpdateRefused
from gitconfig_server.storage.base import RefUpdate
from gitconfig_server.storage.conformance.objects import ABSENT, record
from gitconfig_server.storage.ref_rules import (
    check_folders,
    check_request,
    find_beneath,
    given_room,
    is_ref_name,
    publication_order,
)

ID = b"1" * 40


@pytest.mark.parametrize(
    "name",
    [b"refs/heads/main", b"refs/heads/a/b", b"refs/tags/v1", "refs/heads/ü".encode(), b"refs/heads/\xff", b"refs/x@y"],
)
def test_names_of_refs(name: bytes) -> None:
    assert is_ref_name(name)


@pytest.mark.parametrize(
    "name",
    [
        *(b"HEAD", b"refs", b"refs/", b"heads/main", b"refs//x", b"refs/heads/", b"refs/heads/.x", b"refs/heads/x."),
        *(b"refs/heads/x.lock", b"refs/heads/x.lock/y", b"refs/../x", b"refs/heads/a..b", b"refs/heads/a@{1}"),
        *(b"refs/heads/a b", b"refs/heads/a\n", b"refs/heads/a\\b", b"refs/heads/a*", b"refs/heads/\x7f"),
        *(b"refs/bisect/good", b"refs/worktree/x", b"refs/rewritten/x"),
    ],
)
def test_no_names_of_refs(name: bytes) -> None:
    assert not is_ref_name(name)


def test_requests_that_no_caller_may_send() -> None:
    update = RefUpdate(b"refs/heads/a", None, ID)
    for updates, described in (([update], []), ([update, update], [update, update])):
        with pytest.raises(ValueError, match=r"record|twice"):
            check_request(updates, record(described))
    for bad in (b"1" * 39, b"G" * 40, b"A" * 40):
        wrong = [RefUpdate(b"refs/heads/a", None, bad)]
        with pytest.raises(ValueError, match="object id"):
            check_request(wrong, record(wrong))


def test_names_must_fit_into_a_file_system() -> None:
    for name in (b"x" * 251, b"/".join([b"x"] * 600)):
        updates = [RefUpdate(b"refs/heads/" + name, None, ID)]
        with pytest.raises(InvalidName):
            check_request(updates, record(updates))


def test_a_new_ref_above_or_beneath_another_is_refused() -> None:
    current = {b"refs/heads/a/b": ID, b"refs/heads/c": ID}
    for name in (b"refs/heads/a", b"refs/heads/c/d", b"refs/heads/c/d/e"):
        with pytest.raises(UpdateRefused) as refused:
            check_folders([RefUpdate(name, None, ID)], current)
        assert (refused.value.ref, refused.value.rule) == (name, "name-conflict")
    check_folders([RefUpdate(b"refs/heads/a/c", None, ID), RefUpdate(b"refs/heads/c", ID, ABSENT)], current)


def test_a_branch_that_goes_makes_room_for_another() -> None:
    current = {b"refs/heads/a/b": ID, b"refs/tags/t": ID}
    updates = [RefUpdate(b"refs/heads/a", None, ID), RefUpdate(b"refs/heads/a/b", ID, None)]
    check_folders(updates, current)
    assert given_room(updates) == {b"refs/heads/a": ID}
    with pytest.raises(UpdateRefused):
        check_folders([*updates, RefUpdate(b"refs/heads/a/c", None, ID)], current)
    with pytest.raises(UpdateRefused):
        check_folders([RefUpdate(b"refs/tags/t/x", None, ID), RefUpdate(b"refs/tags/t", ID, None)], current)


def test_pending_is_published_before_labels_where_it_is_built_anew_and_after_them_where_it_ends() -> None:
    names = [b"refs/heads/staged", b"refs/tags/x", b"refs/heads/main", b"refs/heads/b"]
    begun = RefUpdate(b"refs/gitconfig/pending/main", ID, ABSENT)
    ended = RefUpdate(b"refs/gitconfig/pending/b", ID, None)
    ordered = publication_order([ended, *(RefUpdate(name, None, ID) for name in names), begun])
    assert [update.ref for update in ordered] == [begun.ref, names[3], names[2], names[1], ended.ref, names[0]]


@pytest.mark.parametrize("more", [0, 20])
def test_what_lies_beneath_is_found_among_few_and_many(more: int) -> None:
    above = {b"refs/heads/a", b"refs/heads/b", b"refs/heads/c", *(b"refs/heads/x%d" % number for number in range(more))}
    names = [b"refs/heads/a/1", b"refs/heads/ab/1", b"refs/heads/b/1/2", b"refs/heads/c/1", b"refs/heads/d"]
    found = find_beneath(names, above, going=[b"refs/heads/c/1"])
    assert found == {b"refs/heads/a": b"refs/heads/a/1", b"refs/heads/b": b"refs/heads/b/1/2"}
