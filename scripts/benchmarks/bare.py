"""The least an ASGI application can do: one answer, ready beforehand, to every request."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from starlette.types import Message, Receive, Scope, Send

VARIABLE = "BENCHMARK_ANSWER"
"""Names the file with the answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Bytes stand as Latin-1 text."""

    status: int
    headers: list[tuple[str, str]]
    body: str

    def write(self, path: Path) -> Path:
        """Keep it for the application, which runs in processes of its own."""
        path.write_text(json.dumps(asdict(self)))
        return path


def _messages(answer: Answer) -> tuple[Message, Message]:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
    start = {"type": "http.response.start", "status": answer.status, "headers": headers}
    return start, {"type": "http.response.body", "body": answer.body.encode("latin-1")}


class BareApp:
    """The application."""

    def __init__(self, answer: Answer) -> None:
        self._start, self._body = _messages(answer)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send(self._start)
        await send(self._body)


def make_app() -> BareApp:
    """What uvicorn calls in each worker."""
    return BareApp(Answer(**json.loads(Path(os.environ[VARIABLE]).read_text())))
