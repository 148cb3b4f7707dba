"""Requests with odd heads, paths, options and bodies: each in every place where somebody reads it."""

from __future__ import annotations

import json
from contextlib import suppress
from itertools import product

from benchmarks.fetch import PATH
from benchmarks.hostile.target import API, Strike, Target

_DIGITS = "9" * 5000
_PUT = b"PUT /api/v1/files/a.yml HTTP/1.1\r\nHost: localhost\r\n"
_MERGE, _PATCH = "application/merge-patch+json", "application/json-patch+json"


def _raw(target: Target, *heads: bytes, close: bool = True) -> None:
    """Requests as bytes, each on a connection of its own; the sending side closed behind it, or not."""
    for head in heads:
        with target.dial() as wire, suppress(OSError):
            wire.settimeout(5)
            wire.sendall(head)
            if close:
                wire.shutdown(1)
            answer = wire.recv(100)
            if answer.startswith(b"HTTP/1.1 500"):
                target.failures.append(f"500 {head[:60]!r}")


def _odd_heads(target: Target) -> None:
    long = "x" * 30_000
    path = PATH.encode()
    for name, value in (
        ("If-None-Match", ",".join([f'W/"{one}"' for one in range(3000)])),
        ("If-None-Match", '"' * 30_000),
        ("If-Modified-Since", long),
        ("If-Match", ",".join(['"x"'] * 7000)),
        ("Accept", ",".join(["a/b;q=0.1"] * 2500)),
        ("Accept", ";" * 30_000),
        ("Accept-Charset", ",".join(["x"] * 10_000)),
        ("Accept-Encoding", ",".join(["gzip"] * 5000)),
        ("Range", "bytes=" + ",".join(["0-"] * 5000)),
        ("Cookie", ";".join(["a=b"] * 7000)),
        ("Content-Type", "a/b" + ";a=b" * 7000),
        ("Content-Type", "application/json;charset=" + long),
        ("Origin", "http://" + "a." * 10_000),
        ("Forwarded", ",".join(["for=a"] * 5000)),
        ("X-Forwarded-For", ",".join(["1.1.1.1"] * 3000)),
        ("X-Request-Id", long),
        ("Idempotency-Key", long),
        ("Config-Cursor", _DIGITS),
        ("Config-Cursor", "a." + _DIGITS),
        ("Authorization", "Basic " + "QQ" * 15_000),
        ("Git-Protocol", ":".join(["version=2"] * 3000)),
        ("traceparent", long),
    ):
        for asked in (
            PATH,
            f"{API}/labels",
            "/config.git/info/refs?service=git-upload-pack",
            f"{API}/files/{PATH[1:13]}",
        ):
            target.ask("GET", asked, headers={name: value})
        target.ask("PUT", f"{API}/files/odd.yml", b"a: 1\n", "text/plain", {name: value})
    _raw(
        target,
        b"GET http://localhost%s HTTP/1.1\r\nHost: localhost\r\n\r\n" % path,
        b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n" % path,
        b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"TRACE %s HTTP/1.1\r\nHost: localhost\r\n\r\n" % path,
        b"GET / HTTP/0.9\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        _PUT + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        _PUT + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: other\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: local\0host\r\n\r\n",
    )


def _odd_paths(target: Target) -> None:
    parts = (
        "%00",
        "%2e%2e",
        "..",
        "%ff%fe",
        "%zz",
        "%",
        "a" * 5000,
        "%F0%9F%98%80",
        "(_)",
        "%2F" * 2000,
        "{x}",
        "a%0d%0ab",
    )
    for shape in (
        "/{0}/default/main",
        "/orders/{0}/main",
        "/orders/default/{0}",
        "/orders/default/main/{0}",
        "/{0}-default.yml",
        API + "/files/{0}",
        API + "/labels/{0}",
        API + "/labels/{0}/staged",
        API + "/environments/{0}/default",
        API + "/environments/orders/{0}",
        API + "/sources/{0}/default",
        API + "/sources/orders/{0}",
        API + "/history/{0}",
        API + "/problems/{0}",
        "/config.git/{0}",
        "/config/{0}/default",
    ):
        for part in parts:
            target.get(shape.format(part))
    for path in ("//", "/a//b", "/./a", "/a/..;/b", "/%2e/%2e", API + "//labels", "/config.git//info/refs"):
        target.get(path)


def _odd_options(target: Target) -> None:
    values = (
        *(_DIGITS, "-1", "1e9", "%00", "9999-99-99", "2026-02-30T25:61Z", "main" + "~1" * 250, "main~" + "9" * 400),
        *(
            "main@{2026-01-01}",
            "a" * 6000,
            "%F0%9F%98%80",
            "@",
            "^",
            "main^{}",
            "..",
            "9" * 18,
            "main~99999",
            "(" * 500,
        ),
    )
    for path, names in (
        ("environments/orders/default", ("revision", "at", "view", "shape")),
        ("labels", ("limit", "cursor")),
        ("sources", ("revision", "limit", "cursor", "application")),
        ("sources/orders/default", ("document", "path", "revision")),
        ("files", ("revision", "limit", "cursor")),
        ("history", ("label", "since", "until", "cursor", "limit", "application", "profile", "key")),
        ("diff", ("from", "to", "application", "profile", "format")),
        ("search", ("text", "revision", "limit", "cursor")),
        ("journal", ("after", "limit", "cursor")),
    ):
        for name, value in product(names, values):
            target.get(f"{API}/{path}?{name}={value}")
    target.get(PATH + "?" + "&".join(f"o{one}=1" for one in range(2000)))
    target.get(f"{API}/labels?" + "limit=1&" * 2000)


