from gitconfig_server.storage.base import JournalRecord, RefUpdate
from gitconfig_server.storage.rows.acknowledged import Acknowledged
from gitconfig_server.storage.rows.database import Look, Point
from gitconfig_server.storage.rows.view import RefsView

MAIN = b"refs/heads/main"
FIRST, SECOND = b"1" * 40, b"2" * 40


class Watched(Acknowledged):
    """Notes what a view shows at the moment in which the other workers are told that there is more."""

    def __init__(self, path):
        super().__init__(path)
        self.shown = []

    def raise_to(self, value):
        self.shown.append(self.view.refs.get(MAIN))
        super().raise_to(value)


def look(seq, **what):
    return Look(Point(1, seq, seq, f"t{seq}"), "e", b"", 0, 0, 0, **what)


def moved(seq, old, new):
    return [JournalRecord((RefUpdate(MAIN, old, new),), "save", seq=seq)]


def test_nobody_is_shown_a_move_before_the_other_workers_know_of_it(tmp_path):
    told = Watched(tmp_path / "acknowledged")
    told.view = view = RefsView(told)
    view.take(look(1, refs={MAIN: FIRST}), 0.0, view.point)
    view.take(look(2, records=moved(2, FIRST, SECOND)), 0.0, view.point)
    view.take_own(look(3, records=moved(3, SECOND, FIRST)), view.point)
    assert told.shown == [None, FIRST, SECOND]
    assert view.refs == {MAIN: FIRST}
    assert told.value == (1 << 48) + 3
    told.close()
