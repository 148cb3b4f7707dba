"""What hangs on a label: ``labels/{label}/pending``, ``pin`` and ``freeze``."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from gitconfig_server.errors import BrakeNotFound, PendingNotFound
from gitconfig_server.model.pending import Hanging
from gitconfig_server.web.api.bodies import answers, read_body, takes
from gitconfig_server.web.api.options import Caller, Options, Service
from gitconfig_server.web.api.writes import LabelName, WriteQuery, answer_write, id_etag, label_name, write_options
from gitconfig_server.wire.declarations import Declaration, encode
from gitconfig_server.wire.holding import (
    DeadlineBody,
    FreezeAnswer,
    FreezeBody,
    HangingAnswer,
    PendingAnswer,
    PinAnswer,
    PinBody,
)
from gitconfig_server.wire.writes import WriteAnswer, WriteBody

router = APIRouter(tags=["pending"])

PendingId = Annotated[str, Path(description="The id that the apply answered.", examples=["4b825dc6"])]


@router.get("/labels/{label:rest}/hanging", operation_id="getHanging", **answers(HangingAnswer))
async def get_hanging(service: Service, who: Caller, label: LabelName, _: Annotated[Options, Query()]) -> Response:
    """What is pending for a label, and whether it is pinned or frozen."""
    return _answer(HangingAnswer.of(await service.hanging(who, label_name(label))))


@router.get("/labels/{label:rest}/pending", operation_id="getPending", **answers(PendingAnswer))
async def get_pending(service: Service, who: Caller, label: LabelName, _: Annotated[Options, Query()]) -> Response:
    """The apply that awaits its confirmation."""
    return _answer_pending(await service.hanging(who, label_name(label)), label_name(label), None)


@router.get("/labels/{label:rest}/pending/{pending:segment}", operation_id="getPendingById", **answers(PendingAnswer))
async def get_pending_by_id(
    service: Service, who: Caller, label: LabelName, pending: PendingId, _: Annotated[Options, Query()]
) -> Response:
    """The same, if it is the one of this id."""
    return _answer_pending(await service.hanging(who, label_name(label)), label_name(label), pending)


@router.post(
    "/labels/{label:rest}/pending/{pending:segment}/confirm",
    operation_id="confirmPending",
    **answers(WriteAnswer),
    openapi_extra=takes(WriteBody),
)
async def confirm_pending(
    request: Request,
    service: Service,
    who: Caller,
    label: LabelName,
    pending: PendingId,
    options: Annotated[WriteQuery, Query()],
) -> Response:
    """Let the label have it. What is confirmed already is so again, and changes nothing."""
    said = await write_options(request, options, await read_body(request, WriteBody))
    found = await service.confirm(who, label_name(label), pending, said)
    return answer_write(found, id_etag(found.commit) if found.commit else None)


@router.patch(
    "/labels/{label:rest}/pending/{pending:segment}",
    operation_id="extendPending",
    **answers(WriteAnswer),
    openapi_extra=takes(DeadlineBody),
)
async def extend_pending(
    request: Request,
    service: Service,
    who: Caller,
    label: LabelName,
    pending: PendingId,
    options: Annotated[WriteQuery, Query()],
) -> Response:
    """A new deadline, counted from now."""
    body = await read_body(request, DeadlineBody)
    said = await write_options(request, options, body)
    return answer_write(await service.extend(who, label_name(label), pending, body.confirm_within, said))


@router.delete("/labels/{label:rest}/pending/{pending:segment}", operation_id="cancelPending", **answers(WriteAnswer))
async def cancel_pending(
    request: Request,
    service: Service,
    who: Caller,
    label: LabelName,
    pending: PendingId,
    options: Annotated[WriteQuery, Query()],
) -> Response:
    """Let readers get again what is saved."""
    found = await service.cancel(who, label_name(label), pending, await write_options(request, options))
    return answer_write(found, id_etag(found.commit) if found.commit else None)


@router.get("/labels/{label:rest}/pin", operation_id="getPin", **answers(PinAnswer))
async def get_pin(service: Service, who: Caller, label: LabelName, _: Annotated[Options, Query()]) -> Response:
    """What readers of the label get, whatever it holds."""
    found = (await service.hanging(who, label_name(label))).pin
    if found is None:
        raise BrakeNotFound(label_name(label), "pinned")
    return _answer(PinAnswer.of(found))


@router.put("/labels/{label:rest}/pin", operation_id="pinLabel", **answers(WriteAnswer), openapi_extra=takes(PinBody))
async def pin_label(
    request: Request, service: Service, who: Caller, label: LabelName, options: Annotated[WriteQuery, Query()]
) -> Response:
    """Let readers of the label get one revision. No ref moves, and writes go on beneath it."""
    body = await read_body(request, PinBody)
    return answer_write(
        await service.pin(who, label_name(label), body.brake(), await write_options(request, options, body))
    )


@router.delete("/labels/{label:rest}/pin", operation_id="unpinLabel", **answers(WriteAnswer))
async def unpin_label(
    request: Request, service: Service, who: Caller, label: LabelName, options: Annotated[WriteQuery, Query()]
) -> Response:
    """Let them get again what it holds."""
    return answer_write(await service.unpin(who, label_name(label), await write_options(request, options)))


@router.get("/labels/{label:rest}/freeze", operation_id="getFreeze", **answers(FreezeAnswer))
async def get_freeze(service: Service, who: Caller, label: LabelName, _: Annotated[Options, Query()]) -> Response:
    """Why the label is not written, and until when."""
    found = (await service.hanging(who, label_name(label))).freeze
    if found is None:
        raise BrakeNotFound(label_name(label), "frozen")
    return _answer(FreezeAnswer.of(found))


@router.put(
    "/labels/{label:rest}/freeze", operation_id="freezeLabel", **answers(WriteAnswer), openapi_extra=takes(FreezeBody)
)
async def freeze_label(
    request: Request, service: Service, who: Caller, label: LabelName, options: Annotated[WriteQuery, Query()]
) -> Response:
    """Refuse saves, pushes and applies to the label; never going back, confirming and pinning."""
    body = await read_body(request, FreezeBody)
    return answer_write(
        await service.freeze(who, label_name(label), body.brake(), await write_options(request, options, body))
    )


@router.delete("/labels/{label:rest}/freeze", operation_id="unfreezeLabel", **answers(WriteAnswer))
async def unfreeze_label(
    request: Request, service: Service, who: Caller, label: LabelName, options: Annotated[WriteQuery, Query()]
) -> Response:
    """Let the label be written again."""
    return answer_write(await service.unfreeze(who, label_name(label), await write_options(request, options)))


def _answer_pending(hanging: Hanging, label: str, wanted: str | None) -> Response:
    found = hanging.pending
    if found is None or wanted not in (None, found.id):
        raise PendingNotFound(label, wanted or "")
    return _answer(PendingAnswer.of(found))


def _answer(declared: Declaration[Any]) -> Response:
    return Response(encode(declared), headers={"Cache-Control": "no-store"}, media_type="application/json")
