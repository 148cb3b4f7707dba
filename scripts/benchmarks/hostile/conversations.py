"""Git's own protocol with everything in it that no client of good will says: storms, bombs and wrong lengths."""

from __future__ import annotations

import gzip
import subprocess
from collections.abc import Iterable, Sequence

from support import packs

from benchmarks.hostile.target import Strike, Target
from gitconfig_server.git.objects.reader import make_blob, make_object
from gitconfig_server.git.pkt_line import encode
from gitconfig_server.git.receiving.pack_scan import REF_DELTA
from gitconfig_server.storage.objects import BLOB, TAG, RawObject

_UPLOAD, _RECEIVE = "git-upload-pack", "git-receive-pack"
_FILE = b"100644"
_LIMIT = 32 << 20
"""Bytes of an object that a push may hold."""


def _fetch(target: Target, body: bytes, version: int = 0) -> int:
    headers = {"Git-Protocol": f"version={version}"} if version else {}
    return target.ask("POST", f"/config.git/{_UPLOAD}", body, f"application/x-{_UPLOAD}-request", headers)[0]


def _push(target: Target, commands: Sequence[tuple[bytes, bytes, bytes]], packed: bytes) -> int:
    return target.ask(
        "POST", f"/config.git/{_RECEIVE}", packs.push_body(commands, packed), f"application/x-{_RECEIVE}-request"
    )[0]


def _tip(target: Target) -> bytes:
    command = ["git", "-C", str(target.repository), "rev-parse", "main"]
    return subprocess.run(command, check=True, capture_output=True).stdout.strip()


def _strange(number: int) -> bytes:
    return b"%040x" % (number + 1)


def _haves(target: Target) -> None:
    """Haves, shallow ids and wants that nobody knows, as many as a request may hold; deepening by anything."""
    tip = _tip(target)
    want = encode(b"want %s multi_ack_detailed side-band-64k ofs-delta\n" % tip)
    count = target.size // 50
    haves = b"".join(encode(b"have %s\n" % _strange(one)) for one in range(count))
    _fetch(target, want + b"0000" + haves + encode(b"done\n"))
    _fetch(target, want + b"".join(encode(b"shallow %s\n" % _strange(one)) for one in range(count)) + b"0000")
    _fetch(target, want * count + b"0000" + encode(b"done\n"))
    lines = b"".join(encode(b"want %s\n" % _strange(one)) for one in range(count))
    _fetch(target, encode(b"command=fetch\n") + b"0001" + lines + encode(b"done\n") + b"0000", 2)


def _deepenings(target: Target) -> None:
    tip = _tip(target)
    for words in (
        [b"deepen 2147483646"],
        [b"deepen-since 0"],
        [b"deepen-since 4611686018427387904"],
        [b"deepen-not refs/heads/main"] * 999,
        [b"deepen 1", b"deepen-since 1"],
        [b"filter tree:999999999"],
        [b"filter combine:" + b"+".join([b"tree:1"] * 5000)],
        [b"filter blob:limit=" + b"9" * 5000],
        [b"want-ref refs/heads/" + b"a/" * 2000],
    ):
        said = b"".join(encode(word + b"\n") for word in words)
        body = encode(b"command=fetch\n") + b"0001" + encode(b"want %s\n" % tip) + said + encode(b"done\n") + b"0000"
        _fetch(target, body, 2)


