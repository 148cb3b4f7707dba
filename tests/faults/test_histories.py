"""The checker of histories sees what it is there for."""

from dataclasses import replace

import pytest
from support.histories import Line, Outcome, Read, Write, faults

LINE = Line(("c0", "c1", "c2"), ("begin", "one", "two"))
ONE = Write("one", 1.0, 2.0, Outcome.DONE, "c1", "begin")
TWO = Write("two", 3.0, 4.0, Outcome.DONE, "c2", "one")
LATE = Read("two", "c2", 5.0, 5.5, 0.0)


def test_a_sound_history_has_no_faults():
    early = Read("begin", "c0", 1.5, 1.7, 0.0)
    within_the_bound = Read("one", "c1", 4.5, 4.6, 1.0)
    lost_race = Write("three", 3.0, 4.5, Outcome.REFUSED, stated="one")
    assert faults(LINE, [ONE, TWO, lost_race], [early, within_the_bound, LATE]) == []


def test_writes_that_overlap_may_come_in_either_order():
    both = [replace(ONE, began=3.5, ended=9.0, stated=None), replace(TWO, stated=None)]
    assert faults(LINE, both, []) == []


def test_what_nobody_knows_the_outcome_of_may_be_there_or_not():
    assert faults(LINE, [ONE, replace(TWO, outcome=Outcome.UNKNOWN, commit="")], []) == []
    assert faults(LINE, [ONE, TWO, Write("three", 5.0, 6.0, Outcome.UNKNOWN)], []) == []


@pytest.mark.parametrize(
    ("line", "writes", "reads", "said"),
    [
        (Line(("c0", "c1"), ("begin", "one")), [ONE, TWO], [], "two was acknowledged and is not there"),
        (Line(("c0", "c1", "c2", "c3"), ("begin", "one", "two", "one")), [ONE, TWO], [], "one was stored 2 times"),
        (LINE, [ONE, replace(TWO, stated="begin")], [], "two was stored upon one, and its writer had seen begin"),
        (LINE, [ONE, replace(TWO, outcome=Outcome.REFUSED)], [], "two was refused and is there"),
        (LINE, [ONE, replace(TWO, commit="c9")], [], "two was acknowledged as c9 and is c2"),
        (LINE, [ONE], [], "two was stored, and nobody wrote it"),
        (LINE, [replace(ONE, began=5.0, ended=6.0, stated=None), TWO], [], "one was written after somebody had seen"),
        (LINE, [ONE, TWO], [replace(LATE, commit="c9")], "c9 was read and is not there"),
        (LINE, [ONE, TWO], [replace(LATE, commit="c1")], "two was read at c1, which holds one"),
        (LINE, [ONE, TWO], [Read("one", "c1", 5.1, 5.2, 1.0)], "one was read 1 s after somebody had seen two"),
        (LINE, [ONE, TWO], [Read("one", "c1", 4.1, 4.2, 0.0)], "one was read 0 s after somebody had seen two"),
        (LINE, [ONE, TWO], [LATE, Read("one", "c1", 6.0, 7.0, 0.4)], "one was read 0.4 s after somebody had seen two"),
        (LINE, [ONE, TWO], [Read("begin", "c0", 2.1, 2.2, 1.0, "c1")], "begin was read with a cursor"),
        (LINE, [ONE, TWO], [Read("two", "c2", 2.1, 2.9, 1.0)], "two was read before it was written"),
    ],
)
def test_each_fault_is_told(line, writes, reads, said):
    assert any(fault.startswith(said) for fault in faults(line, writes, reads)), faults(line, writes, reads)
