"""One file of a repository's folder is damaged, at random: what is right is served, or an error says what is wrong.

Damage comes while the folder is served or before; stock Git judges what a damaged ref means.
"""

import os
import pickle
import shutil
import signal
import subprocess
import traceback
from pathlib import Path
from random import Random

import pytest
from faults.storage_faults import EVERYTHING, GIT_ENVIRONMENT, assert_fsck_clean, folder_in_memory, git
from support.fetching import fetch, fetched

from gitconfig_server.errors import CorruptRepository, GitConfigError
from gitconfig_server.model.history import HistoryQuery
from gitconfig_server.model.principals import Principal
from gitconfig_server.model.reads import Reading
from gitconfig_server.model.writes import NewLabel, PutFile, WriteRequest
from gitconfig_server.service.opening import make_engine
from gitconfig_server.storage.disk.journal import file as journal_file
from gitconfig_server.storage.disk.storage import DiskStorage

ROUNDS = int(os.environ.get("GITCONFIG_TORN_ROUNDS") or (120 if EVERYTHING else 8))
SEED = int(os.environ.get("GITCONFIG_TORN_SEED") or 0)
WHO = Principal("tess")
APPLICATIONS = ("orders", "billing", "stock")


def opened(folder):
    storage = DiskStorage(folder)
    stored = storage.open("one")
    stored.prepare()
    return storage, make_engine(stored)


@pytest.fixture(scope="module")
def original():
    """A folder with all that can be damaged: packs, loose objects and refs, a kept pack, a checkpoint, a graph."""
    with folder_in_memory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(journal_file, "_CHECKPOINT_EVERY", 50)
        DiskStorage(folder).create("one")
        storage, engine = opened(folder)
        engine.save(WriteRequest("main", WHO), [PutFile("gitconfig.yml", b"search_paths: ['{application}']\n")])
        for number in range(180):
            name = APPLICATIONS[number % 3]
            engine.save(
                WriteRequest("main", WHO),
                [PutFile(f"{name}/{name}.yml", b"a: %d\nname: %s\n" % (number, name.encode()))],
            )
            if number in (60, 120):
                engine.make_label(WriteRequest(f"v{number}", WHO), f"v{number}", NewLabel("main"))
            if number == 150:
                git(folder / "one", "pack-refs", "--all")
                git(folder / "one", "repack", "-adq")
                git(folder / "one", "commit-graph", "write", "--reachable")
        fetch(engine.git, b"want " + engine.git.snapshot()[b"refs/heads/main"], b"ofs-delta", b"done")
        yield folder / "one", dict(engine.git.snapshot()), answers(engine, dict(engine.git.snapshot()))
        storage.close()


def questions(refs):
    """Name -> what is asked of an engine: answers of one commit first, then those that follow refs and the journal."""
    asked = {}
    for ref, commit in refs.items():
        label, tip = ref.decode().removeprefix("refs/heads/"), commit.decode()
        for revision in (tip, f"{tip}~20", label):
            for name in APPLICATIONS:
                asked[revision, name] = lambda engine, name=name, revision=revision: [
                    dict(one.properties) for one in engine.environment((name,), ("default",), Reading(revision)).sources
                ]
        asked[tip, "files"] = lambda engine, tip=tip: [one.path for one in engine.files(Reading(tip)).items]
        asked[label, "history"] = lambda engine, label=label: [
            one.tip.commit for one in engine.history(label, HistoryQuery(limit=30)).entries
        ]
        asked[label, "clone"] = lambda engine, tip=tip: sorted(
            fetched(engine.git, fetch(engine.git, b"want " + tip.encode(), b"ofs-delta", b"done"))
        )
    return asked


def answers(engine, refs):
    return {name: ask(engine) for name, ask in questions(refs).items()}


def kind_of(path):
    """Where it stands, and what it is: all loose objects are of one kind."""
    above, below = path.parts[0], path.parts[1:2]
    return above, "loose" if above == "objects" and len(below[0]) == 2 else "".join(below), path.suffix


def damage(random, root):
    """What was done to which file."""
    files = sorted(
        path for path in root.rglob("*") if path.is_file() and path.suffix != ".sample" and path.name != "lock"
    )
    kinds = [kind_of(path.relative_to(root)) for path in files]
    chosen = random.choice(sorted(set(kinds)))  # else almost all would be loose objects
    path = random.choice([one for one, kind in zip(files, kinds, strict=True) if kind == chosen])
    content = bytearray(path.read_bytes())
    what = random.choice(("flip", "flip", "flip", "cut", "empty", "zeros", "remove", "more"))
    if path.name == "counter" and what == "empty":
        what = "remove"  # a map of nothing at all ends the process, which is the kernel's way to say so
    at = random.randrange(len(content)) if content else 0
    path.chmod(0o644)
    if what == "remove":
        path.unlink()
    elif what == "flip" and content:
        content[at] ^= 1 << random.randrange(8)
        with path.open("r+b") as file:
            file.write(content)
    elif what == "zeros":
        with path.open("r+b") as file:
            file.seek(at)
            file.write(bytes(len(content) - at))
    elif what == "more":
        with path.open("ab") as file:
            file.write(random.randbytes(30))
    else:
        os.truncate(path, at if what == "cut" else 0)
    return what, path.relative_to(root)


