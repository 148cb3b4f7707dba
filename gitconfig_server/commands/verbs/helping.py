"""The verb ``help``."""

from __future__ import annotations

from typing import Annotated

import typer


def _complete_topic(incomplete: str) -> list[str]:
    """Topics."""
    from gitconfig_server.commands.help import list_topics

    return [topic for topic in list_topics() if topic.startswith(incomplete)]


def help_(
    context: typer.Context,
    topic: Annotated[str | None, typer.Argument(metavar="TOPIC|COMMAND", autocompletion=_complete_topic)] = None,
) -> None:
    """Print a chapter of the manual, or the help of a command; without either, the list of chapters."""
    from gitconfig_server.commands import help as manual

    if topic is None:
        manual.put_topics()
        return
    group = context.parent.command if context.parent else None
    command = group.get_command(context, topic) if isinstance(group, typer.core.TyperGroup) else None
    if command is None or topic in manual.list_topics():
        manual.put_chapter(topic)
    else:
        with typer.Context(command, parent=context.parent, info_name=topic) as its_own:
            print(command.get_help(its_own))
