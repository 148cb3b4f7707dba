"""Running: bind the address, say what to try, and serve in one process or several until a signal asks to stop."""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

import structlog
from starlette.types import ASGIApp
from uvicorn import Server

from gitconfig_server.errors import GitConfigError, InvalidSettings
from gitconfig_server.server.assembly import assemble, open_repository
from gitconfig_server.server.garbage import pace_collections
from gitconfig_server.server.logs import set_up_logs
from gitconfig_server.server.stopping import let_in
from gitconfig_server.server.tally_folder import open_tally_folder
from gitconfig_server.server.terminals import telnet_address
from gitconfig_server.server.workers import STARTUP_FAILURE, Workers
from gitconfig_server.service.opening import Opened
from gitconfig_server.service.spring.assembly import is_template
from gitconfig_server.settings import Settings, without_credentials
from gitconfig_server.version import __version__
from gitconfig_server.web.manners.hosts import is_loopback, local_name
from gitconfig_server.web.protocol import BoundedConfig
from gitconfig_server.web.tallies import Tallies, bury

log = structlog.get_logger()


class CannotListen(GitConfigError):
    """The address cannot be bound: it is taken, or not this machine's."""

    code = "cannot-listen"


def serve(settings: Settings, announce: Callable[[str], None]) -> None:
    """Serve until a signal asks to stop. Raises InvalidSettings, NotARepository and their kin, CannotListen."""
    _check_reach(settings)
    set_up_logs(settings.log)
    opened = open_repository(settings)
    try:
        _check_lasting(settings, opened)
        with _bind_telnet(settings) as telnet:
            _serve(settings, announce, opened, telnet)
    finally:
        opened.storage.close()


def _serve(settings: Settings, announce: Callable[[str], None], opened: Opened, telnet: socket.socket | None) -> None:
    alone = settings.workers == 1
    app = assemble(settings, opened, telnet=telnet if alone else None)  # faults are told before anybody listens
    for notice in opened.notices:
        _tell(settings, announce, f"note: {notice}")
    with _listen(settings.host, settings.port) as sock:
        gc.freeze()  # what has been loaded stays: no collection is to walk through it again
        gc.enable()
        shown = without_credentials(settings.repository)
        log.info("started", version=__version__, repository=shown, workers=settings.workers)
        told = partial(_tell_listening, settings, announce, sock, telnet)
        if alone:
            pace_collections()
            _Announcing(_uvicorn(settings, lambda: app), told).run([sock])
        else:
            _serve_with_workers(settings, sock, told, telnet)


def _serve_with_workers(
    settings: Settings, sock: socket.socket, told: Callable[[], None], telnet: socket.socket | None
) -> None:
    if telnet:
        telnet.listen()  # whoever comes while a worker is replaced waits for the next one
    with open_tally_folder() as folder:
        ended = partial(bury, folder) if folder else lambda _: None
        argument, seconds = (settings, folder), settings.limits.stop_seconds
        workers = Workers(settings.workers, _work, argument, sock, seconds, told, ended, telnet)
        workers.set_signals()
        if _is_of_terminal():
            signal.signal(signal.SIGHUP, lambda *_: workers.note(signal.SIGTERM))
        if not workers.run():
            sys.exit(STARTUP_FAILURE)


def _tell(settings: Settings, announce: Callable[[str], None], text: str) -> None:
    """For whoever started the server: in the log, where that is read by machines, nothing else may stand."""
    if settings.log.format == "json":
        log.info("note", text=text)
    else:
        announce(text)


def _tell_listening(
    settings: Settings, announce: Callable[[str], None], sock: socket.socket, telnet: socket.socket | None
) -> None:
    log.info("listening", host=settings.host, port=sock.getsockname()[1])
    if telnet:
        log.info("talking telnet", host=telnet.getsockname()[0], port=telnet.getsockname()[1])
    if settings.log.format != "json":
        announce(_welcome(settings, sock, telnet))


