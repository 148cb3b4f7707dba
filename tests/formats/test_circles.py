import gc
from collections.abc import Callable

import pytest

from gitconfig_server.formats.editing.edits import SetKey, edit_text
from gitconfig_server.formats.merging.texts import merge_texts
from gitconfig_server.formats.nesting import unflatten
from gitconfig_server.formats.reading.formats import parse

_YAML = b"".join(b"k%d: {a: [1, {b: 2}], c: v}\n" % number for number in range(200))
_JSON = b'{"a": [%s]}' % b", ".join([b'{"b": [1]}'] * 200)


def _merge() -> object:
    return merge_texts("a.yml", _YAML, _YAML.replace(b"v}", b"ours}"), _YAML.replace(b"k1:", b"k1000:"))


@pytest.mark.parametrize(
    "work",
    [
        lambda: parse("a.yml", _YAML),
        lambda: edit_text("a.yml", _YAML, [SetKey("k7.a[1].b", 3)]),
        lambda: edit_text("a.json", _JSON, [SetKey("a[3].b", [])]),
        _merge,
        lambda: unflatten({f"{number}.a.b[0].c": 1 for number in range(200)}),
    ],
    ids=["parse", "edit-yaml", "edit-json", "merge", "unflatten"],
)
def test_what_work_leaves_behind_is_freed_without_a_collection(work: Callable[[], object]) -> None:
    work()  # what is made at the first time stays
    gc.collect()
    gc.disable()
    try:
        work()
        assert gc.collect() < 100
    finally:
        gc.enable()
