"""The service from afar: ``ConfigService`` over the native API of a server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gitconfig_server.client.reads import HttpReads, header, validator_in
from gitconfig_server.client.requests import (
    Query,
    patch_type,
    path_of,
    stage_query,
    write_headers,
    write_query,
)
from gitconfig_server.client.transport import SECONDS, Wire
from gitconfig_server.model.findings import Keep
from gitconfig_server.model.pending import Brake
from gitconfig_server.model.principals import Principal
from gitconfig_server.model.staging import EVERYTHING, NOTHING_RESOLVED, StagedPart
from gitconfig_server.model.writes import (
    NO_OPTIONS,
    Change,
    DeleteFile,
    DeleteSource,
    MergePatch,
    NewLabel,
    PatchFile,
    PatchSource,
    PutFile,
    Restore,
    Revert,
    WriteOptions,
    WriteResult,
)
from gitconfig_server.wire.commits import ChangeItem, CommitBody, patch_content
from gitconfig_server.wire.holding import ApplyBody, DeadlineBody, FreezeBody, PinBody
from gitconfig_server.wire.json import encode_json
from gitconfig_server.wire.labels import LabelBody
from gitconfig_server.wire.problems import API
from gitconfig_server.wire.restoring import RestoreBody, RevertBody
from gitconfig_server.wire.sources import SourceBody
from gitconfig_server.wire.staging import PartBody, UpdateBody
from gitconfig_server.wire.writes import WriteAnswer, WriteBody, write_members

_BYTES = "application/octet-stream"


class HttpConfigService(HttpReads):
    """The ``ConfigService`` of the server at ``url``, which may carry ``user:password@`` and a path. Close it.

    Every write carries an Idempotency-Key, the caller's or one of its own, so that a write whose answer was lost is
    sent again and happens once. Raises, beside what the service raises, Denied and ServerUnreachable. Validators are
    known of what was written as one source or file, and not of dry runs.
    """

    def __init__(self, url: str, *, seconds: float = SECONDS, token: str = "") -> None:
        super().__init__(Wire(url, seconds=seconds, token=token))

    async def close(self) -> None:
        """Close its connections."""
        await self._wire.close()

    async def commit(
        self, who: Principal, label: str | None, changes: Sequence[Change], options: WriteOptions = NO_OPTIONS
    ) -> WriteResult:
        """Make ``changes`` to a label, all in one commit or none of them."""
        # Resolutions have their place in a JSON body alone, which a change sent by itself may not have.
        if len(changes) == 1 and not isinstance(changes[0], PatchFile) and not options.resolutions:
            return await self._change(label, changes[0], options)
        path = f"{await self._label(label)}/commits"
        body = CommitBody(**write_members(options), changes=list(map(ChangeItem.of, changes)))
        return await self._write("POST", path, options, stage_query(options), encode_json(body.members()))

    async def make_label(
        self, who: Principal, name: str, new: NewLabel, options: WriteOptions = NO_OPTIONS
    ) -> WriteResult:
        """A label where there was none, or a tag moved."""
        body = encode_json(LabelBody.asking(new, options).members())
        return await self._write("PUT", path_of("labels", ("label", name)), options, body=body)

    async def delete_label(self, who: Principal, name: str, options: WriteOptions = NO_OPTIONS) -> WriteResult:
        """Remove a label."""
        return await self._write("DELETE", path_of("labels", ("label", name)), options, write_query(options))

    async def apply(
        self,
        who: Principal,
        label: str | None,
        part: StagedPart = EVERYTHING,
        options: WriteOptions = NO_OPTIONS,
        confirm_within: int | None = None,
    ) -> WriteResult:
        """Put what is staged in force, all of it or a part."""
        return await self._act(label, "apply", ApplyBody.trying(part, options, confirm_within), options)

    async def confirm(
        self, who: Principal, label: str | None, pending: str, options: WriteOptions = NO_OPTIONS
    ) -> WriteResult:
        """Let the label have what is pending."""
        body = WriteBody(**write_members(options))
        return await self._act(label, f"pending/{path_of(('pending', pending))[1:]}/confirm", body, options)

    async def cancel(
        self, who: Principal, label: str | None, pending: str, options: WriteOptions = NO_OPTIONS
    ) -> WriteResult:
        """Let readers get again what is saved."""
        path = f"{await self._label(label)}/pending{path_of(('pending', pending))}"
        return await self._write("DELETE", path, options, write_query(options))

    async def extend(
        self, who: Principal, label: str | None, pending: str, seconds: int, options: WriteOptions = NO_OPTIONS
    ) -> WriteResult:
        """Give what is pending so many seconds from now."""
        path = f"{await self._label(label)}/pending{path_of(('pending', pending))}"
        body = DeadlineBody(**write_members(options), confirm_within=seconds)
        return await self._write("PATCH", path, options, body=encode_json(body.members()))

    async def pin(
        self, who: Principal, label: str | None, brake: Brake, options: WriteOptions = NO_OPTIONS
    ) -> WriteResult:
        """Let readers of the label get one revision."""
        said = write_members(options)
        body = PinBody(**said, reason=brake.reason or None, until=brake.until, revision=brake.revision)
        return await self._write("PUT", f"{await self._label(label)}/pin", options, body=encode_json(body.members()))

    async def unpin(self, who: Principal, label: str | None, options: WriteOptions = NO_OPTIONS) -> WriteResult:
        """Let them get again what the label holds."""
        return await self._write("DELETE", f"{await self._label(label)}/pin", options, write_query(options))

    async def freeze(
        self, who: Principal, label: str | None, brake: Brake, options: WriteOptions = NO_OPTIONS
    ) -> WriteResult:
        """Refuse saves, pushes and applies to the label."""
        body = FreezeBody(**write_members(options), reason=brake.reason or None, until=brake.until)
        return await self._write("PUT", f"{await self._label(label)}/freeze", options, body=encode_json(body.members()))

    async def unfreeze(self, who: Principal, label: str | None, options: WriteOptions = NO_OPTIONS) -> WriteResult:
        """Let the label be written again."""
        return await self._write("DELETE", f"{await self._label(label)}/freeze", options, write_query(options))

    async def discard_staged(
        self, who: Principal, label: str | None, part: StagedPart = EVERYTHING, options: WriteOptions = NO_OPTIONS
    ) -> WriteResult:
        """Drop what is staged, all of it or a part."""
        return await self._act(label, "staged/discard", PartBody.asking(part, options), options)

    async def update_staged(
        self,
        who: Principal,
        label: str | None,
        resolve: Mapping[str, Keep] = NOTHING_RESOLVED,
        options: WriteOptions = NO_OPTIONS,
    ) -> WriteResult:
        """Merge the label into its staged branch; ``resolve``: path -> which side is right."""
        body = UpdateBody(**write_members(options), resolve=dict(resolve))
        return await self._act(label, "staged/update", body, options)

    async def restore(
        self, who: Principal, label: str | None, asked: Restore, options: WriteOptions = NO_OPTIONS
    ) -> WriteResult:
        """Let a label, or something in it, be as it was, by a new commit."""
        return await self._act(label, "restore", RestoreBody.asking(asked, options), options)

    async def revert(
        self, who: Principal, label: str | None, asked: Revert, options: WriteOptions = NO_OPTIONS
    ) -> WriteResult:
        """Undo what one commit did, by a new commit."""
        return await self._act(label, "revert", RevertBody.asking(asked, options), options)

    async def _act(self, label: str | None, verb: str, body: WriteBody, options: WriteOptions) -> WriteResult:
        """Do something with a label."""
        path, content = f"{await self._label(label)}/{verb}", encode_json(body.members())
        return await self._write("POST", path, options, stage_query(options), content)

    async def _change(self, label: str | None, change: Change, options: WriteOptions) -> WriteResult:
        """One change, on the route of what it changes: that one tells its validator."""
        if isinstance(change, PutFile | DeleteFile | PatchFile):
            path, query = path_of("files", ("path", change.path)), write_query(options, label)
            if isinstance(change, PutFile):
                return await self._write("PUT", path, options, query, change.content, _BYTES, validated=True)
            return await self._write("DELETE", path, options, query, validated=True)
        place = change.place
        path = path_of("sources", ("application", place.application), ("profile", place.profile))
        query = write_query(options, label, place)
        if isinstance(change, PatchSource):
            body, kind = encode_json(patch_content(change.patch)), patch_type(change.patch)
            query |= {"tidy": "true"} if isinstance(change.patch, MergePatch) and change.patch.tidy else {}
            return await self._write("PATCH", path, options, query, body, kind, validated=True)
        query |= {"collapse": "true"} if change.collapse else {}
        if isinstance(change, DeleteSource):
            return await self._write("DELETE", path, options, query, validated=True)
        body = encode_json(SourceBody(properties=dict(change.properties)).members())
        return await self._write("PUT", path, options, query, body, validated=True)

    async def _write(
        self,
        method: str,
        path: str,
        options: WriteOptions,
        query: Query | None = None,
        body: bytes | None = None,
        media_type: str = "application/json",
        *,
        validated: bool = False,
    ) -> WriteResult:
        headers = write_headers(options, media_type)
        answer = await self._wire.ask(method, f"{API}{path}", query, headers=headers, body=body)
        validator = validator_in(answer) if validated else None
        cursor = header(answer, "Config-Cursor")
        return self._wire.read(answer, WriteAnswer, lambda found: found.result(cursor, validator))
