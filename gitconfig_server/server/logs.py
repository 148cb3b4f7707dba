"""The log: structlog for our own lines, and for those that uvicorn and asyncio write through ``logging``."""

from __future__ import annotations

import logging
import sys
from asyncio import CancelledError
from typing import Any

import structlog

from gitconfig_server.git.ref_names import label_of
from gitconfig_server.settings.groups import LogSettings
from gitconfig_server.storage.base import JournalRecord

log = structlog.get_logger()

_SHOWN = 10
"""Labels that a line names."""


def set_up_logs(settings: LogSettings) -> None:
    """Send every line to stderr in one form; affects the whole process."""
    level = logging.getLevelNamesMapping()[settings.level.upper()]
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, *_rendered(settings)],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_rendered(settings)],
            foreign_pre_chain=shared,
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    logging.getLogger("uvicorn.error").setLevel(max(level, logging.WARNING))  # its start and stop are told by us
    logging.getLogger("uvicorn.error").addFilter(_without_traceback_of_stops)
    logging.getLogger("httpx").setLevel(max(level, logging.WARNING))  # it tells of every request it makes


def log_move(record: JournalRecord) -> None:
    """Tell of one transaction of refs; a listener of the repository."""
    labels = [name for update in record.updates if (name := label_of(update.ref))]
    if labels:
        shown = labels[:_SHOWN] + (["..."] if len(labels) > _SHOWN else [])
        log.info("moved", labels=shown, reason=record.reason, actor=record.actor, seq=record.seq)


def _rendered(settings: LogSettings) -> list[Any]:
    if settings.format == "json":
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    return [
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
    ]


def _without_traceback_of_stops(record: logging.LogRecord) -> bool:
    """A request that is cut at a stop is no error of ours, and where it was does not matter."""
    if record.exc_info and isinstance(record.exc_info[1], CancelledError):
        record.msg, record.args, record.exc_info = (
            "a request took longer than limits.stop_seconds, and was cut",
            (),
            None,
        )
        record.levelno, record.levelname = logging.WARNING, "WARNING"
    return True
