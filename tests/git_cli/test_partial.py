"""Histories cut short and clones that lack files: the real git gets from us what it gets from itself."""

import subprocess
from datetime import timedelta

import pytest
from support.git import git, try_git
from support.repositories import EPOCH, TESTER, build_commit, commit, move

from gitconfig_server.git.objects.commits import make_tag

DAY = timedelta(days=1)


@pytest.fixture
def served(serve):
    """A history of ten days with a side branch, a merge, and files of several sizes, some folders deep."""
    served = serve()
    repository = served.repository
    for day in range(6):
        files = {"a.yml": f"a: {day}", f"app{day}/deep/er/x.yml": "x: 1\n" * (day * 100 + 1)}
        commit(repository, files, when=EPOCH + day * DAY)
    main = repository.snapshot()[b"refs/heads/main"]
    side = move(
        repository, b"refs/heads/side", build_commit(repository, {"s.yml": "s: 1"}, [main], when=EPOCH + 6 * DAY)
    )
    move(repository, b"refs/tags/v1", [make_tag(main, "v1", TESTER, EPOCH, "one")])
    commit(repository, {"b.yml": "b: 1"}, when=EPOCH + 7 * DAY)
    tip = repository.snapshot()[b"refs/heads/main"]
    move(repository, b"refs/heads/main", build_commit(repository, {"m.yml": "m: 1"}, [tip, side], when=EPOCH + 8 * DAY))
    commit(repository, {"a.yml": "a: 9"}, when=EPOCH + 9 * DAY)
    git(served.folder, "config", "uploadpack.allowFilter", "true")
    git(served.folder, "config", "uploadpack.allowAnySHA1InWant", "true")
    return served


def got(folder):
    """The objects that a clone has, the promised ones left out, and where its history ends."""
    objects = git(folder, "cat-file", "--batch-all-objects", "--batch-check=%(objectname) %(objecttype)", "--unordered")
    shallow = folder / ".git" / "shallow"
    return sorted(objects.splitlines()), sorted(shallow.read_text().split()) if shallow.exists() else []


SHALLOW = [
    ("--depth=1",),
    ("--depth=3",),
    ("--shallow-since=2026-01-08",),
    ("--shallow-exclude=v1",),
    ("--shallow-exclude=side", "--shallow-since=2026-01-03"),
    ("--depth=2", "--no-single-branch"),
]
LATER = [
    ("--deepen=1",),
    ("--deepen=2",),
    ("--depth=4",),
    ("--depth=1",),
    ("--unshallow",),
    ("--shallow-since=2026-01-04",),
    ("--shallow-exclude=v1",),
]


def both(tmp_path, served, protocol, *commands):
    """What two clones have after the same commands, one from us and one from git."""
    found = []
    for name, url in (("ours", served.url), ("theirs", served.folder.as_uri())):
        folder = tmp_path / name
        version = ("-c", f"protocol.version={protocol}", "-c", "gc.auto=0")
        git(tmp_path, *version, "clone", "--quiet", "--no-checkout", *commands[0], url, name)
        for command in commands[1:]:
            git(folder, *version, *command)
        found.append(got(folder))
    return found


@pytest.mark.parametrize("protocol", ["0", "2"])
@pytest.mark.parametrize("options", SHALLOW, ids=" ".join)
def test_a_clone_is_cut_where_git_cuts_it(tmp_path, served, protocol, options):
    ours, theirs = both(tmp_path, served, protocol, options)
    assert ours == theirs


@pytest.mark.parametrize("protocol", ["0", "2"])
@pytest.mark.parametrize("options", LATER, ids=" ".join)
def test_a_shallow_clone_moves_its_end_as_with_git(tmp_path, served, protocol, options):
    ours, theirs = both(tmp_path, served, protocol, ("--depth=2",), ("fetch", "--quiet", *options))
    assert ours[1] == theirs[1]
    assert set(ours[0]) == set(theirs[0])


FILTERS = [
    "blob:none",
    "blob:limit=600",
    "blob:limit=1k",
    "tree:0",
    "tree:1",
    "tree:3",
    "combine:tree:2+blob:limit=600",
]


@pytest.mark.parametrize("protocol", ["0", "2"])
@pytest.mark.parametrize("spec", FILTERS)
def test_a_partial_clone_lacks_what_it_lacks_with_git(tmp_path, served, protocol, spec):
    ours, theirs = both(tmp_path, served, protocol, (f"--filter={spec}",))
    assert ours == theirs


@pytest.mark.parametrize("spec", ["blob:none", "tree:0"])
def test_what_a_partial_clone_lacks_it_fetches_when_it_is_needed(tmp_path, served, spec):
    git(tmp_path, "clone", "--quiet", f"--filter={spec}", served.url, "work")
    work = tmp_path / "work"
    assert (work / "a.yml").read_text() == "a: 9"
    assert git(work, "show", "HEAD~3:a.yml") == "a: 5"
    assert git(work, "log", "--format=%h", "-p").count("+++ b/") == 15
    git(work, "fsck")


def test_a_filter_that_is_not_served_is_told(tmp_path, served):
    done = subprocess.run(
        ["git", "clone", "--quiet", "--filter=sparse:oid=main:a.yml", served.url, tmp_path / "x"],
        capture_output=True,
        text=True,
    )
    assert "is not supported: use blob:none" in done.stderr


def test_a_hidden_file_is_not_ours_to_give(tmp_path, served):
    blob = git(served.folder, "hash-object", "-w", "--stdin", input=b"secret: 1").strip()
    git(tmp_path, "clone", "--quiet", "--filter=blob:none", served.url, "work")
    assert "not our ref" in try_git(tmp_path / "work", "fetch", "origin", blob).stderr


def test_what_both_have_is_negotiated_without_a_pack(tmp_path, served):
    git(tmp_path, "clone", "--quiet", served.url, "work")
    work = tmp_path / "work"
    git(work, "commit", "--quiet", "--allow-empty", "-m", "mine")
    ask = ("-c", "protocol.version=2", "fetch", "--negotiate-only", "--negotiation-tip=HEAD")
    ours, theirs = (set(git(work, *ask, url).split()) for url in (served.url, served.folder.as_uri()))
    assert git(work, "rev-parse", "HEAD~1").strip() in ours
    assert ours == theirs
    assert "warning" not in try_git(work, "-c", "push.negotiate=true", "push", "origin", "HEAD:main").stderr