def _odd_bodies(target: Target) -> None:
    deep, wide = 20_000, target.size // 20
    for body in (
        b"[" * deep + b"]" * deep,
        b'{"a":' * deep + b"1" + b"}" * deep,
        b'{"a": ' + b"9" * (target.size // 2) + b"}",
        b'{"a": 1e' + b"9" * 1000 + b"}",
        b'{"a": 0.' + b"1" * (target.size // 2) + b"}",
        b'{"\\ud800": 1}',
        b"\xff\xfe",
        b"",
        b"null",
        b'{"a": NaN}',
        b'{"a": "' + b"\\u0000" * 1000 + b'"}',
        json.dumps({f"k{one}": one for one in range(wide)}).encode(),
        json.dumps({"." * 5000: 1, "a" + ".a" * 20_000: 1, "[" * 5000: 1, "a[" + "9" * 5000 + "]": 1}).encode(),
        json.dumps({"properties": {f"k{one}": one for one in range(wide)}}).encode(),
        json.dumps({"properties": {"a." * 20_000 + "b": 1}}).encode(),
    ):
        for method, path, kind in (
            ("PUT", "/sources/bodies/default", "application/json"),
            ("PATCH", "/sources/bodies/default", _MERGE),
            ("PATCH", "/sources/bodies/default", _PATCH),
            ("POST", "/labels/main/commits", "application/json"),
            ("POST", "/labels/main/apply", "application/json"),
            ("POST", "/labels/main/restore", "application/json"),
            ("PUT", "/labels/other", "application/json"),
        ):
            target.ask(method, API + path, body, kind)
        for path in ("/monitor", "/encrypt", "/decrypt", "/encrypt/a/b"):
            for kind in ("application/json", "text/plain", "application/x-www-form-urlencoded"):
                target.ask("POST", path, body, kind)


def _patch_of_many(target: Target) -> None:
    """JSON Patches of as many operations as a body may hold."""
    count = target.size // 60
    target.put("many.yml", b"".join(b"k%d: 1\n" % one for one in range(count)) + b"l: []\nm: {}\n")
    for operations in (
        [{"op": "add", "path": f"/m/k{one}", "value": 1} for one in range(count)],
        [{"op": "add", "path": "/l/0", "value": 1}] * count,
        [{"op": "test", "path": "/k1", "value": 1}] * count,
        [{"op": "test", "path": f"/x/y{one}", "value": 1} for one in range(count)],
        [{"op": "copy", "from": "", "path": f"/c{one}"} for one in range(60)],
        [{"op": "move", "from": f"/k{one}", "path": f"/n{one}"} for one in range(count)],
        [{"op": "remove", "path": f"/k{one}"} for one in range(count)],
        [{"op": "add", "path": "/" + "/".join(["a"] * 500), "value": 1}] * 100,
        [{"op": "add", "path": f"/a.b{one}.c", "value": 1} for one in range(count)],
    ):
        target.send("PATCH", "/sources/many/default?dry_run=1", operations, _PATCH)
    target.send("PATCH", "/sources/many/default?dry_run=1", {f"k{one}": None for one in range(count)}, _MERGE)
    target.send("PATCH", "/sources/many/default?dry_run=1", {f"k{one}.a": 1 for one in range(count)}, _MERGE)


def _many_changes(target: Target) -> None:
    """One commit of thousands of changes, resolutions and names of parts."""
    count = target.size // 100
    changes = [{"op": "put", "path": f"many/f{one}.yml", "content": "a: 1\n"} for one in range(count)]
    target.send("POST", "/labels/main/commits", {"message": "many", "changes": changes})
    target.send("POST", "/labels/main/commits", {"message": "m" * target.size, "changes": changes[:1]})
    target.ask("PUT", f"{API}/files/staged.yml?label=staged", b"a: 1\n", "text/plain")
    resolutions = {f"f{one}.yml#k{one}": "label" for one in range(count)}
    target.send("POST", "/labels/main/apply", {"resolutions": resolutions})
    target.send("POST", "/labels/main/apply", {"paths": [f"f{one}" for one in range(1000)], "keys": ["k"] * 1000})
    target.send("POST", "/labels/main/staged/update", {"resolve": {f"f{one}": "staged" for one in range(count)}})


REQUESTS: dict[str, Strike] = {
    "odd heads": _odd_heads,
    "odd paths": _odd_paths,
    "odd options": _odd_options,
    "odd bodies": _odd_bodies,
    "patches of 35,000 operations": _patch_of_many,
    "20,000 changes and resolutions": _many_changes,
}
