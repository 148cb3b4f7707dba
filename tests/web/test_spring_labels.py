import pytest

from gitconfig_server.errors import InvalidName, LabelNotFound
from gitconfig_server.web.spring_labels import read_label


@pytest.mark.parametrize(
    ("segment", "label"), [("main", "main"), ("a(_)b", "a/b"), ("a/b", "a/b"), ("50%", "50%"), ("é", "é")]
)
def test_label_is_read(segment, label):
    assert read_label(segment) == label


@pytest.mark.parametrize("segment", ["..", "a..b", "a#b", "(_)x", "%2e%2e", "a%23", "%28_%29x"])
def test_what_could_lead_elsewhere_is_refused(segment):
    with pytest.raises(InvalidName):
        read_label(segment)


@pytest.mark.parametrize("segment", ["main~1", "main^", "main@2026-01-01", "a b", "-x", "a\\b", "x:y", "/x"])
def test_what_is_no_label_is_not_found(segment):
    with pytest.raises(LabelNotFound):
        read_label(segment)
