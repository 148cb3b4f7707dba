import pytest

from gitconfig_server.errors import InvalidContent
from gitconfig_server.formats.reading.documents import ReadLimits
from gitconfig_server.formats.reading.formats import extension_of, extensions, parse
from gitconfig_server.model.environments import Position


def test_the_extension_chooses_the_reader():
    text = b"a: 1\n"
    assert parse("f.yml", text)[0].properties == parse("f.yaml", text)[0].properties == {"a": 1}
    assert parse("f.properties", text)[0].properties == {"a": "1"}
    assert parse("f.json", b'{"a": 1}')[0].properties == {"a": 1}


def test_extensions_stand_strongest_first():
    assert extensions() == ("properties", "xml", "yml", "yaml")
    assert extensions(json=True) == ("properties", "xml", "yml", "yaml", "json")


@pytest.mark.parametrize(
    ("path", "extension"), [("a.yml", "yml"), ("a/b.c.yaml", "yaml"), ("a.d/b", ""), (".yml", ""), ("a.YML", "YML")]
)
def test_extensions_follow_the_last_dot(path, extension):
    assert extension_of(path) == extension


def test_one_document_has_no_number_and_several_count_from_zero():
    assert [one.number for one in parse("f.yml", b"a: 1\n---\n")] == [None]
    documents = parse("f.yml", b"---\n---\na: 1\n---\nspring.config.activate.on-profile: x\n---\nb: 2\n")
    assert [one.number for one in documents] == [0, 1, 2]
    assert [one.activation is None for one in documents] == [True, False, True]


def test_positions_are_made_on_demand():
    (document,) = parse("f.yml", b"a: 1\nb: 2\n")
    assert document.positions["b"] == Position(2, 4)
    assert dict(document.positions) == {"a": Position(1, 4), "b": Position(2, 4)}


def test_items_of_a_set_have_no_positions():
    (document,) = parse("f.yml", b"a: 1\ns: !!set {x, y}\n")
    assert document.properties == {"a": 1, "s[0]": "x", "s[1]": "y"}
    assert dict(document.positions) == {"a": Position(1, 4)}


@pytest.mark.parametrize("text", [b"spring.profiles: a\n", b"spring: {profiles: [a, b]}\n"])
def test_the_old_profile_key_is_remarked_upon_with_its_replacement(text):
    (document,) = parse("f.yml", text)
    (remark,) = document.remarks
    finding = remark.finding("f.yml")
    assert finding.rule == "legacy-spring-profiles"
    assert finding.line == 1
    assert not finding.fatal
    assert "spring.config.activate.on-profile" in str(finding)


def test_a_large_file_is_refused_unread():
    with pytest.raises(InvalidContent, match=r"f\.yml: 5 bytes are over the limit of 4 \[too-large\]"):
        parse("f.yml", b"a: 1\n", ReadLimits(bytes=4))
