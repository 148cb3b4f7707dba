"""Commits as lists show them."""

from __future__ import annotations

from gitconfig_server.git.objects.commits import read_commit, read_trailers
from gitconfig_server.git.repository import GitRepository
from gitconfig_server.model.history import CommitSummary


def summarise(git: GitRepository, commit: bytes) -> CommitSummary:
    """A commit as lists show it."""
    read = read_commit(git.objects, commit)
    return CommitSummary(
        commit=read.id.decode(),
        parents=tuple(parent.decode() for parent in read.parents),
        author=read.author.name,
        email=read.author.email,
        authored_at=read.author.when,
        authored_as=read.author.written,
        subject=read.subject,
        message=read.message,
        trailers=read_trailers(read.message),
    )
