"""Clients of several servers of one repository, and everything that can happen to those meanwhile."""

import http.client
import os
import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from itertools import count, pairwise

import yaml
from dulwich.objects import Tree
from support.histories import Line, Outcome, Read, Write, faults
from support.pipelined import Pipelined
from support.replicas import Answer, Replica

from gitconfig_server.storage.base import REQUEST_KEY, StoredRepository
from gitconfig_server.storage.urls import open_storage
from gitconfig_server.storage.verifying import verify

LABELS = ("main", "other")
STATING, BLIND, READERS, KEEPERS = 8, 2, 2, 2
"""Writers who send ``If-Match``, writers who send each request to two servers at once, readers with a connection for
each request, and readers who keep theirs and send two requests at once."""

BOUND = 1.0
"""How old what a server shows without being asked for more may be: DESIGN's bound, by the clock of this machine."""

SOURCE = "/api/v1/sources/orders/prod"
SEED = int(os.environ.get("GITCONFIG_FAULT_SEED") or random.randrange(1 << 32))
TRIES = 4
PATIENCE = 180.0

Happening = Callable[[random.Random, Callable[[float], object]], object]
"""Does something to the servers and mends it again; waits by calling its second argument."""


class Storm:
    """Writers and readers on ``replicas``, who note what they did and saw."""

    def __init__(self, url: str, replicas: Sequence[Replica]) -> None:
        self._url, self._replicas = url, replicas
        self._over = threading.Event()
        self._writes: dict[str, list[Write]] = {label: [] for label in LABELS}
        self._reads: dict[str, list[Read]] = {label: [] for label in LABELS}
        self._cursors: dict[str, tuple[str, str]] = {}
        self._told: list[str] = []
        self._numbers = count()
        self._kept: dict[tuple[int, int], Pipelined] = {}

    def begin(self) -> None:
        """Start the servers; each label holds one commit, and every server knows of it."""
        for replica in self._replicas:
            replica.begin()
        for replica in self._replicas:
            replica.wait_for()
        first = self._replicas[0]
        begun = first.ask("PUT", SOURCE, {"properties": {"value": "begin"}}, seconds=PATIENCE)
        assert begun.status == 200, begun
        for label in LABELS[1:]:
            made = first.ask("PUT", f"/api/v1/labels/{label}", {"from": "main"}, seconds=PATIENCE)
            assert made.status < 300, made
        # what is shown may be a second old: without being told to ask, a server may not have heard of a label yet
        for replica in self._replicas:
            for label in LABELS:
                known = replica.ask("GET", f"/api/v1/environments/orders/prod?label={label}&fresh=1", seconds=PATIENCE)
                assert known.status == 200, known

    def rage(self, seconds: float, happenings: Sequence[Happening] = ()) -> None:
        """Let clients work for a time, and until everything has happened; while time is left it happens again."""
        self._over.clear()
        until = time.monotonic() + seconds
        actions = [(self._write_stating, number) for number in range(STATING)]
        actions += [(self._write_blindly, STATING + number) for number in range(BLIND)]
        actions += [(self._read, STATING + BLIND + number) for number in range(READERS)]
        actions += [(self._read_two, STATING + BLIND + READERS + number) for number in range(KEEPERS)]
        with ThreadPoolExecutor(len(actions)) as pool:
            working = [pool.submit(self._go_on, action, number) for action, number in actions]
            try:
                chance = random.Random(SEED)
                for number in count():
                    if not happenings or (number >= len(happenings) and time.monotonic() > until):
                        break
                    happenings[number % len(happenings)](chance, self._over.wait)
                self._over.wait(max(0.0, until - time.monotonic()))
            finally:
                self._over.set()
            for one in working:
                one.result()

    def recover(self) -> None:
        """Everything is well again: each server must write and read by itself, without being begun again."""
        self._over.clear()
        for replica in self._replicas:
            replica.wait_for()
            deadline = time.monotonic() + PATIENCE
            before = sum(map(len, self._writes.values()))
            while not self._has_written(replica, before):
                assert time.monotonic() < deadline, "a server does not recover"
                time.sleep(0.1)

    def end(self) -> None:
        """Stop the servers."""
        for kept in self._kept.values():
            kept.close()
        for replica in self._replicas:
            replica.kill()

    def faults(self) -> list[str]:
        """What is not as it must be."""
        storage, name = open_storage(self._url)
        with closing(storage):
            repository = storage.open(name)
            found = [f"seed {SEED}: {fault}" for fault in (*self._told, *_journal_faults(repository))]
            for label in LABELS:
                line = _line(repository, label)
                told = faults(line, list(self._writes[label]), list(self._reads[label]))
                found += [f"seed {SEED}: {label}: {fault}" for fault in told]
            return found

    def count(self, outcome: Outcome) -> int:
        """How many writes came to that."""
        return sum(write.outcome is outcome for writes in self._writes.values() for write in writes)

    @property
    def reads(self) -> int:
        """How many reads were answered."""
        return sum(map(len, self._reads.values()))

    def _go_on(self, action: Callable[[random.Random, int], object], number: int) -> None:
        chance = random.Random(SEED + number)
        while not self._over.is_set():
            action(chance, number)

    def _has_written(self, replica: Replica, before: int) -> bool:
        self._write(random.Random(SEED), "main", [replica], "")
        done = [write for writes in self._writes.values() for write in writes][before:]
        return any(write.outcome is Outcome.DONE for write in done)

    def _write_stating(self, chance: random.Random, number: int) -> None:
        label, replica = LABELS[number % len(LABELS)], chance.choice(self._replicas)
        seen = self._look(replica, label, f"{SOURCE}?label={label}", BOUND, "")
        if seen is None:
            self._over.wait(0.05)
            return
        stated, etag = seen.content["properties"]["value"], seen.headers["etag"]
        self._write(chance, label, [replica], etag, stated)

    def _write_blindly(self, chance: random.Random, number: int) -> None:
        self._write(chance, LABELS[number % len(LABELS)], chance.sample(self._replicas, 2), "")
        self._over.wait(0.1)

    def _write(
        self, chance: random.Random, label: str, replicas: Sequence[Replica], etag: str, stated: str | None = None
    ) -> None:
        """Send one request, to all of ``replicas`` at once, until somebody says what became of it."""
        value = f"value-{next(self._numbers)}"
        headers = {"Idempotency-Key": value} | ({"If-Match": etag} if etag else {})
        began, answers = time.monotonic(), list[Answer | None]()
        for _ in range(TRIES):
            answers += self._send(replicas, f"{SOURCE}?label={label}", {"properties": {"value": value}}, headers)
            if any(answer and answer.status in (200, 412) for answer in answers):
                break
            self._over.wait(0.05)
            replicas = [chance.choice(self._replicas)]
        done = {answer.content["commit"] for answer in answers if answer and answer.status == 200}
        refused = all(answer is not None and _is_refusal(answer) for answer in answers)
        refused = refused or any(answer and answer.status == 412 for answer in answers)
        if len(done) > 1:
            self._told.append(f"one request was carried out {len(done)} times: {answers}")
        if done and any(answer and answer.status == 412 for answer in answers):
            self._told.append(f"one request was carried out and refused: {answers}")
        outcome = Outcome.DONE if done else Outcome.REFUSED if refused else Outcome.UNKNOWN
        commit = min(done, default="")
        self._writes[label].append(Write(value, began, time.monotonic(), outcome, commit, stated))
        for answer in answers:
            if answer and answer.status == 200:
                self._cursors[label] = answer.headers["config-cursor"], commit

    def _send(
        self, replicas: Sequence[Replica], path: str, body: object, headers: Mapping[str, str]
    ) -> list[Answer | None]:
        answers: list[Answer | None] = []

        def send(replica: Replica) -> None:
            answers.append(_answer(replica, "PUT", path, body, headers))

        threads = [threading.Thread(target=send, args=(replica,)) for replica in replicas]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return answers

    def _read(self, chance: random.Random, number: int) -> None:
        label, replica = chance.choice(LABELS), chance.choice(self._replicas)
        native = f"/api/v1/environments/orders/prod?label={label}"
        match chance.randrange(4):
            case 0:
                answer = self._look(replica, label, native, BOUND, "")
            case 1:
                answer = self._look(replica, label, f"{native}&fresh=1", 0.0, "")
            case 2:
                answer = self._look(replica, label, native, BOUND, self._cursors.get(label, ("", ""))[0])
            case _:
                answer = self._look(replica, label, f"/orders/prod/{label}", BOUND, "")
        self._over.wait(0.02 if answer else 0.1)

    def _read_two(self, chance: random.Random, number: int) -> None:
        """Read on a connection that lasts as long as the server does, two answers at once now and then.

        A request is known from when it came alone; then it is answered from the socket.
        """
        label, replica = chance.choice(LABELS), chance.choice(self._replicas)
        place, paths = (
            (number, replica.port),
            [f"/orders/prod/{label}", f"/api/v1/environments/orders/prod?label={label}"],
        )
        began = time.monotonic()
        try:
            kept = self._kept.get(place) or self._kept.setdefault(place, Pipelined(replica.port))
            for answer in kept.ask(*chance.sample(paths, chance.choice((1, 2)))):
                if answer.status != 503:
                    self._note(label, answer, began, BOUND)
        except (OSError, http.client.HTTPException):
            if lost := self._kept.pop(place, None):
                lost.close()
        self._over.wait(0.02)

    def _look(self, replica: Replica, label: str, path: str, bound: float, cursor: str) -> Answer | None:
        """Read, and note what was seen; None where nothing was."""
        known, commit = self._cursors.get(label, ("", ""))
        began = time.monotonic()
        answer = _answer(replica, "GET", path, None, {"Config-Cursor": cursor} if cursor else {})
        if answer is None or answer.status == 503:
            return None
        self._note(label, answer, began, bound, commit if cursor and cursor == known else "")
        return answer

    def _note(self, label: str, answer: Answer, began: float, bound: float, floor: str = "") -> None:
        """What was seen in an answer that has just come."""
        assert answer.status == 200, answer
        commit = answer.headers["config-commit"]
        self._reads[label].append(Read(_value(answer.content), commit, began, time.monotonic(), bound, floor))


