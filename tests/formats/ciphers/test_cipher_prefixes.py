import pytest

from gitconfig_server.formats.ciphers.keys import read_prefixes, write_prefixes


@pytest.mark.parametrize(
    ("text", "pairs", "rest"),
    [
        ("foo", {}, "foo"),
        ("", {}, ""),
        ("{key:foo}foo", {"key": "foo"}, "foo"),
        ("{plain}{key:foo}foo", {}, "{key:foo}foo"),
        ("textwith}brac{es", {}, "textwith}brac{es"),
        (
            "{key:foo}{name:bar}textwith}brac{es{and}prefix",
            {"key": "foo", "name": "bar"},
            "textwith}brac{es{and}prefix",
        ),
        ("{key:mykey}{plain}{foo:bar}foo", {"key": "mykey"}, "{foo:bar}foo"),
        ("{key:a}{key:b}x", {"key": "b"}, "x"),
        ("{key:}x", {"key": ""}, "x"),
        ("{secret:a:b}x", {"secret": "a:b"}, "x"),
        ("{cipher}x", {}, "{cipher}x"),
        (" {key:a}x", {}, " {key:a}x"),
        ("{key:a x", {}, "{key:a x"),
        ("ends in{plain}", {}, ""),
    ],
)
def test_pairs_and_the_text_behind_them(text, pairs, rest):
    assert read_prefixes(text) == (pairs, rest)


def test_names_that_spring_adds_are_not_written():
    assert write_prefixes({"name": "a", "key": "k", "profiles": "b", "secret": "s"}) == "{key:k}{secret:s}"
    assert write_prefixes({}) == ""


def test_many_braces_end_quickly():
    assert read_prefixes("{a:" * 100_000) == ({}, "{a:" * 100_000)
    assert read_prefixes("{a:b}" * 100_000) == ({"a": "b"}, "")
