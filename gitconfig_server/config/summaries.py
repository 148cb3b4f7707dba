"""Commits as lists show them."""

from __future__ import annotations

from gitconfig_server.git.objects.commits import read_commit, read_trailers
from gitconfig_server.git.repository import GitRepository
from gitconfig_server.model.history import CommitSummary


def summarise(git: GitRepository, commit: bytes) -> CommitSummary:
    """A commit as lists show it."""
    read = read_commit(git.objects, commit)
    return CommitSummary(
        read.id.decode(),
        tuple(parent.decode() for parent in read.parents),
        read.author.name,
        read.author.email,
        read.author.when,
        read.subject,
        read.message,
        read_trailers(read.message),
    )
