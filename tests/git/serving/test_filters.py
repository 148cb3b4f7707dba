import pytest

from gitconfig_server.errors import MalformedRequest
from gitconfig_server.git.serving.filters import ALL, ObjectFilter, parse_filter

SPECS = [
    (b"blob:none", ObjectFilter(blob_bytes=0)),
    (b"blob:limit=0", ObjectFilter(blob_bytes=0)),
    (b"blob:limit=3k", ObjectFilter(blob_bytes=3072)),
    (b"tree:0", ObjectFilter(tree_depth=0)),
    (b"combine:tree:3+blob:limit=1M+blob:limit=5", ObjectFilter(5, 3)),
    (b"combine:blob%3Anone+tree%3a1", ObjectFilter(0, 1)),
]


@pytest.mark.parametrize(("spec", "expected"), SPECS)
def test_filters_are_read(spec, expected):
    assert parse_filter(spec) == expected
    assert not expected.lets_all_through


@pytest.mark.parametrize(
    "spec",
    [b"", b"blob:limit=", b"blob:limit=-1", b"tree:x", b"tree:" + b"9" * 5000, b"sparse:path=x", b"combine:",
     b"combine:tree:0+", b"combine:combine:tree:0", b"combine:" + b"tree:0+" * 50 + b"tree:0"],
)  # fmt: skip
def test_others_are_refused(spec):
    with pytest.raises(MalformedRequest, match="not supported"):
        parse_filter(spec)


def test_all_is_all():
    assert ALL.lets_all_through
    assert ALL.blobs
