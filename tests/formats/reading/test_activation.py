from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitconfig_server.errors import InvalidContent, InvalidInput
from gitconfig_server.formats.properties import flatten
from gitconfig_server.formats.reading.activation import read_activation, spring_keys
from gitconfig_server.formats.reading.expressions import MAX_NESTING, parse_expression

KEY = "spring.config.activate.on-profile"
PROFILES = [set(chosen) for size in range(4) for chosen in combinations("abc", size)]


def activation(nested, places=None):
    properties = flatten(nested)
    return read_activation("f.yml", spring_keys(properties), properties, places or {})


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("a", lambda p: "a" in p),
        ("!a", lambda p: "a" not in p),
        ("a & b", lambda p: {"a", "b"} <= p),
        ("a|b|c", lambda p: bool(p)),
        ("(a & b) | c", lambda p: {"a", "b"} <= p or "c" in p),
        ("a & !(b | c)", lambda p: p == {"a"}),
        ("!(a & b) & c", lambda p: not {"a", "b"} <= p and "c" in p),
        ("!!a & b", lambda p: {"a", "b"} <= p),
        ("((a))", lambda p: "a" in p),
        ("(a & b", lambda p: {"a", "b"} <= p),
        ("A", lambda p: False),
        ("a b", lambda p: False),
    ],
)
def test_expressions_mean_what_spring_says(text, same):
    assert [parse_expression(text).matches(profiles) for profiles in PROFILES] == [
        same(profiles) for profiles in PROFILES
    ]


@pytest.mark.parametrize(
    "text", ["", "()", "!", "a & b | c", "a | b & c", ")", "a)", "!&a", "!)", "(" * 100, "!" * 100 + "a"]
)
def test_malformed_expressions_are_refused(text):
    with pytest.raises(InvalidInput):
        parse_expression(text)


def test_nesting_is_read_up_to_its_bound():
    assert parse_expression("(" * MAX_NESTING + "a" + ")" * MAX_NESTING).matches({"a"})


@given(st.text("ab()&|! ", max_size=40))
def test_any_text_is_an_expression_or_refused(text):
    try:
        expression = parse_expression(text)
    except InvalidInput:
        return
    assert expression.matches({"a"}) in (True, False)


@pytest.mark.parametrize(
    ("nested", "active"),
    [
        ({"k": 1}, True),
        ({KEY: "a"}, True),
        ({KEY: "b"}, False),
        ({KEY: ""}, True),
        ({KEY: []}, True),
        ({KEY: "b, a"}, True),
        ({KEY: ["b", "!a"]}, False),
        ({KEY: ["b", "a"]}, True),
        ({KEY: ["b,a"]}, False),
        ({"spring": {"config": {"activate": {"onProfile": "b"}}}}, False),
        ({"Spring.Config.activate.on_profile": "b"}, False),
        ({"spring.config.activate.on-cloud-platform": "kubernetes"}, False),
        ({"spring.config.activate.on-cloud-platform": "none", KEY: "a"}, True),
        ({"spring.config.activate.on-cloud-platform": "kubernetes", KEY: "a"}, False),
        ({KEY: True}, False),
    ],
)
def test_documents_say_when_they_are_active(nested, active):
    found = activation(nested)
    assert (found is None or found.is_active({"a"})) is active


@pytest.mark.parametrize(
    ("nested", "key"), [({KEY: "a & b | c"}, KEY), ({KEY: "a,,b"}, KEY), ({KEY: ["a", ""]}, f"{KEY}[1]")]
)
def test_a_malformed_condition_is_refused_with_its_place(nested, key):
    with pytest.raises(InvalidContent) as caught:
        activation(nested, {key: (3, 7)})
    assert (caught.value.rule, caught.value.line, caught.value.column) == ("on-profile", 3, 7)


def test_a_refusal_does_not_repeat_a_long_condition():
    with pytest.raises(InvalidContent) as caught:
        activation({KEY: "(" * 10_000})
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("text", ["azure-app-service", "AZURE_APP_SERVICE", "azureAppService", " azureappservice "])
def test_a_platform_has_many_spellings(text):
    found = activation({"spring.config.activate.on-cloud-platform": text})
    assert found.is_active(None, "azureappservice")
    assert not found.is_active({"a"})


def test_an_unknown_platform_is_refused_with_its_place():
    key = "spring.config.activate.on-cloud-platform"
    with pytest.raises(InvalidContent) as caught:
        activation({key: "nowhere"}, {key: (3, 7)})
    assert (caught.value.rule, caught.value.line, caught.value.column) == ("cloud-platform", 3, 7)


def test_no_condition_on_profiles_holds_while_they_are_unknown():
    assert not activation({KEY: "!a"}).is_active(None)
    assert activation({KEY: "!a"}).is_active(frozenset())
