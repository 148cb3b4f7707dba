import javaproperties
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitconfig_server.errors import InvalidContent
from gitconfig_server.formats.reading.documents import DEFAULT_LIMITS, ReadLimits
from gitconfig_server.formats.reading.properties_text import read_properties


def read(text, limits=DEFAULT_LIMITS):
    return read_properties("f.properties", text if isinstance(text, bytes) else text.encode("latin-1"), limits)


def only(text):
    (document,) = read(text)
    return document


@pytest.mark.parametrize(
    ("text", "properties"),
    [
        ("a=1\nb:2\nc 3\n  d = 4  \n", {"a": "1", "b": "2", "c": "3", "d": "4  "}),
        ("a=\nb\nc = = d\n", {"a": "", "b": "", "c": "= d"}),
        ("a=x,\\\n   y,\\\r\n\tz", {"a": "x,y,z"}),
        ("a=x\\\\\nb=1\\", {"a": "x\\", "b": "1"}),
        ("k\\=e\\ y\\:=\\tv\\n\\q\\u00e9", {"k=e y:": "\tv\nqé"}),
        (b"l=\xe9\nu=\xc3\xa9\n\xef\xbb\xbfb=1", {"l": "é", "u": "Ã©", "ï»¿b": "1"}),
        ("a[]=p,q , r\nb[]=x\nc[]=\nd[]=,y,\ne[]=a\\,b, \n", None),
        ("a=\\ud83d\\ude00", {"a": "😀"}),
        ("=v\n\n \\\n \\\n=w\na=1", {"a": "1"}),
        ("a=1\r\rb=2\r\n# c\\\nc=#3\n!d\n", {"a": "1", "b": "2", "c": "#3"}),
        ("num=007\nbool=true", {"num": "007", "bool": "true"}),
    ],
)
def test_properties_are_read_as_spring_reads_them(text, properties):
    lists = {"a[0]": "p", "a[1]": "q ", "a[2]": "r", "b[0]": "x", "c[0]": "", "d[0]": "", "d[1]": "y"}
    expected = {**lists, "e[0]": "a,b", "e[1]": ""} if properties is None else properties
    assert list(only(text).properties.items()) == list(expected.items())


@pytest.mark.parametrize(
    ("text", "documents"),
    [
        ("a=1\n#---\nb=2\n!---\nc=3\n", [["a"], ["b"], ["c"]]),
        ("a=1\n#--- \t\nb=2\n", [["a"], ["b"]]),
        ("a=1\n #---\nb=2\n#----\nc=3\n#--- x\nd=4\n", [["a", "b", "c", "d"]]),
        ("a=1\n# comment\n#---\nb=2\n", [["a", "b"]]),
        ("a=1\n! comment\n#---\nb=2\n", [["a"], ["b"]]),
        ("a=1\n# comment\n\n#---\nb=2\n", [["a"], ["b"]]),
        ("a=1\n#---\n\n# undone\n\nb=2\n", [["a", "b"]]),
        ("#---\na=1\n#---\n#---\n!---\n", [["a"]]),
        ("# only a comment\n\n#---\n", []),
        ("", []),
    ],
)
def test_documents_are_split_as_spring_splits_them(text, documents):
    assert [list(one.properties) for one in read(text)] == documents


def test_places_are_springs():
    text = "a=1\n  b = x\nempty=\nc=a,\\\n  b\nd=\\\n    later\nesc\\=k=v\nl[]=p, q\nlast="
    assert only(text).places == {
        "a": (1, 3),
        "b": (2, 7),
        "empty": (4, 0),
        "c": (4, 3),
        "d": (7, 5),
        "esc=k": (8, 7),
        "l[0]": (9, 5),
        "l[1]": (9, 8),
        "last": (10, 6),
    }


def test_columns_go_on_from_a_separator_with_blanks_behind_it():
    places = [one.places for one in read("a=1\n#--- \nb=2\nc=3\n#---\nd=4\n")]
    assert places == [{"a": (1, 3)}, {"b": (3, 9), "c": (4, 3)}, {"d": (6, 3)}]


def test_a_later_duplicate_wins_and_is_remarked_upon():
    document = only("a=1\nb=2\na=3\n")
    assert document.properties == {"a": "3", "b": "2"}
    assert [(one.rule, one.key, one.line) for one in document.remarks] == [("duplicate-key", "a", 3)]


@pytest.mark.parametrize(("text", "line"), [("a=1\nb=\\u12x4\n", 2), ("a=\\\n  \\u", 2), ("a=x\\ud83dx", 1)])
def test_malformed_escapes_are_refused_with_their_line(text, line):
    with pytest.raises(InvalidContent) as caught:
        read(text)
    assert (caught.value.rule, caught.value.line) == ("properties-escape", line)


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        ("a=1\nb=2\nc=3\n", ReadLimits(keys=2)),
        ("a[]=1,2,3\n", ReadLimits(keys=2)),
        ("k" * 50 + "[]=1,2,3\n", ReadLimits(characters=100)),
        ("a=1\n#---\n" * 5, ReadLimits(documents=3)),
        ("a[]=1,2,3\n#---\n" * 5, ReadLimits(keys=14)),
        ("a[]=1,2,3\n" * 5, ReadLimits(keys=14)),
        (("k" * 30 + "[]=1,2,3\n#---\n") * 3, ReadLimits(characters=269)),
        ("a=" + "\\\n" * 9 + "x\n", ReadLimits(keys=9)),
    ],
)
def test_what_a_file_expands_to_is_bounded(text, limits):
    with pytest.raises(InvalidContent, match="too-large"):
        read(text, limits)


@given(st.text("ab=: \t\\#!\n,é", max_size=30))
def test_entries_are_those_of_javaproperties(text):
    try:
        expected = javaproperties.loads(text.encode("latin-1"))
    except javaproperties.InvalidUEscapeError:
        return
    merged = {key: value for one in read(text) for key, value in one.properties.items()}
    assert merged == {key.strip(" \t"): value for key, value in expected.items() if key.strip(" \t")}
