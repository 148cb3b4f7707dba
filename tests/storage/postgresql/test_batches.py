import pytest

from gitconfig_server.storage.postgresql.batches import MOST_ROWS, Change, join
from gitconfig_server.storage.rows import schema

INSERT = "INSERT INTO a (x, y) VALUES (?, ?)"
OTHER = "INSERT INTO b (x) VALUES (?)"
UPDATE = "UPDATE c SET x = ? WHERE y = ?"


def joined(*changes, last="", parameters=()):
    return list(join(changes, last, parameters))


def test_changes_of_different_tables_are_one_statement():
    ((text, rows),) = joined(
        Change(INSERT, [(1, 2), (3, 4)]), Change(UPDATE, [(5, 6)], exact=True), last="notify(?)", parameters=(7,)
    )
    assert text == (
        b"WITH w0 AS (INSERT INTO a (x, y) VALUES (%s, %s), (%s, %s)), w1 AS (UPDATE c SET x = %s WHERE y = %s"
        b" RETURNING 1) SELECT 1 / (SELECT count(*) FROM w1), notify(%s)"
    )
    assert rows == [[1, 2, 3, 4, 5, 6, 7]]


def test_a_table_that_is_changed_twice_is_changed_in_order():
    forget, request = Change(schema.FORGET_REQUEST, [(1, b"n", 2)]), Change(schema.REQUEST, [(1, b"n", 3, 4)])
    texts = [text for text, _ in joined(forget, request, Change(OTHER, [(1,)]))]
    assert len(texts) == 2
    assert b"DELETE" in texts[0]
    assert b"w1 AS (INSERT INTO b" in texts[1]
    texts = [text for text, _ in joined(Change(INSERT, [(1, 2)]), Change(INSERT, [(3, 4)]))]
    assert [text.count(b"INSERT") for text in texts] == [1, 1]


@pytest.mark.parametrize("change", [Change(INSERT, [(1, 2)] * (MOST_ROWS + 1)), Change(schema.FIRST_EPOCH, [("n",)])])
def test_what_is_large_or_reads_other_tables_goes_by_itself(change):
    batches = joined(Change(OTHER, [(1,)]), change, Change(OTHER, [(2,)]), last="notify(?)", parameters=(9,))
    assert [len(rows) for _, rows in batches] == [1, len(change.rows), 1]
    assert batches[2][1] == [[2, 9]]


def test_nothing_is_nothing_and_a_notice_alone_is_sent():
    assert joined() == []
    assert joined(last="notify(?)", parameters=("k",)) == [(b" SELECT notify(%s)", [["k"]])]
