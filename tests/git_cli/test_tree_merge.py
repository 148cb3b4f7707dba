"""Whole trees merged beside Git: moves of files on one side or both, and histories that crossed."""

import os
import random
import re
import subprocess
from collections import Counter

from support.git import GIT_ENVIRONMENT, git
from support.writing import disk_repository

from gitconfig_server.config.staging.conflicts import SideOfMerge
from gitconfig_server.config.staging.merge import Merge, merge_plainly
from gitconfig_server.formats.editing.stored import read_tree
from gitconfig_server.formats.editing.tree import plain
from gitconfig_server.git.merge import common_ancestor
from gitconfig_server.git.objects.commits import tree_of
from gitconfig_server.git.objects.reader import ObjectMap, Overlay
from gitconfig_server.git.objects.trees import TreeView
from gitconfig_server.git.repository import GitRepository

CASES = 150 if os.environ.get("GITCONFIG_TEST_ALL") else 12
KEYS = "abcde"


def text_of(name, values):
    """Keys far enough from each other for a merge by lines, and comments that no other file has."""
    lines = (f"{key}: {value}\n# {name} {key} 1\n# {name} {key} 2\n" for key, value in zip(KEYS, values, strict=True))
    return f"# {name}\n" + "".join(lines)


class History:
    """Commits of small trees, for Git and for us."""

    def __init__(self, folder):
        self.repository = GitRepository(disk_repository(folder))
        self.folder = folder / "test"

    def commit(self, files, *parents):
        entries = []
        for path, text in sorted(files.items()):
            blob = self.run("hash-object", "-w", "--stdin", given=text)
            entries.append(f"100644 blob {blob}\t{path}\n")
        tree = self.run("mktree", given="".join(entries))
        named = [word for one in parents for word in ("-p", one)]
        return self.run("commit-tree", tree, "-m", "x", *named)

    def run(self, *words, given=""):
        done = subprocess.run(
            ["git", *words],
            cwd=self.folder,
            env=GIT_ENVIRONMENT,
            input=given,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def by_git(self, ours, theirs):
        """Path -> text, and the kinds of conflict that there are."""
        command = [
            "git",
            "-c",
            "merge.directoryRenames=false",
            "merge-tree",
            "--write-tree",
            "--messages",
            ours,
            theirs,
        ]
        done = subprocess.run(
            command, cwd=self.folder, env=GIT_ENVIRONMENT, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode in (0, 1), done.stderr
        kinds = {line.split("(")[1].split(")")[0] for line in done.stdout.split("\n") if line.startswith("CONFLICT (")}
        return (self.files(done.stdout.split("\n")[0]), kinds) if not kinds else (None, kinds)

    def files(self, tree):
        listed = git(self.folder, "ls-tree", "-r", "--name-only", tree).split()
        return {path: git(self.folder, "cat-file", "blob", f"{tree}:{path}") for path in listed}

    def by_us(self, ours, theirs):
        """Path -> text; None where something conflicts."""
        objects = self.repository.objects
        sides = [
            SideOfMerge(name, one.encode(), tree_of(objects, one.encode()))
            for name, one in zip("ab", (ours, theirs), strict=True)
        ]
        ancestor = common_ancestor(objects, sides[0].commit, sides[1].commit, merge_plainly)
        merged = Merge(objects, ancestor, sides[0], sides[1], None).merged()
        if merged.conflicts:
            return None
        view = TreeView(Overlay(ObjectMap(merged.objects), objects), merged.tree)
        return {path.decode(): view.read(entry.id).decode() for path, entry in view.walk()}


def change(chance, files):
    """What one side does: edits, moves, removals, new files. Path -> what it was first, and its values."""
    files = {path: (first, list(values)) for path, (first, values) in files.items()}
    for _ in range(chance.randint(1, 3)):
        path = chance.choice(sorted(files))
        kind = chance.randrange(8)
        if kind < 4:
            files[path][1][chance.randrange(len(KEYS))] = chance.randrange(9)
        elif kind < 6:
            files.setdefault(chance.choice(["x.yml", "y.yml"]), files.pop(path))
        elif kind == 6 and len(files) > 1:
            del files[path]
        else:
            files[chance.choice(["x.yml", "z.yml"])] = (
                f"new{chance.randrange(3)}",
                [chance.randrange(9) for _ in KEYS],
            )
    return files


def texts(files):
    return {path: text_of(*said) for path, said in files.items()}


def edited(chance, files):
    """The texts with one value changed."""
    path, key = chance.choice(sorted(files)), chance.choice(KEYS)
    return {**files, path: re.sub(rf"(?m)^{key}: .*", f"{key}: {chance.randrange(9)}", files[path])}


def is_moved_and_changed(base, side):
    """Git finds such a file again by likeness; we guess nothing."""
    return any(
        path not in base and first in texts_of_first(base) and values != base[first][1]
        for path, (first, values) in side.items()
    )


def texts_of_first(base):
    return {first for first, _ in base.values()}


def values_of(files):
    return {path: plain(read_tree(path, text.encode())) for path, text in files.items()}


def test_trees_merge_as_git_merges_them(tmp_path):
    """Where both are clean the values are the same; what is a conflict for one alone is of a kind that is known."""
    history, chance = History(tmp_path), random.Random(7)
    counted = Counter()
    for _ in range(CASES):
        base = {name: (name, [chance.randrange(9) for _ in KEYS]) for name in ("a.yml", "b.yml", "c.yml")}
        root = history.commit(texts(base))
        sides = [change(chance, base) for _ in range(2)]
        ours, theirs = (history.commit(texts(side), root) for side in sides)
        crossed = "crossed" if chance.randrange(3) == 0 else "plain"
        by_git, kinds = history.by_git(ours, theirs)
        if crossed == "crossed" and by_git:
            parents = (ours, theirs)
            ours, theirs = (history.commit(edited(chance, by_git), *one) for one in (parents, parents[::-1]))
            by_git, kinds = history.by_git(ours, theirs)
        by_us = history.by_us(ours, theirs)
        where = (base, sides, crossed, kinds)
        if by_git is not None and by_us is not None:
            assert values_of(by_git) == values_of(by_us), where
            counted[f"{crossed}: both"] += 1
        elif by_git is not None:
            assert any(is_moved_and_changed(base, side) for side in sides), where
            counted["moved and changed by one side"] += 1
        elif by_us is not None:
            assert kinds <= {"content", "add/add"}, where
            counted["lines touch, keys do not"] += 1
        else:
            counted["neither"] += 1
    assert counted["plain: both"] + counted["crossed: both"] > CASES // 4, counted
    assert counted["neither"], counted
