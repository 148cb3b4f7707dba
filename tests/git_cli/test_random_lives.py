"""Lives of a label by chance, beside a small model of what the chapter "The life of a change" promises.

The model knows no Git: a label is what is saved, staged, pending and pinned, each a map of files of keys.
"""

import copy
import os
import random
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from support.git import git, try_git
from support.git_server import serving
from support.pending import PendingDesk
from support.writing import request

from gitconfig_server.errors import (
    BrakeNotFound,
    GitConfigError,
    LabelFrozen,
    LabelPinned,
    MergeConflict,
    PendingApply,
    PendingEnded,
)
from gitconfig_server.model.pending import Brake
from gitconfig_server.model.writes import Restore

FILES, KEYS = ("orders", "billing", "carts"), ("a", "b", "c")
LIVES, STEPS = (20, 300) if os.environ.get("GITCONFIG_TEST_ALL") else (4, 60)


def text_of(keys):
    return "".join(f"{key}: {value}\n" for key, value in sorted(keys.items())) or "{}\n"


def merge(base, ours, theirs):
    """Three files of keys; MergeConflict where both changed a key differently."""
    found = copy.deepcopy(ours)
    for file in FILES:
        for key in KEYS:
            before, here, there = (side[file].get(key) for side in (base, ours, theirs))
            if there in (before, here):
                continue
            if here != before:
                raise MergeConflict((), "")
            if there is None:
                del found[file][key]
            else:
                found[file][key] = there
    return found


@dataclass
class Life:
    """What the chapter says of one label. Times are seconds."""

    saved: dict
    now: float = 0.0
    base: dict | None = None
    staged: dict | None = None
    area: int = 0
    """Which staged branch it is: one that was dropped and begun again is another one."""
    pending: dict | None = None
    pin: tuple | None = None
    frozen: float | None = None
    ended: dict = field(default_factory=dict)
    served_since: list = field(default_factory=list)

    def served(self):
        return self.pin[0] if self.pin else self.pending["tree"] if self.pending else self.saved

    def pass_time(self, seconds):
        """Ends come in their order, each at its own time."""
        self.now += seconds
        ends = [(one, name) for one, name in self.ends() if one <= self.now]
        for when, name in sorted(ends):
            if name == "pending":
                self.ended[self.pending["id"]] = "timeout"
            setattr(self, name, None)
            self.tell(when)

    def ends(self):
        yield from ([(self.pending["until"], "pending")] if self.pending else [])
        yield from ([(self.pin[1], "pin")] if self.pin and self.pin[1] is not None else [])
        yield from ([(self.frozen, "frozen")] if self.frozen is not None and self.frozen != float("inf") else [])

    def tell(self, when=None):
        self.served_since.append((self.now if when is None else when, copy.deepcopy(self.served())))

    def served_at(self, when):
        return [tree for since, tree in self.served_since if since <= when][-1]

    def move(self, new, *, back=False, cancel=False):
        """The label becomes ``new``, unless something that hangs on it is against that."""
        if self.frozen is not None and not back:
            raise LabelFrozen(b"", "", "", None)
        touched = {file for file in FILES if new[file] != self.saved[file]}
        if self.pending and cancel:
            self.ended[self.pending["id"]] = "cancel"
            self.pending = None
        if self.pending:
            if touched & self.pending["files"]:
                raise PendingApply(b"", "", self.pending["when"])
            self.pending["tree"] = {
                **copy.deepcopy(new),
                **{one: self.pending["tree"][one] for one in self.pending["files"]},
            }
        self.saved = copy.deepcopy(new)

    def save(self, file, key, value, base=None):
        changed = copy.deepcopy(base or self.saved)
        changed[file][key] = value
        new = merge(base, self.saved, changed) if base else changed
        if new != self.saved:
            self.move(new)

    def stage(self, file, key, value):
        if (self.staged or self.saved)[file][key] == value:
            return
        if self.staged is None:
            self.base, self.staged = copy.deepcopy(self.saved), copy.deepcopy(self.saved)
            self.area += 1
        self.staged[file][key] = value

    def part(self, files):
        return self.staged if not files else {**self.base, **{one: self.staged[one] for one in files}}

    def apply(self, files, seconds, pending_id, when):
        """Whether anything is to be changed."""
        if seconds is not None:
            if self.pending:
                raise PendingApply(b"", "", when)
            if self.pin:
                raise LabelPinned("", "", "", None)
        if self.staged is None:
            return False
        theirs = copy.deepcopy(self.part(files))
        new = merge(self.base, self.saved, theirs)
        if new == self.saved:
            if not files:
                self.staged = self.base = None
            return False
        if seconds is None:
            self.move(new)
            self.applied(files, theirs, copy.deepcopy(self.staged), self.area, self.base)
            return True
        if self.frozen is not None:
            raise LabelFrozen(b"", "", "", None)
        touched = {file for file in FILES if new[file] != self.saved[file]}
        self.pending = {
            "id": pending_id,
            "tree": new,
            "files": touched,
            "until": self.now + seconds,
            "when": when,
            "meant": (files, theirs, copy.deepcopy(self.staged), self.area, copy.deepcopy(self.base)),
        }
        return True

    def applied(self, files, part, staged, area, base):
        """What was applied is the base of what is staged from now on."""
        if self.staged is None or self.area != area:
            return
        is_all = self.staged == staged and (not files or self.staged == self.saved)
        grown = {one: part[one] if part[one] != base[one] else self.base[one] for one in FILES}
        self.base = None if is_all else copy.deepcopy(grown)
        self.staged = None if is_all else self.staged

    def confirm(self):
        meant = self.pending["meant"]
        self.saved = self.pending["tree"]
        self.ended[self.pending["id"]] = "confirm"
        self.pending = None
        self.applied(*meant)


