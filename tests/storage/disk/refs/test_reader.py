import os
import random
import time
from pathlib import Path

import pytest

from gitconfig_server.storage.disk.refs import reader as module
from gitconfig_server.storage.disk.refs.loose import TooMuchToRead
from gitconfig_server.storage.disk.refs.reader import DiskRefs

A, B, C = (digit * 40 for digit in (b"a", b"b", b"c"))
LONG_AGO = (1e9, 1e9)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "refs" / "heads").mkdir(parents=True)
    (tmp_path / "HEAD").write_bytes(b"ref: refs/heads/main\n")
    return tmp_path


def write(root: Path, ref: str, content: bytes) -> None:
    path = root / ref
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_name(path.name + ".new~").write_bytes(content)
    path.with_name(path.name + ".new~").rename(path)


def settle(root: Path) -> None:
    """Make everything old, so that looks trust the time stamps."""
    for path in (root, *root.rglob("*")):
        os.utime(path, LONG_AGO)


def values(root: Path) -> dict[bytes, bytes]:
    refs = DiskRefs(str(root))
    refs.refresh()
    return refs.values


def test_loose_refs_lie_over_packed_ones(root: Path) -> None:
    write(root, "refs/heads/main", A + b"\n")
    write(root, "refs/heads/deep/er", B)
    (root / "packed-refs").write_bytes(
        b"# pack-refs with: peeled fully-peeled sorted\n%s refs/heads/main\n%s refs/tags/v1\n^%s\n" % (C, C, A)
    )
    assert values(root) == {b"refs/heads/main": A, b"refs/heads/deep/er": B, b"refs/tags/v1": C}


def test_what_is_no_ref_is_passed_over(root: Path) -> None:
    write(root, "refs/heads/main.lock", A)
    write(root, "refs/heads/.hidden", A)
    write(root, "refs/heads/a b", A)
    write(root, "refs/bisect/good", A)
    (root / "refs" / "heads" / "link").symlink_to("/etc/passwd")
    (root / "refs" / "heads" / "loop").symlink_to(root / "refs")
    (root / "packed-refs").write_bytes(b"%s refs/heads/a..b\nnonsense\n\n%s HEAD\n" % (A, A))
    assert values(root) == {}


def test_symbolic_refs_are_no_values(root: Path) -> None:
    write(root, "refs/remotes/origin/HEAD", b"ref: refs/remotes/origin/main\n")
    refs = DiskRefs(str(root))
    refs.refresh()
    assert (refs.values, refs.symbolic) == ({}, {b"refs/remotes/origin/HEAD": b"refs/remotes/origin/main"})
    assert refs.head == b"refs/heads/main"


@pytest.mark.parametrize("content", [b"", b"abc\n", bytes(41)])
def test_torn_refs_show_what_is_packed(content: bytes, root: Path) -> None:
    write(root, "refs/heads/main", content)
    write(root, "refs/heads/new", content)
    (root / "packed-refs").write_bytes(b"%s refs/heads/main\n" % A)
    refs = DiskRefs(str(root))
    refs.refresh()
    assert refs.values == {b"refs/heads/main": A}
    assert refs.torn == {b"refs/heads/main", b"refs/heads/new"}
    assert refs.read(b"refs/heads/main") == A


def test_an_empty_packed_refs_holds_nothing(root: Path) -> None:
    (root / "packed-refs").touch()
    assert values(root) == {}


def test_changes_are_seen(root: Path) -> None:
    refs = DiskRefs(str(root))
    refs.refresh()
    for ref, content in (("refs/heads/main", A), ("refs/heads/deep/er", A), ("refs/heads/main", B)):
        settle(root)
        refs.refresh()
        write(root, ref, content)
        assert refs.refresh()
        assert refs.values == values(root)
    (root / "refs/heads/deep/er").unlink()
    (root / "refs/heads/deep").rmdir()
    assert refs.refresh()
    assert refs.values == {b"refs/heads/main": B}
    assert not refs.refresh()


def test_a_young_folder_is_read_though_its_stamp_is_the_same(root: Path) -> None:
    write(root, "refs/heads/main", A)
    now = time.time_ns()
    os.utime(root / "refs" / "heads", ns=(now, now))
    refs = DiskRefs(str(root))
    refs.refresh()
    (root / "refs/heads/main").write_bytes(B)
    os.utime(root / "refs" / "heads", ns=(now, now))
    assert refs.refresh()
    assert refs.values == {b"refs/heads/main": B}


