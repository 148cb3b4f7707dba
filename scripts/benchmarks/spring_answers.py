"""Spring's other answers from memory: several labels, and a matched repository."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benchmarks.fetch import PATH, SIZE, against_both
from benchmarks.figures import Budget, Figure
from benchmarks.repositories import LABEL, application, build
from benchmarks.scale import Scale

_BUDGET = Budget(0.8, at_least=True)


def run(scale: Scale, folder: Path) -> Iterator[Figure]:
    """With one worker each."""
    yield from against_both(
        "several-labels", folder, scale, 1, lambda _: {}, _BUDGET, path=f"/{application(0)}/p0/{LABEL},{LABEL}"
    )
    matched = build(folder / "matched.git", SIZE)
    settings = folder / "settings.yml"
    settings.write_text(f"spring:\n  repositories:\n    matched: {{uri: {matched}, pattern: '{application(0)}*'}}\n")
    yield from against_both("matched", folder, scale, 1, lambda _: {}, _BUDGET, path=PATH, settings=settings)
