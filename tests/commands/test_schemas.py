"""What a first schema says."""

import jsonschema_rs
from hypothesis import given
from hypothesis import strategies as st

from gitconfig_server.commands.schemas import infer

values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(-2, 2) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


def without_null(value):
    """Environments hold no null: readers get an empty text."""
    if isinstance(value, dict):
        return {name: without_null(child) for name, child in value.items()}
    if isinstance(value, list):
        return [without_null(item) for item in value]
    return "" if value is None else value


@given(st.lists(st.dictionaries(st.sampled_from("abc"), values, max_size=3), min_size=1, max_size=3))
def test_every_environment_meets_it(environments):
    found = [without_null(one) for one in environments]
    schema = jsonschema_rs.Draft202012Validator(infer(found))
    assert all(schema.is_valid(one) for one in found)


def test_types_and_keys_that_all_have():
    found = infer([{"port": 1, "name": "x", "l": [1, 2.5]}, {"port": 2}])
    assert found == {
        "type": "object",
        "properties": {
            "port": {"type": "integer"},
            "name": {"type": "string"},
            "l": {"type": "array", "items": {"type": "number"}},
        },
        "required": ["port"],
    }