def _prefixes(target: Target) -> None:
    prefixes = b"".join(encode(b"ref-prefix refs/heads/%d\n" % one) for one in range(target.size // 40))
    body = encode(b"command=ls-refs\n") + b"0001" + encode(b"peel\n") + encode(b"symrefs\n") + prefixes + b"0000"
    _fetch(target, body, 2)


def _wrong_lengths(target: Target) -> None:
    for start in (b"0001", b"0002", b"0003", b"0004", b"00zz", b"ffff", b"-001", b" 05a", b"0005", b"\xff" * 4):
        for version in (0, 2):
            _fetch(target, start * 1000, version)
        target.ask("POST", f"/config.git/{_RECEIVE}", start * 1000, f"application/x-{_RECEIVE}-request")
    line = b"%s %s refs/heads/a\0%s" % (packs.NO_ID, _strange(1), b"\0".join([b"report-status"] * 4000))
    target.ask("POST", f"/config.git/{_RECEIVE}", encode(line) + b"0000", f"application/x-{_RECEIVE}-request")


def _gzip_bomb(target: Target) -> None:
    bomb = gzip.compress(bytes(64 * target.size), 9)
    for service in (_UPLOAD, _RECEIVE):
        headers = {"Content-Encoding": "gzip"}
        target.ask("POST", f"/config.git/{service}", bomb, f"application/x-{service}-request", headers)


def _zlib_bombs(target: Target) -> None:
    """Objects of 32 MiB that are a few thousand bytes in the pack."""
    size = min(_LIMIT, 16 * target.size)
    entries = [packs.entry(BLOB, bytes(size - one)) for one in range(20)]
    _push(target, [(packs.NO_ID, _strange(1), b"refs/heads/bombs")], packs.pack_of(entries))


def _delta_bombs(target: Target) -> None:
    """A hundred deltas of a few bytes, each of which makes 32 MiB."""
    size, base = min(_LIMIT, 16 * target.size), make_blob(b"x" * 0x10000)
    copies = [b"\x80"] * (size // 0x10000)
    blobs = [
        packs.entry(
            REF_DELTA,
            packs.delta(0x10000, 0x10000 * len(copies) + 4, *copies, b"\x04%04d" % one),
            base=bytes.fromhex(base.id.decode()),
        )
        for one in range(100)
    ]
    _push(
        target,
        [(packs.NO_ID, _strange(1), b"refs/heads/deltas")],
        packs.pack_of([packs.entry(BLOB, base.raw), *blobs]),
    )


def _delta_chain(target: Target) -> None:
    """Each object is a delta of the one before."""
    before = make_blob(b"a: 0\n" * 100)
    entries = [packs.entry(BLOB, before.raw)]
    for number in range(target.size // 200):
        added = b"%06d" % number
        after = make_blob(before.raw[:-6] + added)
        length = len(before.raw) - 6
        copied = b"\x90%c" % length if length < 256 else b"\xb0" + length.to_bytes(2, "little")
        delta = packs.delta(len(before.raw), len(after.raw), copied, b"\x06" + added)
        entries.append(packs.entry(REF_DELTA, delta, base=bytes.fromhex(before.id.decode())))
        before = after
    _push(target, [(packs.NO_ID, _strange(1), b"refs/heads/chain")], packs.pack_of(entries))


def _long_heads(target: Target) -> None:
    """Commits and tags whose headers, messages and parents are as long as they may be; tags of tags of tags."""
    tree = packs.tree()
    identity = b"committer " + packs.IDENTITY + b"\n"
    for number, lines in enumerate(
        (
            b"author " + b"x" * target.size + packs.IDENTITY + b"\n" + identity,
            b"author " + packs.IDENTITY + b"\n" + identity + b"gpgsig " + b"x\n " * (target.size // 3) + b"\n",
            b"author " + packs.IDENTITY + b"\n" + identity + b"a b\n" * (target.size // 4),
        )
    ):
        tip = packs.commit(tree.id, lines=lines)
        target.push([tree, tip], tip, f"head{number}")
    tip = packs.commit(tree.id, message=b"subject\n\n" + b"Reverts: %s\n" % _strange(1) * (target.size // 50))
    target.push([tree, tip], tip, "message")
    target.get("/api/v1/history?label=message")
    tagged: RawObject = tip
    tags: list[RawObject] = []
    for number in range(target.size // 400):
        kind = b"tag" if number else b"commit"
        raw = b"object %s\ntype %s\ntag t%d\ntagger %s\n\nx\n" % (tagged.id, kind, number, packs.IDENTITY)
        tagged = make_object(TAG, raw)
        tags.append(tagged)
    _push(target, [(packs.NO_ID, tagged.id, b"refs/tags/deep")], packs.pack([tree, tip, *tags]))


def _names_of_refs(target: Target) -> None:
    """Refs whose names no folder can hold, and far too many at once."""
    tip = _tip(target)
    names = [b"a" * 300, b"a/" * 2000 + b"b", b"\xff\xfe", b"x" * 255, b"a.lock", b"a\\b", b"CON", b"e\xcc\x81"]
    for name in names:
        _push(target, [(packs.NO_ID, tip, b"refs/heads/" + name)], packs.pack([]))
    for name in ("a" * 300, "a%2F" * 1000 + "b", "a" * 4000, "%00", "a%0Ab", ".", "..%2F.."):
        target.ask("PUT", f"/api/v1/labels/{name}", b'{"from": "main"}')
    for start in ("refs/heads/n", "refs/tags/n"):
        crowd = [(packs.NO_ID, tip, f"{start}{one}".encode()) for one in range(target.size // 250)]
        _push(target, crowd, packs.pack([]))


def _wide_tree(target: Target) -> None:
    """One folder of as many entries as an object may hold."""
    blob = make_blob(b"a: 1\n")
    raw_id = bytes.fromhex(blob.id.decode())
    count = min(_LIMIT // 37, target.size // 2)
    raw = b"".join(b"%s f%06d.yml\0%s" % (_FILE, one, raw_id) for one in range(count))
    tree = make_object(2, raw)
    tip = packs.commit(tree.id)
    target.push([blob, tree, tip], tip, "wider")


def _odd_names(target: Target) -> None:
    """Names of files that file systems, shells and terminals stumble over, in a commit that is taken or refused."""
    blob = make_blob(b"a: 1\n")
    odd: Iterable[bytes] = [
        b"x" * 5000,
        b"\xff\xfe.yml",
        b"CON",
        b"aux.yml",
        b"a\nb.yml",
        b"a:b.yml",
        b"-rf",
        b"e\xcc\x81.yml",
        b" .yml",
    ]
    for number, name in enumerate(odd):
        tree = packs.tree((_FILE, name, blob.id))
        tip = packs.commit(tree.id)
        target.push([blob, tree, tip], tip, f"odd{number}")
        target.get(f"/api/v1/files?revision=odd{number}")
        target.get(f"/api/v1/applications?revision=odd{number}")
        target.get(f"/a/default/odd{number}")


def _mass_diff(target: Target) -> None:
    """Two commits of which every file differs, in a folder each."""
    tips = []
    for version in range(2):
        blobs = [make_blob(b"a: %d\n" % (one + version)) for one in range(target.size // 100 + 1)]
        names = sorted(range(len(blobs)), key=lambda one: b"f%d.yml" % one)
        tree = packs.tree(*((_FILE, b"f%d.yml" % one, blobs[one].id) for one in names))
        tips.append(packs.commit(tree.id))
        target.push([*blobs, tree, tips[-1]], tips[-1], f"mass{version}")
    for form in ("keys", "deepdiff", "json-patch", "unified"):
        target.get(f"/api/v1/diff?from=mass0&to=mass1&format={form}")
    for path in ("search?text=a&revision=mass1", "applications?revision=mass1", "sources?revision=mass1&limit=1000"):
        target.get(f"/api/v1/{path}")
    target.get(f"/api/v1/history/{tips[1].id.decode()}")


CONVERSATIONS: dict[str, Strike] = {
    "wants, haves and shallows of nobody": _haves,
    "every way to deepen and filter": _deepenings,
    "prefixes of refs": _prefixes,
    "pkt-lines of wrong length": _wrong_lengths,
    "gzip bombs": _gzip_bomb,
    "zlib bombs in a pack": _zlib_bombs,
    "delta bombs": _delta_bombs,
    "a chain of deltas": _delta_chain,
    "heads of 2 MiB, tags of tags": _long_heads,
    "names of refs": _names_of_refs,
    "a tree of 900,000 entries": _wide_tree,
    "odd names of files": _odd_names,
    "diff of everything": _mass_diff,
}
