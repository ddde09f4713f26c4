"""Many flows at once: import, export, delete, switch off and on."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Body, Request, Response
from fastapi.concurrency import run_in_threadpool

from copilot.api.kestra.context import engine_of
from copilot.api.kestra.errors import BadRequest, InvalidEntity, Violation
from copilot.api.kestra.flows import BETWEEN, MOST_FLOWS, accepted, delete, matching, register
from copilot.api.kestra.multipart import uploads
from copilot.api.kestra.queries import filters_of, flag
from copilot.api.kestra.unpacking import unpacked
from engine.errors import EngineError

if TYPE_CHECKING:
    from engine.storage.flows import StoredFlow

router = APIRouter(prefix="/flows", tags=["Kestra: flows"])
_DISABLED = re.compile(r"(?m)^disabled:.*\n?")
Ids = list[dict[str, str]]


# -- which ---------------------------------------------------------------------------------------------------


def _by_ids(request: Request, ids: Ids) -> list[StoredFlow]:
    """Every flow of a list of ``{namespace, id}``. NotFound for the first that is not there."""
    flows = engine_of(request).stores.flows
    return [flows.get(item.get("namespace", ""), item.get("id", "")) for item in ids]


def _by_query(request: Request) -> list[StoredFlow]:
    """The flows that a query means. BadRequest for one that means all."""
    filters = filters_of(request.query_params)
    if not filters:
        raise BadRequest("a filter is needed", hint="name what is meant, for example namespace=company.team")
    return matching(engine_of(request), filters)


# -- what ----------------------------------------------------------------------------------------------------


def _delete(request: Request, stored: StoredFlow) -> None:
    delete(engine_of(request), stored.namespace, stored.id)


def _enable(request: Request, stored: StoredFlow) -> None:
    if _DISABLED.search(stored.source):
        register(request, _DISABLED.sub("", stored.source))


def _disable(request: Request, stored: StoredFlow) -> None:
    """As in Kestra the flow's text says so, in a new revision."""
    bare = _DISABLED.sub("", stored.source)
    register(request, f"{bare}{'' if bare.endswith(chr(10)) else chr(10)}disabled: true\n")


def _each(act: Callable[[Request, StoredFlow], None], request: Request, flows: Iterable[StoredFlow]) -> dict[str, int]:
    count = 0
    for stored in flows:
        act(request, stored)
        count += 1
    return {"count": count}


def _add(name: str, verb: str, act: Callable[[Request, StoredFlow], None]) -> None:
    def by_ids(request: Request, ids: Ids = Body(max_length=MOST_FLOWS)) -> dict[str, int]:  # noqa: B008
        """A list of `{namespace, id}`. 404 when one is not there, then nothing is done."""
        return _each(act, request, _by_ids(request, ids))

    def by_query(request: Request) -> dict[str, int]:
        """Filters as for `/flows/search`."""
        return _each(act, request, _by_query(request))

    for kind, handler in (("by-ids", by_ids), ("by-query", by_query)):
        words = kind.replace("-", " ")
        router.add_api_route(f"/{name}/{kind}", handler, methods=[verb], summary=f"{name.capitalize()} flows {words}")


for _name, _verb, _act in (("delete", "DELETE", _delete), ("enable", "POST", _enable), ("disable", "POST", _disable)):
    _add(_name, _verb, _act)


# -- in and out ----------------------------------------------------------------------------------------------


def _packed(flows: Iterable[StoredFlow]) -> Response:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for stored in flows:
            archive.writestr(f"{stored.namespace}-{stored.id}.yml", stored.source)
    headers = {"Content-Disposition": 'attachment; filename="flows.zip"'}
    return Response(content.getvalue(), media_type="application/octet-stream", headers=headers)


@router.get("/export/by-query", summary="Flows as a ZIP of their texts")
def export_by_query(request: Request) -> Response:
    """Filters as for `/flows/search`; all flows without."""
    return _packed(matching(engine_of(request), filters_of(request.query_params)))


@router.post("/export/by-ids", summary="Flows of a list as a ZIP of their texts")
def export_by_ids(request: Request, ids: Ids = Body(max_length=MOST_FLOWS)) -> Response:  # noqa: B008
    return _packed(_by_ids(request, ids))


@router.post("/import", summary="Create or update flows from a file")
async def import_flows(request: Request) -> list[str]:
    """`fileUpload`: texts divided by `---`, or a ZIP of them. The answer names those that were not taken; with
    `failOnError=true` that is 422."""
    async with uploads(request) as parts:
        sent = next((part for part in parts if part.name == "fileUpload"), None)
    if sent is None:
        raise BadRequest("the part fileUpload is missing", hint="send it as multipart/form-data")
    if (sent.filename or "").lower().endswith(".zip"):
        sources = [(name, text.decode("utf-8", "replace")) for name, text in unpacked(sent.content, "fileUpload")]
    else:
        texts = [text for text in BETWEEN.split(sent.text()) if text.strip()]
        sources = [(str(number), text) for number, text in enumerate(texts)]
    wrong = await run_in_threadpool(_imported, request, sources[:MOST_FLOWS])
    if wrong and flag(request.query_params, "failOnError"):
        message = f"Following invalid flows were not imported: {', '.join(wrong)}"
        raise InvalidEntity([Violation("fileUpload", message)])
    return wrong


def _imported(request: Request, sources: Iterable[tuple[str, Any]]) -> list[str]:
    wrong: list[str] = []
    for name, source in sources:
        try:
            accepted(request, source)
            register(request, source)
        except (InvalidEntity, EngineError):
            wrong.append(name)
    return wrong
