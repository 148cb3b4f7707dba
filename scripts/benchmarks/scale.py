"""How long to measure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """``factor`` 1 is the full run; less measures for shorter, on smaller repositories."""

    factor: float = 1.0

    @property
    def rounds(self) -> int:
        """How often each side has its turn."""
        return 5 if self.factor >= 1 else 3 if self.factor >= 0.1 else 1

    @property
    def turns(self) -> int:
        """As ``rounds``, for short ones: a disk and shared cores change their mood from second to second."""
        return 4 * self.rounds

    def count(self, full: int, least: int = 2) -> int:
        """So many instead of ``full``."""
        return max(least, round(full * self.factor))

    def seconds(self, full: float) -> float:
        """So long instead of ``full``."""
        return max(0.1, full * self.factor)
