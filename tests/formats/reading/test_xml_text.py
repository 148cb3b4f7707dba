import pytest

from gitconfig_server.errors import InvalidContent
from gitconfig_server.formats.reading.documents import DEFAULT_LIMITS, ReadLimits
from gitconfig_server.formats.reading.formats import parse
from gitconfig_server.formats.reading.xml_text import DTD, NOT_PROPERTIES, read_xml

HEAD = f'<!DOCTYPE properties SYSTEM "{DTD}">\n'


def read(inside, limits=DEFAULT_LIMITS):
    (document,) = read_xml("f.xml", f"{HEAD}<properties>{inside}</properties>".encode(), limits)
    return document.properties


@pytest.mark.parametrize(
    ("inside", "value"),
    [
        ('<entry key="a">1</entry>', "1"),
        ('<entry key="a"/>', ""),
        ('<entry key="a"> 1\n\t2 </entry>', " 1\n\t2 "),
        ('<entry key="a">1\r\n2</entry>', "1\n2"),
        ('<entry key="a">&lt;&amp;&#233;&#x2603;</entry>', "<&é☃"),
        ('<entry key="a"><![CDATA[<x>]]> y</entry>', "<x> y"),
        ('<entry key="a">1<!-- no -->2</entry>', "12"),
        ('<comment>said</comment><entry key="a">true</entry>aside', "true"),
        ('<entry key="a">&undeclared;</entry>', ""),
    ],
)
def test_values_are_text(inside, value):
    assert read(inside) == {"a": value}


def test_keys_stay_in_the_order_of_the_file_and_the_last_of_equals_wins():
    (document,) = read_xml(
        "f.xml",
        f'{HEAD}<properties><entry key="b">1</entry>\n<entry key="a">1</entry>\n<entry key="b">2</entry>'
        "</properties>".encode(),
        DEFAULT_LIMITS,
    )
    assert list(document.properties.items()) == [("b", "2"), ("a", "1")]
    assert [(remark.rule, remark.key, remark.line) for remark in document.remarks] == [("duplicate-key", "b", 4)]


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16", "ISO-8859-1", "windows-1252"])
def test_the_declared_encoding_counts(encoding):
    text = f'<?xml version="1.0" encoding="{encoding}"?>{HEAD}<properties><entry key="a">é</entry></properties>'
    assert read_xml("f.xml", text.encode(encoding), DEFAULT_LIMITS)[0].properties == {"a": "é"}


def test_a_file_without_entries_is_a_document_and_has_no_places():
    (document,) = parse("f.xml", f"{HEAD}<properties/>".encode())
    assert (document.number, dict(document.properties)) == (None, {})
    (document,) = parse("f.xml", f'{HEAD}<properties><entry key="a">1</entry></properties>'.encode())
    assert dict(document.positions) == {}


ENTITY = f'<!DOCTYPE properties SYSTEM "{DTD}" [<!ENTITY x "y">]>\n<properties><entry key="a">&x;</entry></properties>'
OUTSIDE = ENTITY.replace('"y"', 'SYSTEM "file:///etc/hostname"')


@pytest.mark.parametrize(
    ("text", "rule", "line"),
    [
        (ENTITY, "xml-doctype", 1),
        (OUTSIDE, "xml-doctype", 1),
        ("<properties/>", "xml-doctype", 1),
        ('<!DOCTYPE properties SYSTEM "http://localhost/x.dtd"><properties/>', "xml-doctype", 1),
        (f"{HEAD}<properties>\n<entry>1</entry></properties>", "xml-syntax", 3),
        (f"{HEAD}<properties>\n<other/></properties>", "xml-syntax", 3),
        (f'{HEAD}<properties><entry key="a"><entry key="b"/></entry></properties>', "xml-syntax", 2),
        (f'{HEAD}<properties><entry key="a">\n<x></entry>', "xml-syntax", 3),
        (f"{HEAD}<properties/>\nafter", "xml-syntax", 3),
        (f'<?xml version="1.0" encoding="nope"?>{HEAD}<properties/>', "encoding", 1),
        ("", NOT_PROPERTIES, 1),
        ("<project/>", NOT_PROPERTIES, 1),
        (f"{HEAD}<project/>", NOT_PROPERTIES, 2),
        ("\x00", NOT_PROPERTIES, 1),
    ],
)
def test_what_java_would_not_read_is_refused_with_its_line(text, rule, line):
    with pytest.raises(InvalidContent) as caught:
        read_xml("f.xml", text.encode(), DEFAULT_LIMITS)
    assert (caught.value.rule, caught.value.line) == (rule, line)


@pytest.mark.parametrize("encoding", ["nope", "Shift_JIS", "unicode_escape", "iso-8859-12"])
def test_an_encoding_that_cannot_be_read_is_refused(encoding):
    with pytest.raises(InvalidContent, match=r"f\.xml"):
        read_xml("f.xml", f'<?xml version="1.0" encoding="{encoding}"?>{HEAD}<properties>é'.encode(), DEFAULT_LIMITS)


def test_entities_that_grow_and_deep_nesting_end_at_once():
    grow = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 40))
    bomb = f'<!DOCTYPE x [{grow}]><x a="&e39;"/>'
    for text in (bomb, f"{HEAD}<properties>" + "<entry key='a'>" * 100_000):
        with pytest.raises(InvalidContent):
            read_xml("f.xml", text.encode(), DEFAULT_LIMITS)
    with pytest.raises(InvalidContent, match="more than 2 keys"):
        read("".join(f'<entry key="{n}"/>' for n in range(3)), ReadLimits(keys=2))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_tag_is_bounded_for_nothing_else_runs_while_it_is_read(encoding):
    tag = (
        "<properties>"
        + "<entry key='a' "
        + " ".join(f"a{number}=''" for number in range(20_000))
        + ">1</entry></properties>"
    )
    with pytest.raises(InvalidContent, match="a tag of more than"):
        read_xml("a.xml", f"{HEAD}{tag}".encode(encoding), DEFAULT_LIMITS)
    comment = f"{HEAD}<properties><!--{'x' * 100_000}--><entry key='a'>{'v' * 100_000}</entry></properties>"
    (document,) = read_xml("a.xml", comment.encode(encoding), DEFAULT_LIMITS)
    assert list(document.properties) == ["a"]
