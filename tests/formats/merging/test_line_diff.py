"""Differences between texts, line by line."""

import random
from itertools import pairwise

from gitconfig_server.formats.merging.line_diff import Hunk, diff_lines


def lines(text):
    return [letter.encode() for letter in text]


def applied(old, new, hunks):
    """What ``hunks`` make of ``old``."""
    found, at = [], 0
    for hunk in hunks:
        found += old[at : hunk.old_start] + new[hunk.new_start : hunk.new_end]
        at = hunk.old_end
    return found + old[at:]


def test_what_went_and_what_came():
    assert diff_lines(lines("abcd"), lines("abxd")) == [Hunk(2, 3, 2, 3)]
    assert diff_lines(lines("abcd"), lines("acde")) == [Hunk(1, 2, 1, 1), Hunk(4, 4, 3, 4)]
    assert diff_lines([], lines("a")) == [Hunk(0, 0, 0, 1)]
    assert diff_lines(lines("same"), lines("same")) == []


def test_the_script_is_as_short_as_any():
    """Myers' own example: five lines."""
    hunks = diff_lines(lines("abcabba"), lines("cbabac"))
    assert sum(hunk.old_end - hunk.old_start + hunk.new_end - hunk.new_start for hunk in hunks) == 5


def test_an_added_block_among_equal_ones_lies_as_low_as_it_can():
    assert diff_lines(lines("a{}b{}c"), lines("a{}b{}b{}c")) == [Hunk(6, 6, 6, 9)]


def test_any_script_leads_from_one_text_to_the_other():
    chance = random.Random(7)
    for size in (1, 5, 40, 300):
        for kinds in (2, 10, 500):
            old, new = ([b"%d" % chance.randrange(kinds) for _ in range(size)] for _ in range(2))
            hunks = diff_lines(old, new)
            assert applied(old, new, hunks) == new
            assert all(one.old_end < two.old_start for one, two in pairwise(hunks))


def test_what_costs_too_much_is_one_change():
    chance = random.Random(3)
    old, new = ([b"%d" % chance.randrange(9) for _ in range(2000)] for _ in range(2))
    hunks = diff_lines(old, new, steps=100)
    assert applied(old, new, hunks) == new
    assert len(hunks) < 5
