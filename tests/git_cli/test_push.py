"""What the real git brings, and what it is told."""

import pytest
from support.git import git

from gitconfig_server.config.comparing.effects import Effects
from gitconfig_server.config.resolution.resolve import ResolveOptions, read_documents
from gitconfig_server.config.staging.known_bad import warn_of_known_bad
from gitconfig_server.git.objects.trees import changed_files
from gitconfig_server.git.rules import RefRules
from gitconfig_server.model.findings import Finding
from gitconfig_server.model.principals import Mover, Principal
from gitconfig_server.storage.base import RefUpdate


def no_tabs(before, after):
    """A content check: tabs are fatal, trailing blanks are remarked on."""
    for path, _, entry in changed_files(before, after):
        for number, line in enumerate(after.read(entry.id).splitlines(), 1) if entry else ():
            if b"\t" in line:
                yield Finding(path.decode(), "tab", "a tab", number, line.index(b"\t") + 1)
            elif line.endswith(b" "):
                yield Finding(path.decode(), "blank", "a blank at the end", number, len(line), fatal=False)


def checks():
    return [lambda before, after: list(no_tabs(before, after))]


@pytest.fixture
def pushed(serve, clone):
    """A factory: a served repository whose ``main`` holds one commit, and the clone it came from."""

    def make(**options):
        served = serve(**options)
        work = clone(served)
        work.commit(application="a: 1\n")
        work.git("push", "--quiet", "origin", "main")
        return served, work

    return make


def test_a_push_is_acknowledged_with_the_label_and_what_changed(pushed):
    served, work = pushed()
    tip = work.commit(app__orders="a: 2\n", application="b: 1\n")
    said = work.try_git("push", "--progress", "origin", "main").stderr
    assert f"gitconfig: main is now at {tip[:7]} (2 files changed)" in said
    assert served.repository.snapshot()[b"refs/heads/main"].decode() == tip
    assert served.sound()


def test_broken_content_is_refused_with_file_line_and_rule(pushed):
    served, work = pushed(checks=checks())
    before = served.repository.snapshot()
    tip = work.commit(app__bad="a:\n\tb: 1\n")
    said = work.refused("push", "origin", "main")
    assert f"remote: gitconfig: {tip[:8]} app/bad.yml:2:1: a tab [tab]" in said
    assert "! [remote rejected] main -> main (1 invalid file(s))" in said
    assert served.repository.refused_pushes == 1
    assert served.repository.snapshot() == before
    assert served.sound()


def test_every_invalid_file_is_named_and_counted(pushed):
    _, work = pushed(checks=checks())
    work.commit(**{f"bad{number}": "\t\n" for number in range(25)}, good="a: 1\n")
    said = work.refused("push", "origin", "main")
    assert all(f"bad{number}.yml:1:1: a tab [tab]" in said for number in range(25))
    assert "(25 invalid file(s))" in said
    assert "good.yml" not in said


def test_older_broken_commits_and_blemishes_are_only_remarked_on(pushed):
    _, work = pushed(checks=checks())
    older = work.commit(app__bad="\tx")
    tip = work.commit(app__bad="x: 1 \n")
    said = work.try_git("push", "origin", "main").stderr
    assert f"remote: gitconfig: warning: {older[:8]} app/bad.yml:1:1: a tab [tab]" in said
    assert f"remote: gitconfig: warning: {tip[:8]} app/bad.yml:1:5: a blank at the end [blank]" in said
    assert "main -> main" in said


def test_a_forced_push_is_refused_unless_the_rules_allow_it(pushed):
    served, work = pushed()
    work.git("commit", "--quiet", "--amend", "--message", "other")
    assert "non-fast-forward" in work.refused("push", "--force", "origin", "main")
    assert served.sound()


def test_a_forced_push_passes_where_the_rules_allow_it(pushed):
    served, work = pushed(rules=RefRules(allow_non_fast_forward=True))
    work.git("commit", "--quiet", "--amend", "--message", "other")
    work.git("push", "--quiet", "--force", "origin", "main")
    assert served.repository.snapshot()[b"refs/heads/main"].decode() == work.git("rev-parse", "HEAD")


def test_the_working_branch_may_be_forced_and_deleted(pushed):
    served, work = pushed()
    work.git("push", "--quiet", "origin", "main:staged")
    work.git("commit", "--quiet", "--amend", "--message", "other")
    work.git("push", "--quiet", "--force", "origin", "main:staged")
    assert "gitconfig: staged is deleted" in work.try_git("push", "--progress", "origin", ":staged").stderr
    assert list(served.repository.snapshot()) == [b"refs/heads/main"]


def test_deletion_follows_the_rules(pushed):
    served, work = pushed(rules=RefRules(allow_deletion=True))
    work.git("push", "--quiet", "origin", "main:dev")
    work.git("push", "--quiet", "origin", ":dev")
    assert "default label" in work.refused("push", "origin", ":main")
    assert list(served.repository.snapshot()) == [b"refs/heads/main"]


