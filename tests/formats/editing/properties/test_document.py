from random import Random

import pytest

from gitconfig_server.errors import InvalidEdit
from gitconfig_server.formats.editing.edits import RemoveKey, SetKey, edit_text
from gitconfig_server.formats.editing.stored import read_trees
from gitconfig_server.formats.editing.tree import plain
from gitconfig_server.formats.editing.walking import leaves
from gitconfig_server.formats.reading.formats import parse


def edited(text, *edits, document=None):
    return edit_text("f.properties", text.encode("iso-8859-1"), edits, document).decode("iso-8859-1")


@pytest.mark.parametrize(
    ("before", "edit", "after"),
    [
        ("a = 1\nb: 2\n", SetKey("a", True), "a = true\nb: 2\n"),
        ("a 1\r\n", SetKey("a", "=x"), "a \\=x\r\n"),
        ("a\n", SetKey("a", "x"), "a=x\n"),
        ("a = one, \\\n    two\n# c\n", SetKey("a", "x"), "a = x\n# c\n"),
        ("a = \\\n    two\nb=1\n", SetKey("a", "x"), "a = \\\n    x\nb=1\n"),
        ("a=1\n", SetKey("a", " é\n\\😀 "), "a=\\ \\u00e9\\n\\\\\\ud83d\\ude00\\ \n"),
        ("k\\=v=é\n", SetKey("k=v", ""), "k\\=v=\n"),
        ("# c\na.b : 1\nx=1\n", SetKey("a.n", 2), "# c\na.b : 1\na.n : 2\nx=1\n"),
        ("a=1", SetKey("a.b", 2), "a=1\na.b=2\n"),
        ("a=1\\", SetKey("b", 2), "a=1\\\n\nb=2\n"),
        ("a=1\n", SetKey("key one", 2), "a=1\nkey\\ one=2\n"),
        ("a.b=1\na.c=2\nd=3\n", RemoveKey("a"), "d=3\n"),
        ("a=1\n# c\na=2\n", SetKey("a", 3), "a=1\n# c\na=3\n"),
        ("a=1\n# c\na=2\n", RemoveKey("a"), "# c\n"),
        ("l[]=a, b\\,c\n", SetKey("l[2]", "d,e"), "l[]=a, b\\,c,d\\,e\n"),
        ("l[]=a, b\n", SetKey("l[0]", " x"), "l[]=\\ x, b\n"),
        ("l[]=a, b\n", RemoveKey("l[1]"), "l[]=a\n"),
        ("l[]=a,\n", SetKey("l[1]", ""), "l[]=a,,\n"),
        ("l[]=a, b\n", SetKey("l[0]", {"x": 1}), "l[1]=b\nl[0].x=1\n"),
        ("l[]=a\\,b, c , d\n", RemoveKey("l[1]"), "l[]=a\\,b, d\n"),
        ("l[0]=a\n# b\nl[1] : b\n", RemoveKey("l[0]"), "# b\nl[0] : b\n"),
        ("p[443]=a\np[80]=b\n", RemoveKey("p[443]"), "p[80]=b\n"),
        ("l[0]=a\n", SetKey("l[2]", "x"), "l[0]=a\nl[2]=x\n"),
        ("out=File\nout.layout=L\n", SetKey("out", "Console"), "out=Console\nout.layout=L\n"),
        ("out=File\nout.layout=L\n", RemoveKey("out"), "out.layout=L\n"),
        ("l[0]=a\nl[1]=b\n", SetKey("l", ["c"]), "l[0]=c\n"),
        ("a.b=1\nc=2\n", SetKey("a", 5), "a.b=1\nc=2\na=5\n"),
        ("a[0]=x\na[1].n=z\nb=2\n", SetKey("a", "y"), "a=y\nb=2\n"),
        ("a=1\na[0]=x\n", SetKey("a", "y"), "a=y\na[0]=x\n"),
        ("p[443]=x\n", SetKey("p", "y"), "p[443]=x\np=y\n"),
        ("a=0\na.b=1\n", SetKey("a", 5), "a=5\na.b=1\n"),
        ("a\\", SetKey("a", "x"), "a=x"),
        ("a=\\", SetKey("a", "n"), "a=n"),
        ("k[]=a,\\\n", SetKey("k[1]", "b"), "k[]=a,b"),
        ("k[]:,\\\n", SetKey("k[1]", "b"), "k[]:,b"),
        ("k[]:,\\\n", SetKey("k[1]", ""), "k[]:,,"),
        ("k[]=\\\n,\nb=1\n", SetKey("k[1]", "c"), "k[]=\\\n,c\nb=1\n"),
        ("k[]=a,x\\", SetKey("k[2]", "b"), "k[]=a,x,b"),
        ("k[]=a,b\nk[]=c\n", SetKey("k[1]", "d"), "k[]=a,b\nk[]=c,d\n"),
        ("", SetKey("a", [1, {"b": 2.5e10}]), "a[0]=1\na[1].b=2.5E10\n"),
    ],
)
def test_entries_keep_their_manner(before, edit, after):
    assert edited(before, edit) == after


