"""What a route is given: the service, and who is calling."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from gitconfig_server.principals import ANONYMOUS, Principal
from gitconfig_server.service.base import ConfigService


def service_of(request: Request) -> ConfigService:
    """The service the application was made for."""
    service: ConfigService = request.app.state.service
    return service


def caller(_: Request) -> Principal:
    """Nobody in particular: an open server does not ask."""
    return ANONYMOUS


Service = Annotated[ConfigService, Depends(service_of)]
Caller = Annotated[Principal, Depends(caller)]
