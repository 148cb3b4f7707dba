"""A number in three files of one commit, so that a read shows how old it is and whether it is of one commit."""

from __future__ import annotations

from collections.abc import Mapping

from gitconfig_server.git.ref_names import branch_ref
from gitconfig_server.git.repository import GitRepository
from support.repositories import build_commit, move

MAIN = branch_ref("main")
FILES = ("application.yml", "orders.yml", "orders-prod.yml")


class Numbered:
    """Writes numbers to ``main`` one after another and judges what readers of ``orders``, ``prod`` were given."""

    def __init__(self, git: GitRepository) -> None:
        self._git = git
        self._numbers: dict[str, int] = {}
        self._number = -1
        self.acknowledged = -1
        """The last number whose commit is in place for certain."""

    def write(self) -> None:
        """The next number in all three files, and then a commit that concerns another application alone."""
        self._number += 1
        self._commit({path: f"{path.partition('.')[0]}: {self._number}\n" for path in FILES})
        self.acknowledged = self._number
        self._commit({"billing.yml": f"number: {self._number}\n"})

    def judge(self, floor: int, commit: str, properties: Mapping[str, object]) -> None:
        """``floor`` is what was acknowledged before the read began; ``commit`` and ``properties`` are what it gave."""
        numbers = {properties[path.partition(".")[0]] for path in FILES}
        assert len(numbers) == 1, f"a mix of commits: {properties} at {commit}"
        self.judge_age(floor, commit)
        assert numbers == {self._numbers[commit]}, f"{commit} holds {self._numbers[commit]}, not {numbers}"

    def judge_age(self, floor: int, commit: str) -> None:
        """As ``judge``, of a read that says its commit alone."""
        assert self._numbers[commit] >= floor, f"{self._numbers[commit]} was read after {floor} was acknowledged"

    def _commit(self, files: Mapping[str, str]) -> None:
        tip = self._git.snapshot().get(MAIN)
        objects = build_commit(self._git, files, [tip] if tip else [])
        self._numbers[objects[-1].id.decode()] = self._number
        move(self._git, MAIN, objects)
