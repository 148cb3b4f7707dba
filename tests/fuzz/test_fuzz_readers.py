"""Hostile files and names: nothing but our own errors, and never slow. `GITCONFIG_FUZZ_EXAMPLES` sets how many."""

import os
import random
import time
from contextlib import suppress
from functools import partial

import pytest
from support.trees import tree_of

from gitconfig_server.config.names import file_names
from gitconfig_server.config.names.locations import lead_to, parse_search_path
from gitconfig_server.config.names.manifest import parse_manifest
from gitconfig_server.config.resolution.resolve import resolve
from gitconfig_server.errors import GitConfigError
from gitconfig_server.formats.nesting import unflatten
from gitconfig_server.formats.properties import merge
from gitconfig_server.formats.reading.expressions import parse_expression
from gitconfig_server.formats.reading.formats import parse
from gitconfig_server.formats.reading.xml_text import DTD

EXAMPLES = int(os.environ.get("GITCONFIG_FUZZ_EXAMPLES", "300"))
SLOWEST = 2.0
"""Seconds for one input of at most some kilobytes; a healthy one takes a millisecond."""

YAML = [
    b"db:\n  url: jdbc:pg\n  pool: {min: 1, a: 0x1F}\nl: [a, 1.5, ~, {b: c}, []]\n---\non: yes\n? x\n: !!set {a, b}\n",
    b"base: &b {x: 1, <<: {y: 2}}\nuse: {<<: [*b, {z: 3}], x: *b}\nomap: !!omap [a: 1, b: 2]\nbin: !!binary aGVsbG8=\n",
    b"%YAML 1.1\n---\ntext: |2-\n   a\n  b\nfold: >+\n  c\n\n...\n---\n'q': \"\\u263a\\x41 \\ud83d\"\n# c\n- d\n",
    b"spring.config.activate.on-profile: [a & !b, (c | d)]\nspring.profiles: x\nn: 1:30:59.5\nbig: 12345678901234\n",
]
PROPERTIES = [
    b"a=1\nb : two\\\n   lines\nc\\=d=\\u00e9\\t\n#---\n!---\narr[]=p,q\\,r , s\n# c\n#---\nlast",
    b"\\ud83d\\ude00=x\r\nk\\:=v\rspring.config.activate.on-profile=a|b\n \\\n \\\n=e\n[]=1,2\n",
]
JSON = [
    b'{"a": {"b": [1, -2.5e3, null, true, "\\u00e9\\ud83d\\ude00"], "c": {}}, "d": []}',
    b'\xef\xbb\xbf{"spring": {"config": {"activate": {"on-profile": "a & b"}}}, "": {"x.y": 1e999}}',
]
XML = [
    f"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE properties SYSTEM "{DTD}">
<properties><comment>c</comment>
<entry key="a.b">1 &amp; &#233;</entry><entry key="c"><![CDATA[<x>]]> y</entry><!-- z -->
</properties>""".encode(),
    f'<!DOCTYPE properties SYSTEM "{DTD}" [<!ENTITY e "x">]><properties><entry key="&e;"/></properties>'.encode(),
]
ASKING = [
    b"spring:\n  config: {import: ['x/m.yml', 'optional:../y/', \"n[.yml]\", '*/m.yml;${a:o.yml}', file:/etc/p.yml]}\n",
    b"spring.profiles:\n  include: 'b, ${a}'\n  group: {a: [b, c], b-c: 'd,e', '[x@y]': a}\na: b\n",
    b"spring.config.activate: {on-profile: '!b', on-cloud-platform: none}\nspring.config.import: x/m.yml,s.yml\n",
]
EXPRESSIONS = [b"a & !(b | c)", b"!a", b"(a)|(b)", b"a b", b"((a & b) | (c & !d))"]
NAMES = [
    b"orders-prod",
    b"sub(_)svc",
    b"a%2e%2e%252Fb",
    b"team/.git./x",
    b"caf\xc3\xa9,b",
    b"application-eu-prod",
    b"**/{label}",
]
SPLICES = [
    b"\0",
    b"[",
    b"{",
    b"}",
    b"]",
    b"&x ",
    b"*x",
    b": ",
    b"- ",
    b"\t",
    b"\\",
    b"\\u",
    b"!!",
    b"<<: ",
    b"\n---\n",
    b'"',
    b"'",
]
SPLICES += [
    b"\xff",
    b"\xef\xbb\xbf",
    b"\xed\xa0\x80",
    b"\xe2\x80\xa8",
    b"%",
    b"#",
    b"..",
    b"(_)",
    b"!",
    b"&",
    b"|",
    b"(",
    b")",
    b"~",
    b"[0]",
    b".",
]


def mutate(chance, corpus):
    """An input made from the corpus by a few cuts, repeats, swaps and splices."""
    data = bytearray(chance.choice(corpus))
    for _ in range(chance.randrange(1, 8)):
        at = chance.randrange(len(data) + 1)
        end = min(len(data), at + chance.randrange(1, 24))
        kind = chance.randrange(6)
        if kind == 0:
            del data[at:end]
        elif kind == 1:
            data[at:at] = data[at:end] * chance.choice((1, 2, 60))
        elif kind == 2:
            data[at:at] = chance.choice(SPLICES) * chance.choice((1, 1, 2, 200))
        elif kind == 3 and at < len(data):
            data[at] = chance.randrange(256)
        elif kind == 4:
            other = chance.choice(corpus)
            start = chance.randrange(len(other))
            data[at:end] = other[start : start + chance.randrange(40)]
        else:
            data[at:end] = bytes(chance.choice(b"09azAZ .:-_[]{}\n") for _ in range(end - at))
    return bytes(data[:20_000])


def read(path, data):
    for document in parse(path, data):
        unflatten(merge([document.properties]))


def read_asking(data):
    tree = tree_of({"s.yml": data, "x/m.yml": data, "s-b.yml": data, "y/s.yml": "k: 1\n", "o.yml": data})
    resolve(tree, ["s"], ["a"], "main")


def read_expression(data):
    parse_expression(data.decode("latin-1")).matches({"a", "c"})


def read_name(data):
    text = data.decode("utf-8", "surrogateescape")
    application, profile = file_names.read_backwards(text, {"orders"})
    assert file_names.stem_of(application, profile) == text or application == text
    for check in (file_names.check_applications, file_names.check_profiles, file_names.check_path):
        with suppress(GitConfigError):
            check(text)


def read_search_path(data):
    path = parse_search_path(data.decode("utf-8", "replace"))
    for _ in lead_to(path, "team/sub/orders/prod", "main"):
        pass


TARGETS = {
    "yaml": (partial(read, "f.yml"), YAML),
    "properties": (partial(read, "f.properties"), PROPERTIES),
    "json": (partial(read, "f.json"), JSON),
    "manifest": (parse_manifest, [b"profiles: [eu]\nsearch_paths: ['{application}', 'a/*']\njson: true\n", *YAML]),
    "xml": (partial(read, "f.xml"), XML),
    "asking": (read_asking, ASKING),
    "expression": (read_expression, EXPRESSIONS),
    "name": (read_name, NAMES),
    "search path": (read_search_path, [*NAMES, b"{application}/*/x-{profile}", b"/**/a?"]),
}


@pytest.mark.parametrize("target", TARGETS)
def test_only_our_own_errors_escape_and_soon(target):
    call, corpus = TARGETS[target]
    seed = int(os.environ.get("GITCONFIG_FUZZ_SEED", "20260131"))
    chance = random.Random(f"{target} {seed}")
    for number in range(EXAMPLES):
        data = mutate(chance, corpus)
        started = time.process_time()
        try:
            with suppress(GitConfigError):
                call(data)
        except Exception as error:
            raise AssertionError(f"example {number} of seed {seed}: {data!r}") from error
        taken = time.process_time() - started
        assert taken < SLOWEST, f"{taken:.1f} s for example {number} of seed {seed}: {data!r}"
