"""``gitconfig-server`` with a bug that it once had, or could have: ``python planted.py BUG serve ...``.

Each function takes something away that guards a promise; the checker of histories must notice.
"""

import sys
from itertools import count
from threading import local

from gitconfig_server.__main__ import main
from gitconfig_server.config.writing.answers import EarlierAnswers
from gitconfig_server.config.writing.heads import Precondition
from gitconfig_server.config.writing.writer import Writer
from gitconfig_server.errors import GitConfigError
from gitconfig_server.model.replace import replace
from gitconfig_server.storage.postgresql.connection import PgConnection
from gitconfig_server.storage.rows import schema, turns
from gitconfig_server.storage.rows.follower import Follower
from gitconfig_server.storage.rows.view import RefsView
from gitconfig_server.web.answers.fast_path import FastPath


def forget_what_the_compare_and_swap_said() -> None:
    """Nobody looks whether the refs held the old values, neither before the move nor at it."""
    assert turns.check_values, "a name that nobody asks takes nothing away"
    turns.check_values = lambda updates, refs: None
    PgConnection.send_exact = lambda self, sql, parameters: self.send(sql, [parameters])


def trust_notices() -> None:
    """No pulse, no bound: what no notice has told has not happened. A notice that is lost is lost."""

    def follow(self: Follower) -> None:
        self.look()
        while not self._stop.is_set():
            try:
                if self._database.wait_for_notice(3600):
                    self.look()
            except GitConfigError:
                self._stop.wait(0.1)

    Follower._follow = follow
    RefsView.is_current = lambda self: True


def forget_the_precondition_in_a_retry() -> None:
    """What the caller stated is asked in the first try alone."""
    trying = local()
    move, require = Writer.move, Precondition.require

    def moved(self, plan, request):
        tries = count()

        def planned():
            trying.again = next(tries) > 0
            return plan()

        return move(self, planned, request)

    def required(self, what, validator):
        if trying.again:
            self._options, self._asked = replace(self._options, if_match=None), True
        require(self, what, validator)

    Writer.move, Precondition.require = moved, required


def ask_for_the_key_once() -> None:
    """A request is looked for when it comes, and the database takes its key twice."""
    move, find = Writer.move, EarlierAnswers.find
    asking = local()

    def moved(self, plan, request):
        asking.left = 1
        return move(self, plan, request)

    def answered(self, request):
        asking.left -= 1
        return find(self, request) if asking.left == 0 else None

    Writer.move, EarlierAnswers.find = moved, answered
    schema.REQUEST += " ON CONFLICT (repository, name) DO UPDATE SET seq = excluded.seq"


def forget_the_generation_at_the_socket() -> None:
    """A known request gets the answer it got, whatever has moved since."""
    assert FastPath.stands, "where it has another name, nothing would be forgotten"
    FastPath.stands = lambda self, version, entry: True


BUGS = {
    "compare-and-swap": forget_what_the_compare_and_swap_said,
    "notice": trust_notices,
    "precondition": forget_the_precondition_in_a_retry,
    "known-answer": forget_the_generation_at_the_socket,
    "idempotency-key": ask_for_the_key_once,
}

if __name__ == "__main__":
    BUGS[sys.argv.pop(1)]()
    main()
