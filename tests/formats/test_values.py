import pytest

from gitconfig_server.formats.values import float_text, key_segment, leaf_value, scalar_text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1.0, "1.0"),
        (1e7, "1.0E7"),
        (9999999.0, "9999999.0"),
        (1.23456789e7, "1.23456789E7"),
        (0.001, "0.001"),
        (1e-5, "1.0E-5"),
        (-2.5e-10, "-2.5E-10"),
        (3.4028235e38, "3.4028235E38"),
        (5e-324, "5.0E-324"),
        (-0.0, "-0.0"),
        (float("-inf"), "-Infinity"),
        (float("nan"), "NaN"),
    ],
)
def test_doubles_are_printed_as_java_prints_them(number, text):
    assert float_text(number) == text


def test_scalars_as_keys_text_and_leaves():
    assert [key_segment(one) for one in ("a", 1, True, None, 1e10)] == ["a", "[1]", "[true]", "[null]", "[1.0E10]"]
    assert [scalar_text(one) for one in (False, 12, 0.5, None)] == ["false", "12", "0.5", "null"]
    assert [leaf_value(one) for one in (None, float("inf"), 1e400, 2.5, True)] == [
        "",
        "Infinity",
        "Infinity",
        2.5,
        True,
    ]
