import inspect
from dataclasses import dataclass, field

import pytest

from gitconfig_server.errors import Denied
from gitconfig_server.model.history import DiffQuery, HistoryQuery
from gitconfig_server.model.pending import Brake
from gitconfig_server.model.principals import Principal
from gitconfig_server.model.reads import Reading
from gitconfig_server.model.staging import StagedPart
from gitconfig_server.model.writes import NewLabel, PutFile, PutSource, Restore, Revert, SourcePlace
from gitconfig_server.service.base import ConfigService
from gitconfig_server.service.guarded import GuardedConfigService

pytestmark = pytest.mark.anyio

TESS = Principal("tess")
CHANGES = (PutSource(SourcePlace("orders", "prod"), {}), PutFile("a.yml", b""))
OLD = Reading("v1")

CALLS = {
    "labels": ((), (), None),
    "label": (("dev",), (), "dev"),
    "environment": ((("orders",), ("prod",), OLD), ("orders",), "v1"),
    "applications": ((OLD,), (), "v1"),
    "sources": (("orders", OLD), ("orders",), "v1"),
    "search": (("pool", "orders", OLD), ("orders",), "v1"),
    "source": (("orders", "prod", OLD), ("orders",), "v1"),
    "file": (("a.yml", OLD), (), "v1"),
    "plain_file": ((("orders",), ("prod",), "a.txt", OLD), ("orders",), "v1"),
    "files": ((OLD,), (), "v1"),
    "history": (("dev", HistoryQuery("orders")), ("orders",), "dev"),
    "diff": ((None, OLD, DiffQuery("orders")), ("orders",), "v1"),
    "commit_details": (("v1",), (), "v1"),
    "commit": (("dev", CHANGES), ("orders",), "dev"),
    "make_label": (("dev", NewLabel()), (), "dev"),
    "delete_label": (("dev",), (), "dev"),
    "restore": (("dev", Restore("v1", application="orders")), ("orders",), "dev"),
    "revert": (("dev", Revert("v1")), (), "dev"),
    "staged": (("dev",), (), "dev"),
    "check_staged": (("dev", StagedPart(("orders",))), ("orders",), "dev"),
    "apply": (("dev", StagedPart(("orders",))), ("orders",), "dev"),
    "discard_staged": (("dev", StagedPart(("orders",))), ("orders",), "dev"),
    "update_staged": (("dev",), (), "dev"),
    "hanging": (("dev",), (), "dev"),
    "confirm": (("dev", "id"), (), "dev"),
    "cancel": (("dev", "id"), (), "dev"),
    "extend": (("dev", "id", 60), (), "dev"),
    "pin": (("dev", Brake()), (), "dev"),
    "unpin": (("dev",), (), "dev"),
    "freeze": (("dev", Brake()), (), "dev"),
    "unfreeze": (("dev",), (), "dev"),
}
ASKED = dict.fromkeys(("confirm", "cancel", "extend"), "apply")
"""Whoever may apply may do these."""
"""Each verb's arguments, and the applications and the label that the policy is to hear of."""


@dataclass
class Heard:
    """A policy that answers ``verdict`` and remembers what it was asked."""

    verdict: bool
    version: int = 0
    asked: list = field(default_factory=list)

    def view(self, who):
        return ""

    def allows(self, who, verb, *, applications=(), label=None):
        self.asked.append((who, verb, tuple(applications), label))
        return self.verdict


class Recorded:
    """A service that only says what it was called with."""

    def __getattr__(self, verb):
        async def called(*arguments):
            return (verb, arguments)

        return called


def verbs():
    return {name for name, _ in inspect.getmembers(ConfigService, inspect.isfunction) if not name.startswith("_")}


def test_every_verb_is_known_here():
    assert verbs() - {"readiness"} == set(CALLS)


@pytest.mark.parametrize("verb", CALLS)
async def test_every_verb_asks_and_hands_on(verb):
    arguments, applications, label = CALLS[verb]
    policy = Heard(True)
    answer = await getattr(GuardedConfigService(Recorded(), policy), verb)(TESS, *arguments)
    assert policy.asked == [(TESS, ASKED.get(verb, verb), applications, label)]
    assert answer[0] == verb
    assert answer[1][: 1 + len(arguments)] == (TESS, *arguments)


@pytest.mark.parametrize("verb", CALLS)
async def test_what_is_not_allowed_reaches_nothing(verb):
    reached = []

    class Reached(Recorded):
        def __getattr__(self, name):
            reached.append(name)
            return super().__getattr__(name)

    with pytest.raises(Denied, match=f"tess may not do this: {ASKED.get(verb, verb)}"):
        await getattr(GuardedConfigService(Reached(), Heard(False)), verb)(TESS, *CALLS[verb][0])
    assert not reached
