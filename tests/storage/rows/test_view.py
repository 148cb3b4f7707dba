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


def holds(seen, now):
    return seen.words[0] in (seen.moves, seen.begun) and now < seen.until


def test_what_was_seen_is_right_until_anybody_knows_more_or_it_is_too_old(tmp_path):
    told = Acknowledged(tmp_path / "acknowledged")
    view = RefsView(told, bound=10.0)
    assert not holds(view.sighting, 0.0)
    view.take(look(1, refs={MAIN: FIRST}), 100.0, view.point)
    seen = view.sighting
    assert seen.generation == view.number()
    assert (holds(seen, 109.9), holds(seen, 110.0)) == (True, False)
    view.take(look(1), 105.0, view.point)
    assert (holds(seen, 114.9), holds(seen, 115.0)) == (True, False)
    told.raise_to(told.value + 1)  # another worker has acknowledged a write
    assert not holds(seen, 106.0)
    view.take(look(2, records=moved(2, FIRST, SECOND)), 106.0, view.point)
    assert not holds(seen, 106.0)
    assert holds(view.sighting, 106.0)
    assert view.sighting.generation == view.number() != seen.generation
    told.close()


def test_what_was_seen_is_void_once_the_database_lost_it(tmp_path):
    told = Acknowledged(tmp_path / "acknowledged")
    view = RefsView(told, bound=10.0)
    view.take(look(2, refs={MAIN: SECOND}), 100.0, view.point)
    seen = view.sighting
    view.take(look(2, refs={MAIN: FIRST}, lost=True), 101.0, view.point)
    assert not holds(seen, 102.0)
    assert view.sighting.generation == view.number() != seen.generation
    told.close()
    view.forget()
    assert not holds(view.sighting, 102.0)