@pytest.mark.parametrize(
    ("edit", "after"),
    [
        (SetKey("a", 2), "a=2\na[]: x, y\nb=3\n"),
        (SetKey("b", 4), "a=1\na[]: x, y\nb=4\n"),
        (RemoveKey("a"), "a[]: x, y\nb=3\n"),
        (SetKey("a[1]", "z"), "a=1\na[0]: x\na[1]: z\nb=3\n"),
        (SetKey("a[2]", "z"), "a=1\na[]: x, y\na[2]: z\nb=3\n"),
        (RemoveKey("a[0]"), "a=1\na[0]: y\nb=3\n"),
        (SetKey("a", ["p"]), "a[0]: p\nb=3\n"),
    ],
)
def test_a_value_and_a_list_of_one_name_are_what_readers_find(edit, after):
    text = "a=1\na[]: x, y\nb=3\n"
    assert [*parse("f.properties", text.encode())[0].properties] == ["a", "a[0]", "a[1]", "b"]
    assert edited(text, edit) == after


def test_documents_stay_apart():
    text = "a=1\n#---\nb=2\n# c\nd=3\n# e\nf=4\n#---\ng=5\n"
    assert edited(text, SetKey("n", 6), document=1) == text.replace("f=4\n", "f=4\nn=6\n")
    assert edited(text, RemoveKey("b"), document=1) == text.replace("b=2\n# c\nd=3\n", "d=3\n# c\n")
    assert edited(text, RemoveKey("f"), document=1) == text.replace("f=4\n", "\n")
    assert edited("a=1\n#---\nb=2\n#---\nc=3\n", RemoveKey("b"), document=1) == "a=1\n#---\n\n#---\nc=3\n"


def test_empty_documents_count_and_can_be_filled():
    text = "a=1\n#---\n\n#---\nb=2\n#---\n"
    assert [one.index for one in parse("f.properties", text.encode())] == [0, 2]
    assert [plain(root) for root in read_trees("f.properties", text.encode())] == [{"a": "1"}, {}, {"b": "2"}, {}]
    assert edited(text, SetKey("b", 3), document=2) == text.replace("b=2", "b=3")
    assert edited(text, SetKey("n", 3), document=1) == text.replace("\n\n", "\n\nn=3\n")
    assert edited(text, SetKey("n", 3), document=3) == text + "n=3\n"
    assert edited("#---\na=1\n", SetKey("a", 2), document=1) == "#---\na=2\n"
    with pytest.raises(InvalidEdit, match="4 documents, counted from 0: there is no 4"):
        edited(text, SetKey("b", 3), document=4)


def test_a_comment_takes_back_the_separators_before_it():
    text = "a=1\n#---\n\n#---\n! c\nb=2\n#---\nc=3\n"
    assert [(one.index, [*one.properties]) for one in parse("f.properties", text.encode())] == [
        (0, ["a", "b"]),
        (1, ["c"]),
    ]
    assert edited(text, SetKey("c", 4), document=1) == text.replace("c=3", "c=4")
    assert edited("a=1\n! d\n#---\n# e\n", RemoveKey("a")) == "! d\n#---\n# e\n"
    assert edited("a=1\n#---\n\n#---\nb=2\n! c\n", RemoveKey("b"), document=2) == "a=1\n#---\n\n#---\n! c\n"
    with pytest.raises(InvalidEdit, match="other documents"):
        edited("#---\n# c\nb=2\n", SetKey("n", 1), document=0)


def test_readers_and_edits_split_texts_alike():
    chance = Random(20260208)
    pieces = [
        *"a=: \\,\n\t",
        "k[]=a,b\n",
        "k=c\n",
        "#---\n",
        "!---\n",
        "# c\n",
        "! c\n",
        "\n\n",
        "\\\n",
        "\\\r\n",
        "\\,",
        "a=1\n",
        "l[]",
    ]
    for _ in range(600):
        text = "".join(chance.choices(pieces, k=chance.randint(1, 12))).encode()
        roots = read_trees("f.properties", text)
        found = [{key: plain(node) for key, node in leaves(root)} for root in roots]
        for document in parse("f.properties", text):
            assert found[document.index] == document.properties, text
            found[document.index] = {}
        assert not any(found), text


@pytest.mark.parametrize(
    ("text", "edit", "reason"),
    [
        ("a=1\n", SetKey("a", None), "text alone"),
        ("a=1\n", SetKey("b", {}), "text alone"),
        ("a=1\n", SetKey("b", {"c": []}), "text alone"),
        ("a=1\n", SetKey("b[]", "x"), "afterwards"),
    ],
)
def test_what_a_file_cannot_take_is_refused(text, edit, reason):
    with pytest.raises(InvalidEdit, match=reason):
        edited(text, edit)
