import asyncio
from contextvars import ContextVar

import pytest

from gitconfig_server.manager.applying.turns import Turns
from gitconfig_server.manager.bindings.calls import Calls
from gitconfig_server.manager.errors import ApplyInProgress, Busy

CALLER: ContextVar[str] = ContextVar("CALLER", default="")


class Scene:
    """A change that goes on until ``gate`` opens, and what the others did, in order."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.turns = Turns(Calls(lambda path: None))
        self.done: list[tuple[str, str]] = []
        self.slow = asyncio.ensure_future(self.turns.alone(self.wait))

    async def wait(self) -> str:
        await self.gate.wait()
        return "slow"

    async def note(self, name: str) -> str:
        self.done.append((name, CALLER.get()))
        return name

    def ask(self, name: str, wait: float | None = 10.0) -> asyncio.Task[str]:
        async def call() -> str:
            CALLER.set(f"caller of {name}")
            return await self.turns.alone(lambda: self.note(name), wait=wait)

        return asyncio.ensure_future(call())


async def settle() -> None:
    """Let everything run that can."""
    for _ in range(5):
        await asyncio.sleep(0)


def test_changes_that_waited_run_in_their_order_each_for_its_own_caller():
    async def main() -> None:
        scene = Scene()
        await settle()
        asked = [scene.ask(name) for name in ("a", "b", "c")]
        await settle()
        assert scene.done == []
        scene.gate.set()
        assert await asyncio.gather(*asked) == ["a", "b", "c"]
        assert scene.done == [(name, f"caller of {name}") for name in ("a", "b", "c")]
        assert not scene.turns.is_applying

    asyncio.run(main())


def test_a_line_ends_at_once_when_nothing_has_to_wait_any_more():
    async def main() -> None:
        scene = Scene()
        await settle()
        asked = [scene.ask(str(number)) for number in range(50)]
        await settle()
        scene.gate.set()
        await scene.slow
        assert len(scene.done) == 50
        assert await asyncio.gather(*asked) == [str(number) for number in range(50)]

    asyncio.run(main())


def test_who_gave_up_waiting_changes_nothing():
    async def main() -> None:
        scene = Scene()
        await settle()
        gone, late, kept = scene.ask("gone"), scene.ask("late", wait=0.0), scene.ask("kept", wait=None)
        await settle()
        gone.cancel()
        with pytest.raises(Busy, match="another change has been under way for 0 s"):
            await late
        scene.gate.set()
        assert await kept == "kept"
        assert [name for name, _ in scene.done] == ["kept"]

    asyncio.run(main())


def test_what_fails_in_its_turn_fails_for_its_caller_alone():
    async def main() -> None:
        scene = Scene()

        async def fail() -> None:
            raise ValueError("refused")

        async def call_again() -> None:
            await scene.turns.alone(lambda: scene.note("inner"))

        await settle()
        refused = asyncio.ensure_future(scene.turns.alone(fail))
        within = asyncio.ensure_future(scene.turns.alone(call_again))
        after = scene.ask("after")
        await settle()
        scene.gate.set()
        with pytest.raises(ValueError, match="refused"):
            await refused
        with pytest.raises(ApplyInProgress):
            await within
        assert await after == "after"

    asyncio.run(main())
