"""What of an error is told to whom: to the log all of it, over a network what ``public`` says."""

from __future__ import annotations

import logging

from gitconfig_server.errors import GitConfigError

log = logging.getLogger(__name__)


def disclose(error: GitConfigError) -> str:
    """What may be told to anybody who asks; where that is not all, the log gets the whole."""
    if error.public != str(error):
        log.warning("%s: %s", error.code, error)
    return error.public