def _answer(replica: Replica, method: str, path: str, body: object, headers: Mapping[str, str]) -> Answer | None:
    """None where the server does not answer."""
    with suppress(OSError, http.client.HTTPException):
        answer = replica.ask(method, path, body, headers)
        assert answer.status in (200, 412, 503), (method, path, answer)
        assert answer.status != 503 or "retry-after" in answer.headers, answer
        return answer
    return None


def _is_refusal(answer: Answer) -> bool:
    """Whether nothing was stored for certain."""
    return answer.status == 412 or answer.content.get("code") != "outcome-unknown"


def _value(content: Mapping[str, object]) -> str:
    """The register's value in an answer of either form."""
    if "propertySources" in content:
        return content["propertySources"][0]["source"]["value"]
    return content["properties"]["value"]


def _line(repository: StoredRepository, label: str) -> Line:
    """The commits of a label, which must be a line."""
    commits = list(repository.commits([repository.snapshot(fresh=True)[f"refs/heads/{label}".encode()]]))[::-1]
    assert [one.parents for one in commits] == [(), *((one.id,) for one in commits[:-1])]
    values = []
    for one in commits:
        tree = Tree.from_string(repository.objects.get_raw(one.tree)[1])
        (entry,) = tree.items()
        values.append(yaml.safe_load(repository.objects.get_raw(entry.sha)[1])["value"])
    return Line(tuple(one.id.decode() for one in commits), tuple(values))


def _journal_faults(repository: StoredRepository) -> list[str]:
    """What is wrong with the journal, or with what it leads to."""
    records = list(repository.journal())
    found = [f"{damage}" for damage in verify(repository)]
    if [record.seq for record in records] != list(range(1, len(records) + 1)):
        found.append("the journal's numbers have gaps")
    if any(after.received_at < before.received_at for before, after in pairwise(records)):
        found.append("the journal's time runs backwards")
    keys = [record.details[REQUEST_KEY] for record in records if REQUEST_KEY in record.details]
    found += [f"{key} was carried out {keys.count(key)} times" for key in {*keys} if keys.count(key) > 1]
    refs: dict[bytes, bytes | None] = {}
    for record in records:
        for update in record.updates:
            if refs.get(update.ref) != update.old:
                found.append(f"record {record.seq} moves {update.ref!r} from where it was not")
            refs[update.ref] = update.new
    if {ref: value for ref, value in refs.items() if value} != dict(repository.snapshot(fresh=True)):
        found.append("the journal does not lead to the refs")
    return found
