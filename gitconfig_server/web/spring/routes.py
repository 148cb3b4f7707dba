"""Spring Cloud Config's routes, at ``/`` (or beneath ``spring.prefix``) and at ``/config``, where nothing is reserved.

The contract is that of spring-cloud-config-server 5.0.5, but for 406, which nobody needs. Each group of routes is a
face in a file of its own; values come from the ``SpringReader`` alone, and what a path asks for is read by
``spring_labels.read_asked``, before anything else is.

In paths, the first segment after a mount takes the convertor ``mount.first`` (at the root it leaves out the words that
belong to others), any further one ``spring``: decoded, without matrix parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from starlette.routing import BaseRoute

from gitconfig_server.service.spring.reader import SpringReader
from gitconfig_server.settings import Settings
from gitconfig_server.web.spring.encryption import EncryptionFace
from gitconfig_server.web.spring.environments import SpringEnvironments
from gitconfig_server.web.spring.files import SpringFiles
from gitconfig_server.web.spring.renderings import SpringRenderings
from gitconfig_server.web.spring.requests import Mount

BASE = "/config"


class SpringFace(Protocol):
    """One group of Spring's routes."""

    def routes(self, mount: Mount) -> Sequence[BaseRoute]:
        """Those beneath ``mount``."""


_FACES: tuple[Callable[[SpringReader, Settings], SpringFace], ...] = (
    SpringRenderings,
    SpringFiles,
    SpringEnvironments,
)
"""In the order in which their routes are tried, behind the literal paths of encryption: a path of a rendering could
be one of an environment, and so could that of a file, where only the query tells that it is none."""


def spring_routes(reader: SpringReader, settings: Settings, encryption: EncryptionFace) -> list[BaseRoute]:
    """All of them, beneath ``/config`` and beneath Spring's prefix (the root, where none is set)."""
    prefix = settings.spring.prefix
    mounts = (Mount(BASE, "spring"), Mount(prefix, "spring" if prefix else "root"))
    faces: list[SpringFace] = [encryption, *(face(reader, settings) for face in _FACES)]
    return [route for mount in mounts for face in faces for route in face.routes(mount)]