class _Announcing(Server):
    """A server that tells when it listens, and is not ended by signals that mean something else."""

    def __init__(self, config: BoundedConfig, told: Callable[[], None]) -> None:
        super().__init__(config)
        self._told = told

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then tell."""
        _stay_on_hangup()
        await super().startup(sockets)
        self._told()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's, but nobody who has got through is reset."""
        await let_in(self, sockets or [])
        await super().shutdown(sockets)


def _stay_on_hangup() -> None:
    """SIGHUP and SIGUSR1 ask daemons for new settings and log files, of which we have none; by default they kill."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGUSR1, lambda *_: None)
        signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM) if _is_of_terminal() else None)


def _is_of_terminal() -> bool:
    """Whether SIGHUP says that the terminal has closed from which we were started."""
    return os.isatty(0)


def _work(
    given: tuple[Settings, Path | None], sock: socket.socket, line: Connection, telnet: socket.socket | None
) -> None:
    """What each of several processes runs; it counts in the folder."""
    settings, folder = given
    set_up_logs(settings.log)
    try:
        app = assemble(settings, open_repository(settings), tallies=Tallies(folder), telnet=telnet)
    except GitConfigError as error:
        log.error("worker", error=str(error))
        sys.exit(STARTUP_FAILURE)
    pace_collections()
    threading.Thread(target=_follow_parent, args=(line,), daemon=True).start()
    _Announcing(_uvicorn(settings, lambda: app), partial(line.send, True)).run([sock])


def _follow_parent(line: Connection) -> None:
    """Stop when the process that started us is gone, however it ended."""
    with suppress(EOFError, OSError):
        line.recv()
    signal.raise_signal(signal.SIGTERM)


def _check_reach(settings: Settings) -> None:
    if not is_loopback(settings.host) and not settings.allow_open_network:
        raise InvalidSettings(
            f"host: {settings.host} can be reached from the network, and this server does not ask who is calling:"
            " bind to 127.0.0.1, or say allow_open_network: true and list the names it is called by in allowed_hosts"
        )


def _check_lasting(settings: Settings, opened: Opened) -> None:
    if settings.workers > 1 and not opened.storage.lasting and not is_template(settings):
        raise InvalidSettings("workers: a memory:// repository lives in one process, so there can only be 1")


def _listen(host: str, port: int) -> socket.socket:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, _, _, address = found[0]
        sock = socket.socket(family, kind)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(address)
        except OSError:
            sock.close()
            raise
    except OSError as error:
        raise CannotListen(f"cannot listen on {host}:{port}: {error.strerror}; try another --host or --port") from error
    return sock


@contextmanager
def _bind_telnet(settings: Settings) -> Iterator[socket.socket | None]:
    """The socket for telnet, which nobody listens at yet; None where nobody wants it."""
    address = telnet_address(settings)
    if address is None:
        yield None
        return
    from gitconfig_server.telnet.listening import bind

    try:
        sock = bind(*address)
    except OSError as error:
        raise CannotListen(f"{error.strerror}; try another --telnet") from error
    with sock:
        yield sock


def _uvicorn(settings: Settings, make_app: Callable[[], ASGIApp]) -> BoundedConfig:
    return BoundedConfig(
        make_app,
        settings.limits,
        settings.answers_bytes // 2,
        factory=True,
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=settings.limits.idle_seconds,  # it goes to call_later
        timeout_graceful_shutdown=settings.limits.stop_seconds,  # it goes to wait_for
    )


def _welcome(settings: Settings, sock: socket.socket, telnet: socket.socket | None) -> str:
    host = local_name(settings.host)
    url = f"http://{f'[{host}]' if ':' in host else host}:{sock.getsockname()[1]}"
    of_one_repository = (f"  curl {url}/api/v1/applications", f"  git clone {url}/config.git")
    return "\n".join(
        (
            f"serving {without_credentials(settings.repository)} at {url}, try",
            f"  curl {url}{settings.spring.prefix}/application/default",
            *(() if is_template(settings) else of_one_repository),
            *([f"  telnet {' '.join(map(str, telnet.getsockname()[:2]))}"] if telnet else ()),
        )
    )
