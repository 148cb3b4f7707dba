"""Many requests, and such that nobody ends or reads."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack, suppress

from benchmarks.fetch import PATH
from benchmarks.hostile.target import API, Strike, Target

_GET = b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n"
_UNFINISHED = (
    b"GET / HTTP/1.1\r\nHost: ",
    b"PUT /api/v1/files/a.yml HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999\r\n\r\na: ",
)


def _random_profiles(target: Target) -> None:
    application = PATH.split("/")[1]
    share = target.size // 400

    def some(number: int) -> None:
        with target.dial() as wire:
            for one in range(share):
                wire.sendall(_GET % b"/%s/r%d-%d,p0/main" % (application.encode(), number, one))
                _read_answer(wire.recv)

    target.together(some, 4)


def _random_everything(target: Target) -> None:
    """Applications, profiles, labels and paths that nobody has, each asked twice: so whole requests are kept, too."""
    for number in range(60):
        text = b"".join(b"k%d: %d\n" % (one, number) for one in range(target.size // 2000))
        target.put(f"short{number}.yml", text)

    def some(number: int) -> None:
        with target.dial() as wire:
            for one in range(target.size // 4000):
                name = b"short%d" % (one % 60)
                for path in (
                    b"/%s/r%d-%d/main" % (name, number, one),
                    b"/main/%s-r%d-%d.properties" % (name, number, one),
                    b"/api/v1/environments/%s/r%d-%d?origins=1" % (name, number, one),
                    b"/%s/default/main/r%d-%d/%s.txt" % (name, number, one, b"x" * 2000),
                    b"/%s/default/r%d-%d" % (name, number, one),
                ):
                    for _ in range(2):
                        wire.sendall(_GET % path)
                        _read_answer(wire.recv)

    target.together(some, 4)


def _read_answer(receive: Callable[[int], bytes]) -> None:
    head, _, body = receive(65536).partition(b"\r\n\r\n")
    left = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0]) - len(body)
    while left > 0:
        left -= len(receive(65536))


def _pipelined(target: Target) -> None:
    def some(_: int) -> None:
        requests = (_GET % PATH.encode()) * (target.size // 100)
        requests += b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        with target.dial() as wire, suppress(OSError):
            wire.settimeout(20)
            for start in range(0, len(requests), 40_000):
                wire.sendall(requests[start : start + 40_000])
                wire.recv(1 << 20)
            while wire.recv(1 << 20):
                pass

    target.together(some, 4)


def _slow_readers(target: Target) -> None:
    """Requests without end whose answers nobody reads, for a second."""
    target.put("unread.yml", b"".join(b"key%d: value\n" % number for number in range(target.size // 20)))
    with ExitStack() as held:
        for _ in range(target.crowd):
            wire = held.enter_context(target.dial())
            wire.sendall((_GET % b"/unread/default/main") * 50)
        time.sleep(1)


def _half_sent(target: Target) -> None:
    with ExitStack() as held:
        for number in range(2 * target.crowd):
            wire = held.enter_context(target.dial())
            wire.sendall(_UNFINISHED[number % len(_UNFINISHED)])
        time.sleep(1)


def _headers(target: Target) -> None:
    def one(_: int) -> None:
        with target.dial() as wire, suppress(OSError):
            wire.sendall(b"GET / HTTP/1.1\r\n" + b"a:\r\n" * (target.size // 8))
            wire.recv(1000)

    target.together(one)


def _unknown_history(target: Target) -> None:
    for name in ("nobody", "noone"):
        target.get(f"{API}/history?application={name}&limit=1000")


def _wrong_paths(target: Target) -> None:
    long = "a" * 8000
    for path in (
        f"/{long}/{long}/main",
        f"/a/{','.join(['p'] * 4000)}/main",
        "/a/b/" + "c/" * 3000,
        f"/{','.join(map(str, range(1500)))}/default",
    ):
        for _ in range(5):
            target.get(path)


FLOODS: dict[str, Strike] = {
    "random profiles": _random_profiles,
    "random everything": _random_everything,
    "pipelined requests": _pipelined,
    "answers that nobody reads": _slow_readers,
    "requests that never end": _half_sent,
    "headers without end": _headers,
    "history of nobody": _unknown_history,
    "long paths": _wrong_paths,
}
