import pytest

from gitconfig_server.model.spring import Asked
from gitconfig_server.service.spring.repositories import Patterns, matches


def asked(name, profiles):
    return Asked(name, tuple(name.split(",")), profiles, tuple(profiles.split(",")))


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("a", "a", True),
        ("a", "ab", False),
        ("a*", "a/b,c", True),
        ("*b", "a/b", True),
        ("*a*c*", "xaxbxcx", True),
        ("*a*c*", "xcxa", False),
        ("a*a", "a", False),
        ("**", "", True),
        ("a?", "ab", False),
        ("A", "a", False),
        ("*" * 50 + "b", "a" * 10_000, False),
    ],
)
def test_star_alone_is_wild(pattern, text, expected):
    assert matches(pattern, text) is expected


@pytest.mark.parametrize(
    ("pattern", "name", "profiles", "expected"),
    [
        ("*test1*", "test1-svc", "staging,cloud", True),
        ("*test1*", "bar", "staging", False),
        ("simple", "simple", "z", True),
        ("simple", "simple", "z,y", True),
        ("simple", "simple2", "z", False),
        ("simple", "txt,simple", "z", False),
        ("*/prod", "x", "prod", True),
        ("*/prod", "x", "prod,z", True),
        ("*/prod", "x", "z,prod", False),
        ("*/prod", "x", "prod-eu", False),
        ("*/prod*", "x", "prod-eu", True),
        ("*/a,b", "x", "a,b", False),
        ("team*", "team/orders", "z", True),
    ],
)
def test_patterns_match_as_spring_reads_them(pattern, name, profiles, expected):
    assert Patterns.of([pattern]).match(asked(name, profiles)) is expected


def test_one_of_several_patterns_is_enough():
    patterns = Patterns.of(["a", "*/prod"])
    assert [patterns.match(asked(*one)) for one in (("a", "z"), ("b", "prod"), ("b", "z"))] == [True, True, False]
