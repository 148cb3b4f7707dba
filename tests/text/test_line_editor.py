"""Keys in, lines out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitconfig_server.text.line_editor import MAX_LINE, LineEditor, What
from gitconfig_server.text.widths import columns, common_start

KEYS = [
    "a",
    "日",
    " ",
    "\x7f",
    "\x1b[D",
    "\x1b[C",
    "\x01",
    "\x05",
    "\x0b",
    "\x15",
    "\x17",
    "\x1b[A",
    "\x12",
    "\x1b",
    "[",
]


def typed(keys, *, history=(), **options):
    """The events of keys typed behind a prompt, and the editor."""
    editor = LineEditor(**options)
    editor.history = list(history)
    editor.begin("> ")
    return list(editor.feed(keys)), editor


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        ("abc\r", "abc"),
        ("abc\r\n", "abc"),
        ("abc\n", "abc"),
        ("abc\r\0", "abc"),
        ("ab\x7fc\r", "ac"),
        ("abc\x1b[D\x1b[DX\r", "aXbc"),
        ("abc\x01X\x05Y\r", "XabcY"),
        ("abc\x1b[H\x1b[3~\r", "bc"),
        ("abc\x02\x0b\r", "ab"),
        ("abc def\x17X\r", "abc X"),
        ("abc\x02\x15\r", "c"),
        ("abc\x1bOD\x1bOCd\r", "abcd"),
        ("a\x1b[99;5Xb\r", "ab"),
        ("日本\x7f語\r", "日語"),
        ("\x07\x1a\x1ca\r", "a"),
    ],
)
def test_keys_edit_the_line(keys, line):
    events, _ = typed(keys)
    assert [(one.what, one.line) for one in events] == [(What.LINE, line)]


def test_history_is_walked_and_searched():
    assert typed("\x1b[A\x1b[A\x1b[B\r", history=["one", "two"])[0][0].line == "two"
    assert typed("\x12on\r", history=["one", "two"])[0][0].line == "one"
    _, editor = typed("same\rsame\r \r")
    assert editor.history == ["same"]


def test_what_is_hidden_is_neither_shown_nor_kept():
    editor = LineEditor()
    editor.begin("password: ", hidden=True)
    (event,) = editor.feed("sec?ret\t\x7f\r")
    assert event.line == "sec?re"
    assert "se" not in editor.output
    assert editor.history == []


def test_tab_question_mark_and_control_keys_ask():
    assert [(one.what, one.line) for one in typed("set a\t")[0]] == [(What.COMPLETE, "set a")]
    assert [(one.what, one.line) for one in typed("set a?")[0]] == [(What.HELP, "set a")]
    assert [one.what for one in typed('set a "x?"\r')[0]] == [What.LINE]
    assert [one.what for one in typed("\x03\x04")[0]] == [What.INTERRUPT, What.END]
    assert typed("ab\x02\x04\r")[0][0].line == "a"


def test_a_line_is_bounded():
    events, _ = typed("x" * (MAX_LINE + 1), echo=False)
    assert [one.what for one in events] == [What.TOO_LONG]


def test_without_echo_only_the_prompt_is_written():
    _, editor = typed("abc\x1b[Dd\r", echo=False)
    assert editor.output == "> "


def test_a_long_line_scrolls_within_the_width():
    _, editor = typed("0123456789" * 10, width=40)
    shown = editor.output.rpartition("\r")[2].replace("\x1b[K", "")
    assert len(shown) <= 40
    assert shown.endswith("9")


@given(st.lists(st.sampled_from(KEYS)))
def test_any_keys_leave_a_cursor_within_the_line(keys):
    for split in (False, True):
        editor = LineEditor(width=30)
        editor.history = ["a b", "c"]
        editor.begin("> ")
        for piece in keys if split else ["".join(keys)]:
            list(editor.feed(piece))
        assert 0 <= editor._cursor <= len(editor._text)
        assert What.LINE in [one.what for one in editor.feed("x\x05\r")]


def test_words_that_begin_alike():
    assert common_start(["server", "session"]) == "se"
    assert common_start(["a"]) == "a"
    assert common_start([]) == ""
    assert columns(["a", "bb", "ccc"], 10) == ["a    bb", "ccc"]


def test_only_the_last_line_of_a_prompt_is_drawn_again():
    editor = LineEditor()
    editor.begin("\r\n[edit]\r\nann# ")
    list(editor.feed("ab\x1b[Dc"))
    assert editor.output.count("[edit]") == 1
    assert editor.output.endswith("\rann# acb\x1b[K\x1b[1D")


def test_what_is_typed_at_once_is_drawn_once_however_long():
    _, editor = typed("x" * 20_000 + "\x01" + "y" * 20_000, width=80)
    assert len(editor.output) < 400


def test_long_lines_are_not_kept_for_the_search():
    _, editor = typed("x" * 3000 + "\rshort\r")
    assert editor.history == ["short"]
