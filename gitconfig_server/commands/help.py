"""The reference chapters that come with the package, one topic a file of ``docs``."""

from __future__ import annotations

import difflib
import sys
from pathlib import Path

from gitconfig_server.errors import NotFound
from gitconfig_server.text.rendering import put_table, say

DOCS = Path(__file__).parent.parent / "docs"


def list_topics() -> dict[str, str]:
    """Every topic, and the first sentence of its chapter."""
    return {path.stem: _read_summary(path) for path in sorted(DOCS.glob("*.md"))}


def put_topics() -> None:
    """Print which chapters there are."""
    put_table(("topic", "what it is about"), list_topics().items())
    say("next: gitcfg help TOPIC, or gitcfg help COMMAND")


def put_chapter(topic: str) -> None:
    """Print one chapter: laid out for a terminal, as it is written elsewhere. NotFound, with the nearest topic."""
    topics = list_topics()
    if topic not in topics:
        near = difflib.get_close_matches(topic, topics, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"expected a command, or one of {', '.join(topics)}"
        raise NotFound(f"no topic {topic!r}: {hint}")
    text = (DOCS / f"{topic}.md").read_text(encoding="utf-8")
    if sys.stdout.isatty():
        _put_rich(text)
    else:
        sys.stdout.write(text)


def _read_summary(path: Path) -> str:
    paragraphs = path.read_text(encoding="utf-8").split("\n\n")
    return " ".join(paragraphs[1].split()) if len(paragraphs) > 1 else ""


def _put_rich(text: str) -> None:
    from rich.console import Console
    from rich.markdown import Markdown

    console = Console()
    with console.pager(styles=True):
        console.print(Markdown(text))
