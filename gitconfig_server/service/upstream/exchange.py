"""Talking with the remote: what is fetched goes through the checks of a push, and what was saved here is pushed."""

from __future__ import annotations

import io
from collections.abc import Sequence
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast

from gitconfig_server.errors import InvalidInput
from gitconfig_server.git.remotes.fetching import RemoteRefs, read_advertisement
from gitconfig_server.git.remotes.pushing import read_report
from gitconfig_server.service.crossing import Crossing
from gitconfig_server.service.upstream.following import Following, UnsoundObjects
from gitconfig_server.service.upstream.pushing import Pushing
from gitconfig_server.service.upstream.remotes import IN_MEMORY, Conversation, Remote
from gitconfig_server.service.upstream.status import Trouble


class Exchange:
    """The asynchronous half of a round. Raises RemoteFailed, and what the repository's door raises."""

    def __init__(self, remote: Remote, following: Following, pushing: Pushing, crossing: Crossing) -> None:
        self.remote = remote
        self._following = following
        self._pushing = pushing
        self.crossing = crossing

    async def fetch(self, known: Sequence[Trouble] = ()) -> tuple[RemoteRefs, list[Trouble]]:
        """Take what the remote has; its labels, and what stands in the way of single ones.

        ``known``: what stood in the way before, whichever process found it.
        """
        async with self.remote.conversation("git-upload-pack") as talk:
            self._following.hold(known)
            remote = read_advertisement(talk.advertisement)
            lacking = await self.crossing.run(self._following.lacking, remote)
            if lacking:
                await self._take(talk, remote, lacking)
        return remote, await self.crossing.write(self._following.take, remote)

    async def push(self, remote: RemoteRefs) -> list[Trouble]:
        """Bring the remote what it lacks, in so far as it was at ``remote`` when last asked and still is."""
        if not await self.crossing.run(self._pushing.outgoing, remote):
            return []
        async with self.remote.conversation("git-receive-pack") as talk:
            now = read_advertisement(talk.advertisement)
            updates = await self.crossing.run(self._pushing.outgoing, now)
            if not updates:
                return []
            with cast(BinaryIO, SpooledTemporaryFile(IN_MEMORY)) as request:
                await self.crossing.run(self._pushing.request, now, updates, request)
                answer = await talk.ask(request)
            with answer:
                report = await self.crossing.run(read_report, answer, now)
        return await self.crossing.write(self._pushing.settle, updates, report)

    def default_label(self, remote: RemoteRefs) -> str:
        """The label of requests that name none, as the remote has it."""
        return self._following.default_label(remote)

    async def unpushed(self) -> tuple[str, ...]:
        """The labels with moves that the remote has not taken yet."""
        return await self.crossing.run(self._pushing.unpushed)

    async def _take(self, talk: Conversation, remote: RemoteRefs, lacking: list[bytes]) -> None:
        """All labels at once; where something is wrong with what came for them, one after the other."""
        request = await self.crossing.run(self._following.request, remote, lacking)
        if not request:  # it came with another label meanwhile
            return
        try:
            with await talk.ask(io.BytesIO(request)) as answer:
                await self.crossing.write(self._following.take, remote, answer, lacking)
        except (UnsoundObjects, InvalidInput) as error:
            if len(lacking) == 1:
                await self.crossing.run(self._following.give_up, remote, lacking[0], error)
                return
            for ref in lacking:
                async with self.remote.conversation("git-upload-pack") as single:
                    await self._take(single, remote, [ref])
