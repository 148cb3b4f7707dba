import json

import pytest
from spring.make_repos import DATA

from gitconfig_server.formats.reading.yaml_scalars import MAX_NUMBER, plain_scalar, tagged_scalar
from gitconfig_server.formats.values import leaf_value

OBSERVED = json.loads((DATA / "scalars.json").read_text())
TAG = "tag:yaml.org,2002:"


@pytest.mark.parametrize("row", OBSERVED, ids=lambda row: row["scalar"])
def test_scalars_are_typed_as_spring_types_them(row):
    assert repr(leaf_value(plain_scalar(row["scalar"]))) == repr(row["spring"])


@pytest.mark.parametrize(
    ("tag", "text", "value"),
    [
        ("str", "123", "123"),
        ("int", "7", 7),
        ("int", "0x_1F", 31),
        ("float", "3", 3.0),
        ("float", "1:30.5", 90.5),
        ("float", "9" * 400, float("inf")),
        ("bool", "Yes", True),
        ("null", "anything", None),
        ("binary", "aGVs\n bG8=", "aGVsbG8="),
        ("timestamp", "2020-01-02", "2020-01-02"),
    ],
)
def test_tags_choose_the_type(tag, text, value):
    assert tagged_scalar(text, TAG + tag) == value


@pytest.mark.parametrize(
    ("tag", "text"), [("int", "1.5"), ("float", "x"), ("bool", "1"), ("binary", "a"), ("binary", "é")]
)
def test_text_that_is_not_of_its_tag_is_refused(tag, text):
    with pytest.raises(ValueError, match="not "):
        tagged_scalar(text, TAG + tag)


@pytest.mark.parametrize("text", ["1" * (MAX_NUMBER + 1), "0x" + "f" * MAX_NUMBER, "1" + ":1" * MAX_NUMBER])
def test_endless_numbers_are_refused(text):
    with pytest.raises(ValueError, match="digits"):
        plain_scalar(text)


def test_long_text_that_only_begins_like_a_number_is_text():
    assert plain_scalar("1_" * MAX_NUMBER + "x") == "1_" * MAX_NUMBER + "x"


def test_sexagesimal_doubles_overflow_to_infinity():
    assert plain_scalar("1" + ":59" * 300 + ".5") == float("inf")
