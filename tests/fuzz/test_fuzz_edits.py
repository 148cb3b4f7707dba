"""Odd files and any edits of them: done, or refused with one of our own errors, and soon."""

import os
import random
import time
from contextlib import suppress

import pytest
from support.json_texts import make_json
from support.made_texts import make_edits
from support.properties_texts import make_properties
from support.yaml_texts import make_yaml

from gitconfig_server.errors import GitConfigError
from gitconfig_server.formats.editing.edits import edit_text
from gitconfig_server.formats.reading.formats import parse

EXAMPLES = int(os.environ.get("GITCONFIG_FUZZ_EXAMPLES", "300"))
SLOWEST = 2.0
"""Seconds for one file of some kilobytes; a healthy one takes a few milliseconds."""

MAKERS = {"yaml": make_yaml, "json": make_json, "properties": make_properties}
PIECES = [b" ", b"  ", b"#", b" #x", b"-", b"- ", b":", b": ", b"? ", b",", b"|", b">", b"{}", b"[]", b"[", b"]", b"~"]
PIECES += [
    b"'",
    b'"',
    b"&x ",
    b"*x",
    b"<<: *x",
    b"!!set ",
    b"!!omap ",
    b"%",
    b"---",
    b"...",
    b"\\",
    b"\t",
    b"\xe2\x80\xa8",
]
PIECES += [
    b"\xc2\x85",
    b"\r",
    b"\n",
    b"\n\n",
    b"=",
    b"#---",
    b"[]=a,b",
    b"\xef\xbb\xbf",
    b"\xf0\x9f\x98\x80",
    b"\0",
    b"\xff",
]


def disturb(chance, content):
    """The text with a few lines lost, repeated, moved sideways or spliced: most are readable still."""
    lines = content.splitlines(keepends=True)
    for _ in range(chance.randrange(4)):
        at = chance.randrange(len(lines))
        kind = chance.randrange(5)
        if kind == 0 and len(lines) > 1:
            del lines[at]
        elif kind == 1:
            lines.insert(at, chance.choice(lines))
        elif kind == 2:
            lines[at] = b" " * chance.randrange(5) + lines[at].lstrip(b" ")
        elif kind == 3:
            lines[at] = lines[at].rstrip(b"\r\n")
        else:
            cut = chance.randrange(len(lines[at]) + 1)
            lines[at] = lines[at][:cut] + chance.choice(PIECES) + lines[at][cut:]
    return b"".join(lines)


def edit_somehow(path, content, chance):
    documents = parse(path, content)
    number = chance.randrange(len(documents)) if documents else None
    edits = make_edits(chance, documents[number].properties if documents else {})
    edit_text(path, content, edits, number)


@pytest.mark.parametrize("kind", MAKERS)
def test_any_edit_is_made_or_refused_soon(kind):
    seed = int(os.environ.get("GITCONFIG_FUZZ_SEED", "20260131"))
    chance = random.Random(f"{kind} {seed}")
    for number in range(EXAMPLES):
        made = MAKERS[kind](chance)
        content = disturb(chance, made.content)
        started = time.process_time()
        try:
            with suppress(GitConfigError):
                edit_somehow(made.path, content, chance)
        except Exception as error:
            raise AssertionError(f"example {number} of seed {seed}: {content!r}") from error
        taken = time.process_time() - started
        assert taken < SLOWEST, f"{taken:.1f} s for example {number} of seed {seed}: {content!r}"
