"""Files, patches and requests for them that cost much to read, to render, to compare or to merge."""

from __future__ import annotations

import json
from collections.abc import Callable

from benchmarks.hostile.target import API, Strike, Target

_RENDERINGS = (
    "/{0}/default/main",
    "/main/{0}-default.yml",
    "/main/{0}-default.json",
    "/main/{0}-default.properties",
    API + "/environments/{0}/default",
    API + "/environments/{0}/default?shape=nested&sources=1&origins=1",
    API + "/sources/{0}/default",
)
"""Every way to show an application, but the second form of Spring's."""

Make = Callable[[int], bytes]
"""About so many bytes of a file."""


def _shown(application: str, ending: str, make: Make) -> Strike:
    def strike(target: Target) -> None:
        target.put(f"{application}.{ending}", make(target.size))
        for path in _RENDERINGS:
            target.get(path.format(application))

    return strike


def _one_value(size: int) -> bytes:
    return b"value: '" + b"x y\xc3\xa9\xe2\x82\xac" * (size // 8) + b"'\n"


def _items(size: int) -> bytes:
    return b"list:\n" + b"- a\n" * (size // 4)


def _deep_keys(size: int) -> bytes:
    return b"".join(b"%d.%s.x: 1\n" % (number, b".".join([b"a"] * 60)) for number in range(size // 135))


def _deep_properties(size: int) -> bytes:
    return b"".join(b"%s.k%d=1\n" % (b".".join([b"a"] * 60), number) for number in range(size // 130))


def _continued(size: int) -> bytes:
    return b"a=1\\\n" + b" b\\\n" * (size // 4)


def _attributes(size: int) -> bytes:
    return b"<properties %s/>" % b" ".join(b'a%d="1"' % number for number in range(size // 11))


def _elements(size: int) -> bytes:
    return b"<properties>%s</properties>" % b"".join(b'<entry key="k%d"/>' % number for number in range(size // 20))


def _aliases(size: int) -> bytes:
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{one}: &a{one} [{', '.join([f'*a{one - 1}'] * 10)}]" for one in range(1, 9)]
    return "\n".join(levels).encode()


def _repeated_value(size: int) -> bytes:
    return b"a: &a '" + b"x" * (size // 2) + b"'\n" + b"".join(b"k%d: *a\n" % one for one in range(size // 20))


def _deep_json(size: int) -> bytes:
    return b'{"a":' + b"[" * (size // 2) + b"]" * (size // 2) + b"}"


def _many_objects(size: int) -> bytes:
    return b'{"a":[' + b",".join([b"{}"] * (size // 3)) + b"]}"


def _placeholders(size: int) -> bytes:
    lines = ["v0: '0123456789'"]
    lines += [f"v{one}: '{f'${{v{one - 1}}}' * 10}'" for one in range(1, 12)]
    return "\n".join(lines).encode()


def _flow(size: int) -> bytes:
    return b"a: " + b"{a: " * (size // 5) + b"}" * (size // 5)


def _documents(size: int) -> bytes:
    return b"a: 1\n---\n" * (size // 9)


def _comments(size: int) -> bytes:
    return b"a: 1\n" + b"# c\n" * (size // 4)


def _keys(size: int) -> bytes:
    return b"".join(b"key%d: value\n" % number for number in range(size // 18))


def _patch_of_objects(target: Target) -> None:
    target.put("patched.yml", b"b: 1\n")
    target.ask("PATCH", f"{API}/sources/patched/default", _many_objects(target.size), "application/merge-patch+json")


def _patch_of_index(target: Target) -> None:
    target.put("indexed.yml", b"a: [1]\n")
    target.send("PATCH", "/sources/indexed/default", {"a[99999]": 1}, "application/merge-patch+json")
    target.put("indexed.properties", b"a[99999]=1\n" * (target.size // 12))
    target.get(f"{API}/environments/indexed/default?shape=nested")


def _patch_of_large(target: Target) -> None:
    target.put("large.yml", _keys(target.size))
    for number in range(3):
        target.send("PATCH", "/sources/large/default", {f"key{number}": "other"}, "application/merge-patch+json")


def _schema(target: Target) -> None:
    nested: dict[str, object] = {"type": "object"}
    for _ in range(20):
        nested = {"anyOf": [{"allOf": [nested, nested]}, nested]} if len(json.dumps(nested)) < target.size else nested
    target.put("schemas/schemed.json", json.dumps({"$defs": {"a": nested}, "anyOf": [{"$ref": "#"}, nested]}).encode())
    target.put("schemas/matched.json", json.dumps({"properties": {"a": {"pattern": "^(a+)+$"}}}).encode())
    target.put("matched.yml", b"a: " + b"a" * (target.size // 4) + b"b\n")


def _differences(target: Target) -> None:
    target.put("compared.yml", _keys(target.size))
    target.put("compared.yml", b"".join(reversed(_keys(target.size).replace(b"value", b"other").splitlines(True))))
    for form in ("keys", "deepdiff", "json-patch", "unified"):
        target.get(f"{API}/diff?from=main~1&to=main&application=compared&format={form}")
    target.get(f"{API}/diff?from=main~1&to=main&application=compared&profile=default&effective=1")


def _merges(target: Target) -> None:
    large = _keys(target.size)
    target.put("merged.yml", large)
    target.ask("PUT", f"{API}/files/merged.yml?label=staged", large.replace(b"value", b"staged"), "text/plain")
    target.put("merged.yml", large.replace(b"value", b"saved"))
    target.get(f"{API}/labels/main/staged")
    target.send("POST", "/labels/main/check", {})
    target.send("POST", "/labels/main/apply", {})
    target.send("POST", "/labels/main/staged/update", {})
    target.send("POST", "/labels/main/staged/discard", {})


def _search(target: Target) -> None:
    for number in range(4):
        target.put(f"searched{number}.yml", _keys(target.size))
    for text in ("value", "key1", "nowhere", "a" * 4000):
        target.get(f"{API}/search?text={text}")


def _ciphers(target: Target) -> None:
    target.put("sealed.yml", b"".join(b"k%d: '{cipher}%s'\n" % (one, b"ab" * 40) for one in range(target.size // 100)))
    target.get("/sealed/default/main")


CONTENTS: dict[str, Strike] = {
    "a value of 2 MiB, shown": _shown("value", "yml", _one_value),
    "a list of 500,000 items, shown": _shown("items", "yml", _items),
    "100,000 keys, shown": _shown("keys", "yml", _keys),
    "deep keys in YAML, shown": _shown("deep", "yml", _deep_keys),
    "deep keys in properties, shown": _shown("deeper", "properties", _deep_properties),
    "continued lines": _shown("continued", "properties", _continued),
    "XML attributes": _shown("attributes", "xml", _attributes),
    "XML elements": _shown("elements", "xml", _elements),
    "YAML aliases": _shown("aliases", "yml", _aliases),
    "YAML aliases of one value": _shown("repeated", "yml", _repeated_value),
    "YAML in braces": _shown("flow", "yml", _flow),
    "YAML documents": _shown("documents", "yml", _documents),
    "YAML comments": _shown("comments", "yml", _comments),
    "JSON nested deep": _shown("nested", "json", _deep_json),
    "JSON of empty objects": _shown("objects", "json", _many_objects),
    "placeholders": _shown("placeholders", "yml", _placeholders),
    "ciphers": _ciphers,
    "PATCH of empty objects": _patch_of_objects,
    "PATCH of a[99999]": _patch_of_index,
    "PATCH of a large file": _patch_of_large,
    "schemas": _schema,
    "diff of large files": _differences,
    "merge of large files": _merges,
    "search": _search,
}