class Scene:
    """The model, and the server beside it."""

    def __init__(self, folder, chance):
        self.chance = chance
        self.desk = PendingDesk()
        first = {file: dict.fromkeys(KEYS, 0) for file in FILES}
        self.life = Life(first)
        self.desk.write({f"{file}.yml": text_of(keys) for file, keys in first.items()})
        self.commits = [(self.desk.commit().id.decode(), copy.deepcopy(first))]
        self.folder = folder
        self.url = None
        self.life.tell()

    def compare(self, did):
        """All that can be read says the same."""
        life, desk = self.life, self.desk
        for file in FILES:
            served = {key: desk.served(key, file) for key in KEYS}
            assert served == {key: life.served()[file].get(key) for key in KEYS}, did
            saved = {key: desk.saved(key, file) for key in KEYS}
            assert saved == {key: life.saved[file].get(key) for key in KEYS}, did
        hanging = desk.engine.hanging("main")
        assert (hanging.pending is None, hanging.pin is None, hanging.freeze is None) == (
            life.pending is None,
            life.pin is None,
            life.frozen is None,
        ), did
        if hanging.pending:
            assert {one.removesuffix(".yml") for one in hanging.pending.paths} == life.pending["files"], did
        self.compare_staged(did)

    def compare_staged(self, did):
        staged = self.desk.staged()
        life = self.life
        said = {(one.application, one.key): one.new for one in staged.changes}
        if life.staged is None:
            assert said == {}, (did, said)
            return
        left = {file for file in FILES if life.staged[file] != life.saved[file]}
        wanted = {
            (file, key): life.staged[file].get(key)
            for file in left
            for key in KEYS
            if life.staged[file].get(key) != life.base[file].get(key)
        }
        assert said == wanted, (did, said, wanted)
        self.compare_check(staged, did)

    def compare_check(self, staged, did):
        """What a check says is what an apply comes to."""
        check = self.desk.check()
        try:
            self.desk.apply(dry_run=True, include_known_bad=True)
            refused = False
        except GitConfigError:
            refused = True
        fatal = [one for one in check.findings if one.fatal and one.rule != "known-bad"]
        assert refused == bool(check.conflicts or fatal), (did, check)

    def compare_then(self):
        """What readers got at some time that has passed."""
        when = self.chance.uniform(0, self.life.now)
        if any(abs(since - when) < 0.01 for since, _ in self.life.served_since):
            return
        moment = self.desk.now - timedelta(seconds=self.life.now - when)
        file = self.chance.choice(FILES)
        expected = self.life.served_at(when)[file].get("a")
        assert self.desk.served("a", file, at=moment.isoformat()) == expected

    def step(self):
        name = "push" if self.chance.randrange(25) == 0 else self.chance.choice(STEPS_OF_A_LIFE)
        did = (name, self.life.now)
        getattr(self, name)()
        self.compare(did)
        if self.life.served_since[-1][1] != self.life.served():
            self.life.tell()
        if self.chance.randrange(4) == 0:
            self.pass_time()

    def pass_time(self):
        seconds = self.chance.choice([1, 5, 30, 300])
        self.desk.pass_time(seconds)
        self.life.pass_time(seconds)
        self.compare(("time", self.life.now))
        self.compare_then()

    def both(self, on_server, on_model):
        """The same outcome on both sides; what the server answers, None where it refuses."""
        done, refusal = self.tried(on_server)
        _, expected = self.tried(on_model)
        assert type(refusal) is type(expected), (refusal, expected)
        commit = self.desk.commit().id.decode()
        if commit != self.commits[-1][0]:
            self.commits.append((commit, copy.deepcopy(self.life.saved)))
        return done

    @staticmethod
    def tried(do):
        try:
            return do(), None
        except GitConfigError as error:
            return None, error

    def key(self):
        return self.chance.choice(FILES), self.chance.choice(KEYS), self.chance.randrange(4)

    def save(self):
        file, key, value = self.key()
        commit, base = self.chance.choice(self.commits[-4:]) if self.chance.randrange(2) else (None, None)
        changed = copy.deepcopy(base or self.life.saved)
        changed[file][key] = value
        said = {"base": commit} if commit else {}
        self.both(
            lambda: self.desk.write({f"{file}.yml": text_of(changed[file])}, **said),
            lambda: self.life.save(file, key, value, base),
        )

    def push(self):
        """By the real git, on what was fetched last; what is behind is refused."""
        file, key, value = self.key()
        clone = self.folder / "clone"
        if not clone.exists():
            git(self.folder, "clone", "--quiet", self.url, "clone")
        if self.chance.randrange(3):
            git(clone, "fetch", "--quiet")
        git(clone, "reset", "--quiet", "--hard", "origin/main")
        seen = git(clone, "rev-parse", "HEAD").strip()
        changed = copy.deepcopy(dict(self.commits)[seen])
        changed[file][key] = value
        (clone / f"{file}.yml").write_text(text_of(changed[file]))
        git(clone, "commit", "--quiet", "--all", "--allow-empty", "--message", "push")
        try:
            is_behind = seen != self.commits[-1][0]
            if not is_behind:
                self.life.move(changed)
            refusal = "fetch first" if is_behind else ""
        except LabelFrozen:
            refusal = "frozen until" if self.life.frozen != float("inf") else "frozen by"
        except PendingApply:
            refusal = "is pending until"
        done = try_git(clone, "push", "--quiet", "origin", "HEAD:main")
        assert (done.returncode == 0) == (not refusal), (refusal, done.stderr)
        assert refusal in done.stderr.replace("non-fast-forward", "fetch first"), (refusal, done.stderr)
        if not refusal:
            self.commits.append((self.desk.commit().id.decode(), copy.deepcopy(self.life.saved)))

    def stage(self):
        file, key, value = self.key()
        life = self.life
        life.stage(file, key, value)
        wanted = {**(life.staged or life.saved)[file], key: value}
        self.desk.stage({f"{file}.yml": text_of(wanted)}, message=f"stage {life.now}")

    def apply(self):
        self._apply(None)

    def apply_for(self):
        self._apply(self.chance.choice([1, 20, 600]))

    def _apply(self, seconds):
        files = tuple(self.chance.sample(FILES, self.chance.choice([0, 0, 1, 2])))
        made = {}

        def on_server():
            if seconds is None:
                return self.desk.apply(applications=files, include_known_bad=True)
            return self.desk.apply_for(seconds, files, include_known_bad=True)

        def on_model():
            made["changed"] = self.life.apply(files, seconds, "", self.desk.now)

        done = self.both(on_server, on_model)
        if done is not None:
            assert done.changed == made["changed"]
            if seconds is not None and done.changed:
                self.life.pending["id"] = done.pending

    def end(self, how):
        """Confirm or cancel: what is pending, or what was once."""
        known = [*([self.life.pending["id"]] if self.life.pending else []), *list(self.life.ended)[-2:]]
        if not known:
            return
        one = self.chance.choice(known)

        def on_model():
            if self.life.pending and self.life.pending["id"] == one:
                self.life.confirm() if how == "confirm" else self.dropped()
            elif not (how == "confirm" and self.life.ended[one] == "confirm"):
                raise PendingEnded(one, "", self.desk.now)

        self.both(lambda: getattr(self.desk, how)(one), on_model)

    def dropped(self):
        self.life.ended[self.life.pending["id"]] = "cancel"
        self.life.pending = None

    def confirm(self):
        self.end("confirm")

    def cancel(self):
        self.end("cancel")

    def pin(self):
        seconds = self.chance.choice([None, 1, 40])
        commit, tree = self.chance.choice([(None, self.life.served()), *self.commits[-3:]])
        until = self.desk.now + timedelta(seconds=seconds) if seconds else None
        brake = Brake("incident", until, commit)

        def on_model():
            self.life.pin = (copy.deepcopy(tree), self.life.now + seconds if seconds else None)

        self.both(lambda: self.desk.engine.pin(request("main"), brake), on_model)

    def unpin(self):
        def on_model():
            if self.life.pin is None:
                raise BrakeNotFound("", "")
            self.life.pin = None

        self.both(lambda: self.desk.engine.unpin(request("main")), on_model)

    def freeze(self):
        seconds = self.chance.choice([None, 10, 40])
        until = self.desk.now + timedelta(seconds=seconds) if seconds else None

        def on_model():
            self.life.frozen = self.life.now + seconds if seconds else float("inf")

        self.both(lambda: self.desk.engine.freeze(request("main"), Brake("night", until)), on_model)

    def unfreeze(self):
        def on_model():
            if self.life.frozen is None:
                raise BrakeNotFound("", "")
            self.life.frozen = None

        self.both(lambda: self.desk.engine.unfreeze(request("main")), on_model)

    def restore(self):
        commit, tree = self.chance.choice(self.commits[-5:])
        cancel = self.chance.randrange(3) == 0

        def on_model():
            if tree != self.life.saved:
                self.life.move(tree, back=True, cancel=cancel)

        def on_server():
            return self.desk.engine.restore(request("main", cancel_pending=cancel), Restore(commit))

        self.both(on_server, on_model)

    def discard(self):
        def on_model():
            self.life.staged = self.life.base = None

        self.both(lambda: self.desk.discard(), on_model)

    def restart(self):
        """Nothing is remembered but what is stored."""
        self.desk.open_again()


STEPS_OF_A_LIFE = [
    *["save"] * 4,
    *["stage"] * 6,
    *["apply"] * 3,
    *["apply_for"] * 5,
    *["confirm"] * 3,
    "cancel",
    "pin",
    *["unpin"] * 2,
    "freeze",
    *["unfreeze"] * 2,
    "restore",
    "discard",
    "restart",
]


@pytest.mark.parametrize("seed", range(LIVES))
def test_a_life_by_chance_is_as_the_chapter_says(seed, tmp_path):
    chance = random.Random(seed)
    scene = Scene(tmp_path, chance)
    with serving(scene.desk.git) as scene.url:
        for _ in range(STEPS):
            scene.step()