def test_deletion_is_refused_by_default(pushed):
    _, work = pushed()
    work.git("push", "--quiet", "origin", "main:dev")
    assert "cannot be deleted" in work.refused("push", "origin", ":dev")


def test_who_lost_the_race_is_told_to_fetch_and_wins_after_it(pushed, clone):
    served, work = pushed()
    late = clone(served, "late")
    work.commit(a="1")
    work.git("push", "--quiet", "origin", "main")
    late.commit(b="1")
    assert "fetch first" in late.refused("push", "origin", "main")
    late.git("pull", "--quiet", "--rebase", "origin", "main")
    late.git("push", "--quiet", "origin", "main")
    assert served.sound()


def test_one_bad_ref_does_not_stop_the_others(pushed):
    served, work = pushed()
    work.git("branch", "dev")
    work.git("commit", "--quiet", "--amend", "--message", "other")
    said = work.refused("push", "--force", "origin", "main", "dev")
    assert "* [new branch]      dev -> dev" in said
    assert "[remote rejected] main -> main" in said
    assert set(served.repository.snapshot()) == {b"refs/heads/main", b"refs/heads/dev"}


def test_an_atomic_push_moves_all_refs_or_none(pushed):
    served, work = pushed()
    before = served.repository.snapshot()
    work.git("branch", "dev")
    work.git("commit", "--quiet", "--amend", "--message", "other")
    said = work.refused("push", "--atomic", "--force", "origin", "main", "dev")
    assert "atomic" in said
    assert served.repository.snapshot() == before
    work.git("reset", "--quiet", "--hard", "origin/main")
    work.commit(b="1")
    work.git("push", "--quiet", "--atomic", "origin", "main", "dev")
    assert set(served.repository.snapshot()) == {b"refs/heads/main", b"refs/heads/dev"}


def test_tags_are_made_and_do_not_move(pushed):
    served, work = pushed()
    work.git("tag", "light")
    work.git("tag", "--annotate", "--message", "one", "v1")
    work.git("push", "--quiet", "origin", "light", "v1")
    work.commit(b="1")
    work.git("tag", "--force", "light")
    assert "a tag stays where it is" in work.refused("push", "--force", "origin", "light")
    assert {b"refs/tags/light", b"refs/tags/v1"} < served.repository.snapshot().keys()
    assert served.sound()


def test_names_that_stand_in_each_others_way_are_refused(pushed):
    _, work = pushed()
    work.git("push", "--quiet", "origin", "main:feature")
    assert "stands in the way" in work.refused("push", "origin", "main:feature/x")
    work.git("tag", "feature")
    assert "stands in the way" in work.refused("push", "origin", "refs/tags/feature")


def test_of_names_in_each_others_way_the_first_is_taken_as_git_does(pushed):
    served, work = pushed(rules=RefRules(allow_deletion=True))
    said = work.refused("push", "origin", "main:q", "main:q/1", "main:r/1/2", "main:r", "main:r/1")
    assert said.count("stands in the way") == 3
    assert {b"refs/heads/q", b"refs/heads/r/1/2"} == set(served.repository.snapshot()) - {b"refs/heads/main"}
    said = work.refused("push", "origin", "main:main/x", ":main")
    assert "main/x (refs/heads/main stands in the way)" in said
    work.refused("push", "--atomic", "origin", "main:s", "main:s/1")
    assert b"refs/heads/s" not in served.repository.snapshot()
    assert served.sound()


@pytest.mark.parametrize("ref", ["refs/notes/commits", "refs/gitconfig/policy", "refs/heads/HEAD", "refs/x/y"])
def test_only_branches_and_tags_are_written(pushed, ref):
    served, work = pushed()
    before = served.repository.snapshot()
    assert "[remote rejected]" in work.refused("push", "origin", f"main:{ref}")
    assert served.repository.snapshot() == before


def test_push_options_are_journalled(pushed):
    served, work = pushed()
    work.commit(b="1")
    work.git("push", "--quiet", "-o", "ticket=OPS-1", "-o", "quick", "origin", "main")
    record = list(served.repository.stored.journal())[-1]
    assert record.details == {"commits": "1", "options": "ticket=OPS-1\nquick"}
    assert (record.reason, record.actor) == ("push", "anonymous")
    assert [update.ref for update in record.updates] == [b"refs/heads/main"]


def test_many_objects_are_stored_as_one_pack(pushed, clone):
    served, work = pushed()
    for number in range(60):
        work.commit(**{f"app{number}__x": f"n: {number}\n" * 50})
    work.git("repack", "-adq")
    work.git("push", "--quiet", "origin", "main")
    assert len(list((served.folder / "objects" / "pack").glob("*.pack"))) == 1
    assert served.sound()
    assert clone(served, "other").git("rev-list", "--count", "HEAD") == "61"


