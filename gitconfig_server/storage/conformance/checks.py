"""All the checks."""

from __future__ import annotations

from gitconfig_server.storage.conformance.handles import HANDLE_CHECKS
from gitconfig_server.storage.conformance.objects import OBJECT_CHECKS
from gitconfig_server.storage.conformance.repositories import REF_CHECKS

CHECKS = OBJECT_CHECKS + REF_CHECKS + HANDLE_CHECKS
