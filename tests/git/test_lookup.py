from datetime import timedelta

import pytest
from support.repositories import EPOCH, build_commit, commit, memory_repository, move

from gitconfig_server.errors import AmbiguousRevision, BeforeJournal, CorruptRepository, LabelNotFound, RevisionNotFound
from gitconfig_server.git.lookup import find
from gitconfig_server.git.objects.reader import make_object
from gitconfig_server.git.rules import RefRules
from gitconfig_server.model.principals import Mover, Principal
from gitconfig_server.revisions import parse_revision
from gitconfig_server.storage.base import JournalRecord, RefUpdate
from gitconfig_server.storage.objects import TAG


def at(git, text):
    return find(git, parse_revision(text)).commit


def test_labels_and_ids_lead_to_commits():
    git = memory_repository()
    one = commit(git, {"a": "1"})
    two = commit(git, {"a": "2"})
    tag = make_object(TAG, b"object " + one + b"\ntype commit\ntag v1\ntagger a <b> 0 +0000\n\n")
    move(git, b"refs/tags/v1", [tag])
    for text in ("main", "heads/main", "refs/heads/main", two.decode(), two.decode()[:9], two.decode().upper()):
        assert at(git, text) == two
    for text in ("v1", "tags/v1", "main~", "main^", "main^1", "v1^0", tag.id.decode()):
        assert at(git, text) == one
    assert find(git, parse_revision("v1")).ref == b"refs/tags/v1"
    assert find(git, parse_revision(two.decode())).ref is None


@pytest.mark.parametrize("text", ["nolabel", "origin/main", "refs/gitconfig/x", "abcd"])
def test_unknown_names_are_unknown_labels(text):
    git = memory_repository()
    commit(git, {"a": "1"})
    with pytest.raises(LabelNotFound):
        at(git, text)


@pytest.mark.parametrize("text", ["0" * 40, "main~2", "main^2", "main~1^"])
def test_names_that_lead_nowhere_are_unknown_revisions(text):
    git = memory_repository()
    commit(git, {"a": "1"})
    commit(git, {"a": "2"})
    with pytest.raises(RevisionNotFound):
        at(git, text)


def test_a_label_whose_commit_is_lost_says_so():
    git = memory_repository()
    lost = (RefUpdate(b"refs/heads/lost", None, b"1" * 40),)
    git.stored.update_refs(lost, record=JournalRecord(lost, "external"))
    with pytest.raises(CorruptRepository, match="lost is at 1111"):
        at(git, "lost")


def test_a_blobs_id_is_no_revision():
    git = memory_repository()
    new = build_commit(git, {"a": "1"})
    move(git, b"refs/heads/main", new)
    with pytest.raises(RevisionNotFound):
        at(git, new[0].id.decode())


def test_short_ids_must_be_unambiguous():
    git = memory_repository()
    seen = {}
    for number in range(2000):
        (made,) = build_commit(git, {}, message=str(number))[-1:]
        git.objects.put([made])
        if made.id[:4] in seen:
            break
        seen[made.id[:4]] = made.id
    with pytest.raises(AmbiguousRevision):
        at(git, made.id[:4].decode())


def test_time_is_the_journals():
    git = memory_repository(rules=RefRules(allow_deletion=True))
    one = commit(git, {"a": "1"}, label="x", when=EPOCH - timedelta(days=900))
    two = commit(git, {"a": "2"}, label="x", when=EPOCH - timedelta(days=1900))
    first, second = (record.received_at for record in git.moves(b"refs/heads/x"))
    assert at(git, f"x@{{{first.isoformat()}}}") == one
    assert at(git, f"x@{{{second.isoformat()}}}") == two
    with pytest.raises(BeforeJournal) as caught:
        at(git, "x@2020-01-01")
    assert caught.value.earliest == first
    judged = git.judge([RefUpdate(b"refs/heads/x", two, None)])
    git.update_refs(judged, by=Mover(Principal("tess")), reason="push")
    assert at(git, f"x@{{{second.isoformat()}}}") == two
    with pytest.raises(RevisionNotFound):
        at(git, "x@2030-01-01")
