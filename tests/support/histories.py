"""What clients did and saw, judged against the line of commits that is there in the end.

Each label is a register that holds one text. Each write puts a text that no other one puts, so a commit tells whose
write it is; a commit names its parent, so the line of commits is the only order the writes can have had. What is left
is to hold that order against time: a check of linearizability that takes no search.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import accumulate, pairwise


class Outcome(Enum):
    """What a writer was told in the end."""

    DONE = "acknowledged"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Write:
    """A request to put ``value``, all its repetitions included; times are monotonic.

    ``stated``: the value that the writer said it saw, None where it stated nothing.
    """

    value: str
    began: float
    ended: float
    outcome: Outcome
    commit: str = ""
    stated: str | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """``bound``: how many seconds old its answer may be. ``floor``: the commit that its cursor named."""

    value: str
    commit: str
    began: float
    ended: float
    bound: float
    floor: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """The commits of a label with what each holds, oldest first. The first one was there before anybody wrote."""

    commits: tuple[str, ...]
    values: tuple[str, ...]


def faults(line: Line, writes: Sequence[Write], reads: Sequence[Read]) -> list[str]:
    """What is not as it must be, a sentence each; none where the history of the label is linearizable.

    Every acknowledged write stands in the line once, no refused one does; each was made upon what its writer stated;
    what ended before something else began comes before it; reads are within their bounds.
    """
    return [*_Judge(line, writes, reads).faults()]


class _Judge:
    def __init__(self, line: Line, writes: Sequence[Write], reads: Sequence[Read]) -> None:
        self._line = line
        self._writes = {write.value: write for write in writes}
        self._reads = reads
        self._place = {commit: number for number, commit in enumerate(line.commits)}
        self._number = {value: number for number, value in enumerate(line.values)}
        seen = [(read.ended, self._place[read.commit]) for read in reads if read.commit in self._place]
        seen += [(one.ended, self._number[one.value]) for one in writes if self._is_acknowledged(one)]
        self._times = [time for time, _ in sorted(seen)]
        self._floors = [-1, *accumulate((place for _, place in sorted(seen)), max)]

    def faults(self) -> Iterator[str]:
        yield from self._stored()
        for write in self._writes.values():
            yield from self._written(write)
        for read in self._reads:
            yield from self._read(read)

    def _is_acknowledged(self, write: Write) -> bool:
        return write.outcome is Outcome.DONE and write.value in self._number

    def _floor(self, time: float) -> int:
        """The last place in the line that anybody had seen before ``time``."""
        return self._floors[bisect_left(self._times, time)]

    def _stored(self) -> Iterator[str]:
        for value, times in Counter(self._line.values).items():
            if times > 1:
                yield f"{value} was stored {times} times"
        for value in self._line.values[1:]:
            if value not in self._writes:
                yield f"{value} was stored, and nobody wrote it"
        for before, after in pairwise(self._line.values):
            write = self._writes.get(after)
            if write and write.stated is not None and write.stated != before:
                yield f"{after} was stored upon {before}, and its writer had seen {write.stated}"

    def _written(self, write: Write) -> Iterator[str]:
        number = self._number.get(write.value)
        if number is None:
            if write.outcome is Outcome.DONE:
                yield f"{write.value} was acknowledged and is not there"
            return
        if write.outcome is Outcome.REFUSED:
            yield f"{write.value} was refused and is there"
        if write.outcome is Outcome.DONE and self._line.commits[number] != write.commit:
            yield f"{write.value} was acknowledged as {write.commit} and is {self._line.commits[number]}"
        if number <= self._floor(write.began):
            yield f"{write.value} was written after somebody had seen what comes later in the line"

    def _read(self, read: Read) -> Iterator[str]:
        place = self._place.get(read.commit)
        if place is None:
            yield f"{read.commit} was read and is not there"
            return
        if self._line.values[place] != read.value:
            yield f"{read.value} was read at {read.commit}, which holds {self._line.values[place]}"
        floor = self._floor(read.began - read.bound)
        if place < floor:
            yield f"{read.value} was read {read.bound:g} s after somebody had seen {self._line.values[floor]}"
        if read.floor and place < self._place.get(read.floor, place):
            yield f"{read.value} was read with a cursor that names what comes after it"
        write = self._writes.get(read.value)
        if write and write.began > read.ended:
            yield f"{read.value} was read before it was written"
