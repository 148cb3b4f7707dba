"""Other configuration servers beside ours, each as it answers the same value: what is installed or named as running.

etcd is started where its program is installed. A Spring Cloud Config Server, a Central Dogma or whatever else answers
GET with the same content is measured where ``GITCONFIG_PEERS`` names it: ``spring=http://127.0.0.1:8889/orders/prod``,
several with blanks between them.
"""

from __future__ import annotations

import json
import os
import shutil
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from benchmarks.fetch import PATH, SIZE
from benchmarks.figures import Figure, against_each
from benchmarks.load import CONNECTIONS, drive
from benchmarks.processes import free_port, our_server, running
from benchmarks.repositories import build
from benchmarks.scale import Scale

_NAMED = "GITCONFIG_PEERS"
_KEY = b64encode(b"value").decode()
_SCRIPT = """wrk.method = "POST"
wrk.body = '{{"key": "{key}"}}'
wrk.headers["Content-Type"] = "application/json"
"""


def run(scale: Scale, folder: Path) -> Iterator[Figure]:
    """Requests a second of one worker of ours and of each peer, in turn; with nothing saved beside them."""
    seconds = max(1.0, scale.seconds(2))
    with ExitStack() as stack:
        ours = stack.enter_context(our_server(build(folder / "peers.git", SIZE)))
        value = ours.ask(PATH).body
        peers = {}
        for word in os.environ.get(_NAMED, "").split():
            name, _, url = word.partition("=")
            peers[name] = partial(drive, url, {}, seconds)
        if shutil.which("etcd") and shutil.which("wrk"):
            url = stack.enter_context(_etcd(folder, value))
            peers["etcd, by its gateway for JSON"] = partial(drive, url, {}, seconds, script=folder / "etcd.lua")
        if not peers:
            raise SystemExit(f"peers: none is here; install etcd (etcd-server), or name running ones in {_NAMED}")
        mine = partial(drive, ours.url(PATH), {}, seconds)
        sides = [lambda one=one: [one().rate] for one in (mine, *peers.values())]  # type: ignore[misc]
        found = against_each(scale.rounds, sides[0], sides[1:])
    for name, (rate, other, ratio) in zip(peers, found, strict=True):
        yield Figure(
            name=f"beside {name.partition(',')[0]}",
            unit="requests/s",
            ours=rate,
            baseline_name=name,
            baseline=other,
            ratio=ratio,
            remark=f"{len(value)} bytes; {CONNECTIONS} connections; one worker of ours, all threads of theirs",
            unmeasured="what the other protocols of the peers can do, clusters, watches, writes",
        )


@contextmanager
def _etcd(folder: Path, value: str) -> Iterator[str]:
    """The address of its range request; the script that asks for the value stands in ``folder``."""
    port = free_port()
    client, peer = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{free_port()}"
    command = ["etcd", "--data-dir", str(folder / "etcd"), "--log-level", "error"]
    command += ["--listen-client-urls", client, "--advertise-client-urls", client]
    command += ["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer]
    command += ["--initial-cluster", f"default={peer}"]
    with running(command, port, {}):
        body = json.dumps({"key": _KEY, "value": b64encode(value.encode("latin-1")).decode()}).encode()
        urllib.request.urlopen(urllib.request.Request(f"{client}/v3/kv/put", body)).read()
        (folder / "etcd.lua").write_text(_SCRIPT.format(key=_KEY))
        yield f"{client}/v3/kv/range"