@pytest.mark.parametrize("commits", [1, 40])
def test_thin_packs_are_completed(pushed, clone, commits):
    served, work = pushed()
    lines = [f"key{number}: {number * 7919}\n" for number in range(400)]
    work.commit(app__big="".join(lines))
    work.git("push", "--quiet", "origin", "main")
    for number in range(commits):
        lines[number * 3] = f"changed: {number}\n"
        work.commit(app__big="".join(lines))
    work.git("push", "--quiet", "--thin", "origin", "main")
    assert served.sound()
    assert clone(served, "other").git("show", "HEAD:app/big.yml") == "".join(lines).strip()


def test_a_read_only_repository_says_so(pushed, monkeypatch):
    served, work = pushed()
    monkeypatch.setattr(type(served.repository.stored), "writable", False)
    work.commit(b="1")
    assert "cannot be written" in work.refused("push", "origin", "main")


def test_a_push_of_what_is_there_already_needs_no_objects(pushed):
    served, work = pushed()
    work.git("push", "--quiet", "origin", "main:dev")
    assert served.repository.snapshot()[b"refs/heads/dev"].decode() == work.git("rev-parse", "main")


def test_a_large_push_is_sent_in_chunks(pushed):
    served, work = pushed()
    (work.folder / "big.bin").write_bytes(bytes(range(256)) * 40_000)
    work.commit(b="1")
    work.git("-c", "http.postBuffer=65536", "-c", "core.compression=0", "push", "--quiet", "origin", "main")
    assert served.sound()


def test_one_lost_ref_does_not_lose_the_others(pushed, monkeypatch):
    served, work = pushed()
    tip = served.repository.snapshot()[b"refs/heads/main"]
    judge = served.repository.judge

    def judge_slowly(updates, *options, **more):
        found = judge(updates, *options, **more)
        late = judge([RefUpdate(b"refs/heads/dev", None, tip)])
        served.repository.update_refs(late, by=Mover(Principal("other")), reason="save")
        return found

    monkeypatch.setattr(served.repository, "judge", judge_slowly)
    work.commit(b="1")
    said = work.refused("push", "origin", "main", "main:dev")
    assert "[rejected]        main -> dev (fetch first)" in said
    assert served.repository.snapshot()[b"refs/heads/main"].decode() == work.git("rev-parse", "main")
    assert served.sound()


def test_a_branch_becomes_a_folder_in_one_push_and_the_reverse(pushed):
    served, work = pushed(rules=RefRules(allow_deletion=True))
    work.git("push", "--quiet", "origin", "main:refactor")
    before = len(list(served.repository.stored.journal()))
    work.git("push", "--quiet", "origin", ":refactor", "main:refactor/195")
    assert b"refs/heads/refactor/195" in served.repository.snapshot()
    assert b"refs/heads/refactor" not in served.repository.snapshot()
    assert len(list(served.repository.stored.journal())) == before + 1
    assert "refactor/195" in git(served.folder, "branch", "--list", "refactor/*")
    work.git("push", "--quiet", "--atomic", "origin", "main:refactor", ":refactor/195")
    assert git(served.folder, "for-each-ref", "--format=%(refname)", "refs/heads/refactor") == "refs/heads/refactor\n"
    work.commit(more="m: 1")
    work.git("push", "--quiet", "origin", "main:refactor")
    assert served.sound()


def test_who_pushes_is_told_whom_it_concerns_and_what_was_undone_before(serve, clone):
    served = serve(
        history_checks=(warn_of_known_bad,), concerns=Effects(ResolveOptions(), read_documents, seconds=60.0).glance
    )
    work = clone(served)
    work.commit(application="a: 1\n", orders="pool: 1\n", billing="x: 1\n")
    work.git("push", "--quiet", "origin", "HEAD:main")
    bad = work.commit(orders="pool: 99\n", application="a: 2\n")
    said = work.try_git("push", "--progress", "origin", "HEAD:main").stderr
    assert "remote: gitconfig: affects billing/default: a" in said
    assert "remote: gitconfig: affects orders/default: a, pool" in said
    work.git("revert", "--no-edit", bad)
    work.git("commit", "--quiet", "--amend", "--message", f"back\n\nReverts: {bad}")
    undone = work.git("rev-parse", "HEAD")[:8]
    assert "known-bad" not in work.try_git("push", "--progress", "origin", "HEAD:main").stderr
    tip = work.commit(orders="pool: 99\n")
    said = work.try_git("push", "--progress", "origin", "HEAD:main").stderr
    where = f"remote: gitconfig: warning: {tip[:8]} orders.yml"
    assert f"{where}: pool is set again as it was before {undone} undid it [known-bad]" in said
    assert "remote: gitconfig: affects orders/default: pool" in said
    work.commit(application="a: 3\n")
    assert (
        "affects 2 applications, e.g. billing/default: a"
        in work.try_git("push", "--progress", "origin", "HEAD:main").stderr
    )
    assert "affects" not in work.try_git("push", "--progress", "origin", "HEAD:staged").stderr