def test_a_settled_folder_is_not_read_again(root: Path) -> None:
    write(root, "refs/heads/main", A)
    settle(root)
    refs = DiskRefs(str(root))
    refs.refresh()
    (root / "refs/heads/main").write_bytes(B)
    settle(root)
    assert not refs.refresh()
    assert refs.read(b"refs/heads/main") == B


def test_replaced_files_are_told_though_the_value_is_the_same(root: Path) -> None:
    write(root, "refs/heads/main", A)
    refs = DiskRefs(str(root))
    refs.refresh()
    refs.take_touched()
    write(root, "refs/heads/main", A)
    assert not refs.refresh()
    assert refs.take_touched() == {b"refs/heads/main"}
    assert refs.take_touched() == set()


def test_head_may_move(root: Path) -> None:
    refs = DiskRefs(str(root))
    refs.refresh()
    (root / "HEAD").write_bytes(b"ref: refs/heads/other\n")
    assert refs.refresh()
    assert refs.head == b"refs/heads/other"
    (root / "HEAD").write_bytes(A + b"\n")
    assert refs.refresh()
    assert refs.head is None


def test_a_repository_that_vanished_is_not_one_without_refs(root: Path) -> None:
    refs = DiskRefs(str(root))
    refs.refresh()
    (root / "refs").rename(root / "elsewhere")
    with pytest.raises(FileNotFoundError):
        refs.refresh()


def test_packed_refs_are_parsed_once_a_change(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[int] = []
    monkeypatch.setattr(module, "parse", lambda content, parse=module.parse: parsed.append(1) or parse(content))
    (root / "packed-refs").write_bytes(b"".join(b"%s refs/heads/l%d\n" % (A, number) for number in range(100)))
    refs = DiskRefs(str(root))
    for value in (B, C, A, B):
        write(root, "refs/heads/l7", value)
        refs.refresh()
        assert refs.values[b"refs/heads/l7"] == value
        assert refs.packed(b"refs/heads/l8")
    assert parsed == [1]


def test_what_is_found_step_by_step_is_what_is_found_at_once(root: Path) -> None:
    chance = random.Random(7)
    refs, told = DiskRefs(str(root)), dict[bytes, bytes]()
    names = ["refs/heads/a", "refs/heads/b", "refs/heads/deep/er", "refs/heads/deep/est/of", "refs/tags/v1"]
    for _ in range(300):
        name, path = (one := chance.choice(names)), root / one
        match chance.randrange(6):
            case 0 if path.exists():
                path.unlink()
            case 1:
                write(root, name, chance.choice([b"", b"torn", b"ref: refs/heads/a\n"]))
            case 2:
                kept = chance.sample(names, chance.randrange(len(names)))
                lines = (b"%s %s\n" % (chance.choice([A, B, C]), one.encode()) for one in sorted(kept))
                (root / "packed-refs").write_bytes(b"".join(lines))
            case 3 if (root / "refs/heads/deep/est").exists():
                (root / "refs/heads/deep/est").rename(root / "gone")
                (root / "gone" / "of").unlink(missing_ok=True)
                (root / "gone").rmdir()
            case _:
                write(root, name, chance.choice([A, B, C]))
        before = dict(refs.values)
        refs.refresh()
        fresh = DiskRefs(str(root))
        fresh.refresh()
        assert (refs.values, refs.torn, refs.symbolic) == (fresh.values, fresh.torn, fresh.symbolic)
        told = {ref: value for ref in refs.take_moved() if (value := refs.values.get(ref)) or ref in before}
        assert told.keys() >= {ref for ref in {*before, *refs.values} if before.get(ref) != refs.values.get(ref)}


def test_a_hurried_look_reads_no_crowd_and_loses_nothing(root: Path) -> None:
    write(root, "refs/heads/main", A)
    refs = DiskRefs(str(root))
    refs.refresh()
    for number in range(600):
        (root / f"refs/heads/{number}").write_bytes(A)
    (root / "refs/heads/main").unlink()
    for _ in range(2):
        with pytest.raises(TooMuchToRead):
            refs.refresh(hurried=True)
    assert refs.values == {b"refs/heads/main": A}
    assert refs.refresh()
    assert refs.values == {b"refs/heads/%d" % number: A for number in range(600)}


def test_a_hurried_look_reads_no_long_packed_refs(root: Path) -> None:
    refs = DiskRefs(str(root))
    packed = b"".join(b"%s refs/heads/%d\n" % (A, number) for number in range(3000))
    (root / "packed-refs").write_bytes(packed)
    with pytest.raises(TooMuchToRead):
        refs.refresh(hurried=True)
    assert refs.refresh()
    settle(root)
    refs.refresh()
    assert not refs.refresh(hurried=True)
    assert len(refs.values) == 3000
