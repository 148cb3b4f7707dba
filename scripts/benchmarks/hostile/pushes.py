"""Pushes and clones: objects that name one another, and conversations that nobody needs."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

from support import packs

from benchmarks.hostile.target import Strike, Target
from benchmarks.repositories import make_labels
from gitconfig_server.git.objects.reader import make_blob
from gitconfig_server.git.pkt_line import encode
from gitconfig_server.storage.objects import RawObject

_FILE, _FOLDER = b"100644", b"40000"
_UPLOAD = "/config.git/git-upload-pack"
_UPLOAD_TYPE = "application/x-git-upload-pack-request"


def _trees(salt: int, levels: int = 10) -> Sequence[RawObject]:
    """Trees that name one another ten times on each level, and a commit on the last."""
    blob = make_blob(b"a: %d\n" % salt)
    found = [blob, packs.tree(*((_FILE, b"%d.yml" % one, blob.id) for one in range(10)))]
    for _ in range(levels - 1):
        found.append(packs.tree(*((_FOLDER, b"%d" % one, found[-1].id) for one in range(10))))
    return [*found, packs.commit(found[-1].id)]


def _push_trees(target: Target, salt: int = 0) -> None:
    objects = _trees(salt)
    target.push(objects, objects[-1], f"trees{salt}")


def _push_crowd(target: Target) -> None:
    target.together(lambda number: _push_trees(target, number + 1), 40)


def _push_parents(target: Target) -> None:
    tree = packs.tree()
    parents = [packs.commit(tree.id, message=b"%d\n" % one) for one in range(target.size // 200)]
    tip = packs.commit(tree.id, *(one.id for one in parents))
    target.push([tree, *parents, tip], tip, "parents")


def _push_commits(target: Target) -> None:
    """Every commit changes a file that does not parse."""
    objects: list[RawObject] = []
    tip: RawObject | None = None
    for number in range(target.size // 400):
        blob = make_blob(b"a: [%d\n" % number)
        tree = packs.tree((_FILE, b"a.yml", blob.id))
        tip = packs.commit(tree.id, *((tip.id,) if tip else ()))
        objects += [blob, tree, tip]
    assert tip
    target.push(objects, tip, "commits")


def _push_wide(target: Target) -> None:
    """One folder with very many files of one content."""
    blob = make_blob(b"a: 1\n")
    names = sorted(b"f%d.yml" % number for number in range(target.size // 40))
    tree = packs.tree(*((_FILE, name, blob.id) for name in names))
    tip = packs.commit(tree.id)
    target.push([blob, tree, tip], tip, "wide")
    for path in ("/api/v1/applications?revision=wide", "/api/v1/files?revision=wide", "/f1/default/wide"):
        target.get(path)


def _clone(target: Target) -> None:
    def one(number: int) -> None:
        command = ["git", "clone", "--quiet", "--bare", f"http://127.0.0.1:{target.port}/config.git"]
        subprocess.run([*command, target.folder / f"clone{number}"], check=True, timeout=300)

    target.together(one, 8)


def _deepen(target: Target) -> None:
    tip = subprocess.run(
        ["git", "-C", target.repository, "rev-parse", "main"], check=True, capture_output=True
    ).stdout.strip()
    want = encode(b"want %s shallow side-band-64k ofs-delta\n" % tip) + encode(b"deepen 1\n")
    body = want + b"0000" + encode(b"done\n")
    target.together(lambda _: target.ask("POST", _UPLOAD, body, _UPLOAD_TYPE), 4 * target.crowd)


def _many_labels(target: Target) -> None:
    make_labels(target.repository, target.size // 40)
    for _ in range(3):
        target.get("/api/v1/labels?limit=1000")
        target.get("/config.git/info/refs?service=git-upload-pack")
        target.put("labelled.yml", b"a: 1\n")
        subprocess.run(
            ["git", "ls-remote", "--heads", f"http://127.0.0.1:{target.port}/config.git", "main"],
            check=True,
            capture_output=True,
        )


PUSHES: dict[str, Strike] = {
    "push of trees that name one another": _push_trees,
    "40 pushes of such trees": _push_crowd,
    "push of a commit with 10,000 parents": _push_parents,
    "push of 5,000 broken commits": _push_commits,
    "push of a folder of 50,000 files": _push_wide,
    "8 clones at once": _clone,
    "deepen=1 again and again": _deepen,
    "50,000 labels": _many_labels,
}
