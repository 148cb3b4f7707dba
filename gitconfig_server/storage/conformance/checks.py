"""All the checks: ``CHECKS`` for every storage, ``WIRE_CHECKS`` for one that is reached over a network.

A storage in the memory or the files of its own machine has no connection that could be lost, so it runs the former
alone; of ours those are ``memory``, ``disk`` and ``sqlite``.
"""

from __future__ import annotations

from gitconfig_server.storage.conformance.epochs import EPOCH_CHECKS
from gitconfig_server.storage.conformance.handles import HANDLE_CHECKS
from gitconfig_server.storage.conformance.objects import OBJECT_CHECKS
from gitconfig_server.storage.conformance.repositories import REF_CHECKS
from gitconfig_server.storage.conformance.trouble import DEADLINE_CHECKS, WIRE_CHECKS

__all__ = ["CHECKS", "WIRE_CHECKS"]

CHECKS = OBJECT_CHECKS + REF_CHECKS + HANDLE_CHECKS + EPOCH_CHECKS + DEADLINE_CHECKS
