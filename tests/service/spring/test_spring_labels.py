import pytest

from gitconfig_server.errors import LabelNotFound, TooLarge
from gitconfig_server.service.spring.reader import check_plain_label, split_labels


@pytest.mark.parametrize("label", ["main", "a/b", "50%", "é", "refs/heads/main", "v1"])
def test_labels_are_what_they_say(label):
    assert check_plain_label(label) == label


@pytest.mark.parametrize(
    "label", ["", " ", "main~1", "main^", "main@2026-01-01", "a b", "-x", "a\\b", "x:y", "/x", " a"]
)
def test_what_is_no_label_is_not_found(label):
    with pytest.raises(LabelNotFound):
        check_plain_label(label)


@pytest.mark.parametrize(
    ("label", "labels"), [("a,b", ("a", "b")), ("a, b", ("a", " b")), ("a,,b,,", ("a", "b")), (",a", ("a",))]
)
def test_comma_lists_are_split_as_spring_does(label, labels):
    assert split_labels(label) == labels


def test_a_list_of_nothing_and_one_of_too_much():
    with pytest.raises(LabelNotFound):
        split_labels(",")
    with pytest.raises(TooLarge):
        split_labels(",".join("a" * 10_000))