class Findings(list):
    """What should not be."""

    def ask(self, name, ask, engine, right, *, must=False):
        """Ask, and compare; whether it was answered."""
        try:
            found = ask(engine)
        except GitConfigError as error:
            if must or not str(error):
                self.append((name, "refused", repr(error)))
            return False
        except AssertionError:  # of ``fetched``: a client would notice as well
            return False
        except Exception:
            self.append((name, "fails", traceback.format_exc()[-1500:]))
            return False
        if found != right:
            self.append((name, "differs", found, right))
        return True


def seen_by_git(root):
    command = ["git", "-C", str(root), "for-each-ref", "--format=%(objectname) %(refname)"]
    listed = subprocess.run(command, capture_output=True, check=False, env=GIT_ENVIRONMENT)
    return {line[41:]: line[:40] for line in listed.stdout.splitlines()}


def judge(random, folder, refs, right):
    """One round: what should not be."""
    root, found = folder / "one", Findings()
    is_serving = random.random() < 0.5
    storage = engine = None
    if is_serving:
        storage, engine = opened(folder)
        if random.random() < 0.5:
            answers(engine, refs)
    what, path = damage(random, root)
    try:
        if engine is None:
            storage, engine = opened(folder)
        # what the end of a journal said is lost with it, as after a crash: history goes on from first parents
        begins_anew = what in ("remove", "cut", "zeros") and path.name == "journal"
        look(engine, root, refs, right, found, begins_anew=begins_anew)
        write(engine, found)
    except GitConfigError as error:
        if not str(error):
            found.append(("an error without words", repr(error)))
    except Exception:
        found.append(("fails", traceback.format_exc()[-1500:]))
    if storage:
        storage.close()
    return (what, str(path), is_serving), list(found)


def look(engine, root, refs, right, found, *, begins_anew):
    now = dict(engine.git.snapshot(fresh=True))
    by_git = seen_by_git(root)
    moved = {ref for ref in {*refs, *now} if now.get(ref) != refs.get(ref)}
    for ref in moved:
        if by_git.get(ref) != now.get(ref):
            found.append((ref, "is nobody's", now.get(ref), by_git.get(ref)))
    labels = {ref.decode().removeprefix("refs/heads/") for ref in moved}
    for name, ask in questions(refs).items():
        if name[0] not in labels and not (begins_anew and name[1] == "history"):
            found.ask(name, ask, engine, right[name])


def write(engine, found):
    """A save works, or says why not; after a repair it works where the objects allow it."""
    change = WriteRequest("main", WHO), [PutFile("orders/orders.yml", b"a: after\n")]
    try:
        engine.save(*change)
    except CorruptRepository as error:
        if "journal" not in str(error):
            return
        engine.git.stored.repair()
        try:
            engine.save(*change)
        except GitConfigError as again:
            if "journal" in str(again):
                found.append(("is not repaired", str(again)))
            return
    except GitConfigError:
        return
    found.ask(
        "what was saved",
        lambda one: one.environment(("orders",), ("default",), Reading("main")).sources[0].properties["a"],
        engine,
        "after",
        must=True,
    )


def in_a_child(do):
    """What ``do`` answers in a process of its own; the signal that ended it."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            with os.fdopen(writer, "wb") as out:
                pickle.dump(do(), out)
            os._exit(0)
        finally:
            os._exit(1)
    os.close(writer)
    with os.fdopen(reader, "rb") as told:
        content = told.read()
    status = os.waitpid(child, 0)[1]
    return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else pickle.loads(content)


@pytest.mark.parametrize("seed", range(SEED, SEED + ROUNDS))
def test_what_is_right_is_served_or_what_is_wrong_is_said(original, seed):
    root, refs, right = original
    with folder_in_memory() as folder:
        shutil.copytree(root, folder / "one", symlinks=True)
        told = in_a_child(lambda: judge(Random(seed), folder, refs, right))
    assert isinstance(told, tuple), signal.Signals(-told)
    assert not told[1], told


def test_the_folder_that_is_damaged_is_sound_before(original):
    root, refs, _ = original
    assert_fsck_clean(root)
    assert seen_by_git(root) == refs
    private = {path.name.split("-")[0] for path in (root / "gitconfig").iterdir()}
    assert {"journal", "kept", "counter"} <= private
    assert (root / "gitconfig" / "journal-checkpoint").exists()
    assert any(Path(root, "objects", "pack").glob("*.pack"))
