"""Files that are short to write and long to understand, each read, rendered, checked and searched in every way."""

from __future__ import annotations

import json

from benchmarks.hostile.target import API, Strike, Target

_EVERY_FORM = (
    "/{0}/default/main",
    "/main/{0}-default.yml",
    "/main/{0}-default.json?resolvePlaceholders=true",
    API + "/environments/{0}/default?shape=nested&origins=1",
    API + "/sources/{0}/default",
    API + "/search?text=zz&application={0}",
)


def _shown(target: Target, application: str, ending: str, content: bytes) -> None:
    """Store it and ask for it in every form; also as json where ``gitconfig.yml`` lets json count."""
    target.put(f"{application}.{ending}", content)
    for path in _EVERY_FORM:
        target.get(path.format(application))


def _yaml(target: Target) -> None:
    size = target.size
    levels = size // 60
    for number, content in enumerate(
        (
            b"base: &b0 {a: 1}\n"
            + b"".join(b"m%d: &b%d {<<: *b%d, k%d: 1}\n" % (one, one, one - 1, one) for one in range(1, levels)),
            b"b: &b {a: 1}\nm:\n  <<: [" + b",".join([b"*b"] * (size // 4)) + b"]\n",
            b"b: &b {"
            + b",".join(b"k%d: 1" % one for one in range(1000))
            + b"}\n"
            + b"".join(b"m%d: {<<: *b}\n" % one for one in range(size // 30)),
            b"".join(b"a%d: &a%d x\n" % (one, one) for one in range(size // 25)),
            b"a: " + b"- " * (size // 2),
            b"- " * (size // 2),
            b"a:\n" + b"".join(b" " * one + b"- \n" for one in range(min(2000, size // 1000))),
            b"? " * (size // 2),
            b"{[" * (size // 2),
            b"a: 1" + b":59" * (size // 3) + b"\n",
            b"a: " + b"9" * (size // 2) + b"\n",
            b"a: 0x" + b"f" * (size // 2) + b"\nb: 0." + b"1" * (size // 2) + b"\n",
            b"a: 1e" + b"9" * 500 + b"\nb: " + b"1_" * 400 + b"\n",
            b"a: !!binary " + b"QQ==" * (size // 8) + b"\n",
            b"a: !!set {" + b",".join(b"k%d" % one for one in range(size // 10)) + b"}\n",
            b"a: !!omap [" + b",".join(b"{k%d: 1}" % one for one in range(size // 20)) + b"]\n",
            b"%TAG ! tag:x,2000:\n---\na: !" + b"x" * (size // 2) + b" 1\n",
            b"a: |\n" + b" x\n" * (size // 3),
            b"a: >\n" + b" x\n" * (size // 3),
            b'a: "' + b"\\\n " * (size // 3) + b'"\n',
            b'a: "' + b"\\x41" * (size // 4) + b'"\n',
            b"k" * (size // 2) + b": 1\n",
            b"a." * (size // 4) + b"b: 1\n",
            b"a" + b"[0]" * (size // 4) + b": 1\n",
            b"".join(b"a[%d]: 1\n" % (7919 * one % 1_000_003) for one in range(size // 20)),
            b"\t" * (size // 2) + b"a: 1\n",
            b"#" * (size // 2) + b"\n",
            b"a: 1\n...\n" * (size // 10),
            b"&a a: *a\n",
            b"a: &a [*a]\n",
            b"\xef\xbb\xbf" * (size // 3),
            b"\x00" * 100,
            "a: \u2028\u0085\n".encode() * (size // 20),
        )
    ):
        _shown(target, f"text{number}", "yml", content)


def _placeholders(target: Target) -> None:
    size = target.size
    for number, value in enumerate(
        (
            b"${" * (size // 4),
            b"${a:" * (size // 8) + b"}" * (size // 8),
            b"${a}" * (size // 8),
            b"${missing:${other:" * 50 + b"}" * 100,
            b"${" + b":" * (size // 4) + b"}",
            b"\\${" * (size // 4),
            b"{" * (size // 4) + b"}" * (size // 4),
            b"${x${x${x${x" * (size // 40) + b"}}}}" * (size // 40),
        )
    ):
        _shown(target, f"held{number}", "properties", b"a=x\nb=" + value + b"\n")
    chain = b"".join(b"k%d=${k%d}\n" % (one, one + 1) for one in range(size // 20))
    _shown(target, "chained", "properties", chain)
    _shown(target, "circled", "properties", b"a=${b}\nb=${a}\n" * 1000)
    _shown(
        target,
        "keyed",
        "yml",
        b"".join(b"'${k%d}': v\nk%d: '${k%d}x'\n" % (one, one, one + 1) for one in range(size // 40)),
    )


def _other_formats(target: Target) -> None:
    size = target.size
    target.put("gitconfig.yml", b"json: true\n")
    entities = b"".join(b'<!ENTITY e%d "&e%d;&e%d;&e%d;">' % (one, one - 1, one - 1, one - 1) for one in range(1, 40))
    for number, (ending, content) in enumerate(
        (
            (
                "xml",
                b'<!DOCTYPE p [<!ENTITY e0 "x">'
                + entities
                + b"]><properties><entry key='a'>&e39;</entry></properties>",
            ),
            ("xml", b'<!DOCTYPE p SYSTEM "file:///etc/passwd"><properties><entry key="a">1</entry></properties>'),
            (
                "xml",
                b'<!DOCTYPE p [<!ENTITY x SYSTEM "http://127.0.0.1:1/">]>'
                b'<properties><entry key="a">&x;</entry></properties>',
            ),
            ("xml", b"<properties>" + b"<a>" * (size // 8) + b"</a>" * (size // 8) + b"</properties>"),
            ("xml", b"<properties><entry key='" + b"k" * (size // 2) + b"'>1</entry></properties>"),
            ("xml", b"<properties><![CDATA[" + b"]]>" * 100 + b"</properties>"),
            ("xml", b"<properties>" + b"&#65;" * (size // 5) + b"</properties>"),
            ("xml", b"<properties>" + b"<!-- x -->" * (size // 10) + b"</properties>"),
            ("json", b'{"a": ' + b"9" * (size // 2) + b"}"),
            ("json", b'{"a": "' + b"\\u0041" * (size // 7) + b'"}'),
            ("json", b'{"a":' * (size // 12) + b"1" + b"}" * (size // 12)),
            ("json", b" " * (size // 2)),
            ("json", b'{"' + b'\\"' * (size // 4)),
            ("json", b"{" + b",".join(b'"k%d":[[[[]]]]' % one for one in range(size // 20)) + b"}"),
            ("properties", b"\\u0041" * (size // 7) + b"=1\n"),
            ("properties", b"\\u004" * (size // 7)),
            ("properties", b"a\\" * (size // 3)),
            ("properties", b"=" * (size // 2)),
            ("properties", b" \t\f" * (size // 3)),
            ("properties", b"#---\n" * (size // 5)),
            ("properties", b"a" + b"[0]" * (size // 4) + b"=1\n"),
            ("properties", b"a" + b"." * (size // 2) + b"=1\n"),
            ("properties", b"spring.config.activate.on-profile=" + b"(a&b)|" * (size // 12) + b"c\n"),
            ("properties", b"spring.config.activate.on-profile=" + b"!" * (size // 2) + b"c\n"),
            (
                "properties",
                b"spring.config.activate.on-profile=" + b"(" * (size // 4) + b"a" + b")" * (size // 4) + b"\n",
            ),
            (
                "properties",
                b"spring.config.import=" + b",".join(b"optional:f%d/" % one for one in range(size // 20)) + b"\n",
            ),
            ("properties", b"spring.config.import=" + b"*/" * (size // 4) + b"\n"),
            (
                "properties",
                b"".join(b"spring.profiles.group.p%d=p%d,p%d\n" % (one, one + 1, one + 2) for one in range(size // 50)),
            ),
            ("properties", b"spring.profiles.include=" + b",".join(b"p%d" % one for one in range(size // 10)) + b"\n"),
        )
    ):
        _shown(target, f"form{number}", ending, content)


def _manifests(target: Target) -> None:
    """What a tree may say of itself."""
    size = target.size
    for content in (
        b"profiles: [" + b",".join(b"p%d" % one for one in range(size // 10)) + b"]\n",
        b"search_paths: [" + b",".join([b"'*/*'"] * (size // 10)) + b"]\n",
        b"search_paths: ['**/**/*', '**', '{application}/**', '*?*?*?*']\n",
        b"search_paths: ['" + b"*/" * 250 + b"']\n",
        b"combinations: [" + b",".join([b"'a,b'"] * (size // 10)) + b"]\n",
        b"combinations: ['" + b",".join([b"a"] * 5000) + b"']\n",
    ):
        target.put("gitconfig.yml", content)
        for path in ("/orders/default/main", f"{API}/applications", f"{API}/sources?limit=1000"):
            target.get(path)
    target.ask("DELETE", f"{API}/files/gitconfig.yml")


def _schemas(target: Target) -> None:
    """Schemas that refer to themselves, that branch, and whose patterns go back and forth."""
    target.put(
        "judged.yml", b"a: " + b"a" * min(50_000, target.size) + b"!\nb: {c: {d: 1}}\nl: [" + b"1," * 1000 + b"1]\n"
    )
    doubled: dict[str, object] = {"allOf": [{"$ref": "#/$defs/d0"}]}
    defs = {f"d{one}": {"allOf": [{"$ref": f"#/$defs/d{one + 1}"}] * 2} for one in range(60)} | {"d60": True}
    for number, schema in enumerate(
        (
            {"$ref": "#"},
            {"$dynamicRef": "#x", "$dynamicAnchor": "x"},
            {"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"},
            doubled | {"$defs": defs},
            {"properties": {"a": {"pattern": "^(([a-z])+.)+[A-Z]([a-z])+$"}}},
            {"properties": {"a": {"pattern": "^(?=(a+)+$)(?!(a|aa)+$).*"}}},
            {"properties": {"a": {"pattern": "(.*a){20}"}}},
            {"properties": {"a": {"pattern": "a{1,99999}" * 50}}},
            {"patternProperties": {"^(a|a)*$": True, "(" * 500 + ")" * 500: True}},
            {
                "properties": {
                    "a": {"format": "regex"},
                    "b": {"unevaluatedProperties": False, "anyOf": [{"$ref": "#"}] * 50},
                }
            },
            {"properties": {"l": {"uniqueItems": True, "contains": {"$ref": "#"}, "items": {"multipleOf": 1e-300}}}},
            {"enum": [f"v{one}" for one in range(target.size // 40)]},
            {"$ref": "file:///etc/passwd"},
            {"$ref": "http://127.0.0.1:1/x.json"},
            {"$ref": "other.json#" + "/a" * 5000},
            {"anyOf": [{"properties": {f"k{one}": {"const": one}}} for one in range(target.size // 60)]},
        )
    ):
        target.put("schemas/judged.json", json.dumps(schema).encode())
        target.put("judged-dev.yml", b"x: %d\n" % number)
    deep = b'{"not":' * 5000 + b"{}" + b"}" * 5000
    target.put("schemas/judged.json", deep)
    target.ask("DELETE", f"{API}/files/schemas/judged.json")


TEXTS: dict[str, Strike] = {
    "YAML of every kind": _yaml,
    "placeholders of every kind": _placeholders,
    "XML, JSON and properties of every kind": _other_formats,
    "manifests": _manifests,
    "schemas of every kind": _schemas,
}
