import pytest

from gitconfig_server.errors import InvalidEdit
from gitconfig_server.formats.editing.edits import RemoveKey, SetKey, edit_text


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
        ("a=0\na.b=1\n", SetKey("a", 5), "a=5\na.b=1\n"),
        ("", SetKey("a", [1, {"b": 2.5e10}]), "a[0]=1\na[1].b=2.5E10\n"),
    ],
)
def test_entries_keep_their_manner(before, edit, after):
    assert edited(before, edit) == after


def test_documents_stay_apart():
    text = "a=1\n#---\nb=2\n# c\nd=3\n# e\nf=4\n#---\ng=5\n"
    assert edited(text, SetKey("n", 6), document=1) == text.replace("f=4\n", "f=4\nn=6\n")
    assert edited(text, RemoveKey("b"), document=1) == text.replace("b=2\n# c\nd=3\n", "d=3\n# c\n")
    assert edited(text, RemoveKey("f"), document=1) == text.replace("f=4\n", "\n")
    assert edited("a=1\n#---\nb=2\n#---\nc=3\n", RemoveKey("b"), document=1) == "a=1\n#---\n\n#---\nc=3\n"


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
