"""Blocks for HTTP: downloads, requests, checks."""

from __future__ import annotations

import json
import re
from typing import Any

from copilot.draft.offline.blocks import block
from copilot.draft.offline.ir import Step
from copilot.draft.offline.types import before
from copilot.draft.offline.writer import Task, Writer

_EXTENSIONS = {"csv": "csv", "json": "json", "jsonl": "jsonl", "ndjson": "jsonl", "xml": "xml", "yaml": "yaml", "yml": "yaml", "parquet": "parquet",
               "zip": "zip", "gz": "gz", "xlsx": "excel", "txt": "txt", "avro": "avro", "pdf": "pdf"}  # fmt: skip


def format_of(uri: str, words: str) -> str:
    """The format a file has, by its name, else by the words."""
    match = re.search(r"\.([a-z]+)(?:$|[?#])", uri.lower())
    if match and match[1] in _EXTENSIONS:
        return _EXTENSIONS[match[1]]
    for word, name in (
        ("csv", "csv"),
        ("parquet", "parquet"),
        ("xml", "xml"),
        ("excel", "excel"),
        ("zip", "zip"),
        ("pdf", "pdf"),
        ("jsonl", "jsonl"),
        ("json", "json"),
        ("yaml", "yaml"),
    ):
        if re.search(rf"\b{word}s?\b", words.lower()):
            return name
    return "json" if re.search(r"\bapi\b|dummyjson", (words + uri).lower()) else "csv"


def address(w: Writer, step: Step, hint: str = "") -> str:
    """The address said, an input that names one, or a new input for it."""
    if step.args.get("uri"):
        return str(step.args["uri"])
    if w.loops and re.search(r"\b(?:urls?|web\s?sites?|sites?|feeds?|endpoints?)\b", w.text.masked):
        value = w.extra["loop_value"][-1]
        return f"{{{{ fromJson({value}).url }}}}" if w.extra.get("loop_rows") else f"{{{{ {value} }}}}"
    for name, spec in w.inputs.items():
        if spec.type == "URI" or re.fullmatch(r"(?:.*_)?(?:ur[il]|link)", name):
            return f"{{{{ inputs.{name} }}}}"
    w.note("No address was named; it is an input without a default.")
    return w.ask(hint or "source_url", "URI", note="address to fetch; it was not named")


@block("http_download")
def download(w: Writer, step: Step) -> list[Task]:
    count = re.search(r"\b(?P<n>[2-5]|two|three)\b(?:\s+or\s+\d)?\s+csv\s+files", w.text.masked)
    joined = re.search(r"\bthe\s+two\s+(\w+)\s+files\b", w.text.masked)
    if (count or joined) and not step.args.get("uri") and not w.loops:
        return [
            _one(w, step, f"download_{n}", w.ask(f"source_url_{n}", "URI", note=f"address of file {n}")) for n in (1, 2)
        ]
    uri = address(w, step)
    name = re.search(r"/([A-Za-z][\w-]*?)(?:\.\w+)*(?:$|[?#])", uri)
    hint = f"download_{name[1]}" if name and "{{" not in uri else "download"
    return [_one(w, step, hint, uri)]


def _one(w: Writer, step: Step, hint: str, uri: str) -> Task:
    task = w.task(hint, "core.http.Download", uri=uri)
    w.yields(
        task,
        "file",
        "uri",
        format_of(uri if "{{" not in uri else "", step.words + " " + w.text.plain if "{{" in uri else step.words),
    )
    return task


@block("http_request")
def request(w: Writer, step: Step) -> list[Task]:
    method = step.args.get("method") or "GET"
    uri = address(w, step, "uri" if step.args.get("check") else "api_url")
    if method in ("POST", "PUT") and re.search(r"\bform[\s-]?(?:data|fields?)?\b", w.text.masked):
        return [_form(w, step, uri, method)]
    body, kind = _body(w, step) if method in ("POST", "PUT", "PATCH") else (None, None)
    task = w.task(
        _hint(step, method),
        "core.http.Request",
        uri=_with_query(w, uri),
        method=method if method != "GET" else None,
        headers=_headers(w, step),
        contentType=kind,
        body=body,
    )
    if step.args.get("check") or re.search(
        (
            r"status(?:\s+code)?\s+(?:is|isn|!=|is\s+not)|not\s+200|is\s+down|\b(?:else"
            r"|other)\s+than\s+\d{3}|\b(?:don'?t|do\s+not|must\s+not|should\s+not|shouldn'?t"
            r"|never)\s+fail\b"
        ),
        w.text.masked,
    ):
        task["options"] = {"allowFailed": True}
    w.http = task["id"]
    w.yields(task, "body", "body", "json")
    return [task]


def _with_query(w: Writer, uri: str) -> str:
    """The address with the query parameters the words name ('query parameter q=tea')."""
    said = re.search(
        (
            r"\b(?:query|url)\s+(?:parameters?|params?"
            r"|string)\s+(?P<pairs>[\w.-]+\s*=\s*[\w.-]+(?:\s*(?:,|&|and)\s*[\w.-]+\s*=\s*[\w.-]+)*)"
        ),
        w.text.plain,
    )
    if said is None or "?" in uri:
        return uri
    pairs = re.findall(r"([\w.-]+)\s*=\s*([\w.-]+)", said["pairs"])
    shown = [f"{n}={{{{ inputs.{v} | urlencode }}}}" if v in w.inputs else f"{n}={v}" for n, v in pairs]
    return f"{uri}?{'&'.join(shown)}"


def _form(w: Writer, step: Step, uri: str, method: str) -> Task:
    words = re.sub(r"https?://\S+", "", w.extra["sentences"].get(step.clause, step.words))
    fields = {
        n: f"{{{{ inputs.{v} }}}}" if v in w.inputs else v
        for n, v in re.findall(r"\b([A-Za-z_]\w*)\s*=\s*[`'\"]?([\w.@-]+)", words)
    }
    fields = fields or {n: f"{{{{ inputs.{n} }}}}" for n in w.inputs}
    task = w.task(
        "send_form",
        "core.http.Request",
        uri=uri,
        method=method,
        contentType="multipart/form-data",
        formData=fields or {"field": w.ask("field")},
    )
    w.http = task["id"]
    w.yields(task, "body", "body", "json")
    return task


def _hint(step: Step, method: str) -> str:
    if step.args.get("check"):
        return "check_site"
    return {"POST": "send_request", "PUT": "send_request", "PATCH": "send_request", "DELETE": "delete_request"}.get(
        method, "call_api"
    )


def _headers(w: Writer, step: Step) -> dict[str, str] | None:
    headers: dict[str, str] = {}
    bearer = re.search(
        r"\b[Bb]earer\s+(?:token\s+)?(?:taken\s+)?from\s+(?:the\s+)?secret\s+`?([A-Z][A-Z0-9_]+)", w.text.plain
    )
    if bearer:
        return {"Authorization": f"Bearer {w.secret(bearer[1])}"}
    for match in re.finditer(
        (
            r"\bheaders?\s+`?([A-Z][\w-]*)`?\s*(?:taken\s+|comes?\s+|is\s+)?(?:from|with|=|:|set\s+to"
            r"|is)?\s*(?:the\s+)?(secret\s+)?[`'\"]?([\w.-]+)"
        ),
        w.text.plain,
    ):
        headers[match[1]] = w.secret(match[3]) if match[2] else match[3]
    if (re.search(r"\b(?:bearer|token)\b", step.words.lower()) and not headers) or (
        not step.args.get("uri") and step.args.get("method") in ("POST", "PUT", "PATCH") and not headers
    ):
        headers["Authorization"] = f"Bearer {w.secret('API_TOKEN')}"
    return headers or None


def _body(w: Writer, step: Step) -> tuple[str | None, str | None]:
    if given := _given_body(w, step):
        return given
    pairs = _pairs(w, step)
    if pairs:
        inner = ", ".join(f"'{k}': {v}" for k, v in pairs.items())
        return f"{{{{ {{{inner}}} | toJson }}}}", "application/json"
    if (file := w.last) is not None and file.kind == "file" and file.format in _SENT_AS:
        return f"{{{{ read({file.expression}) }}}}", _SENT_AS[file.format]
    if w.loops:
        return f"{{{{ {{'value': {w.extra['loop_value'][-1]}}} | toJson }}}}", "application/json"
    if w.last and w.last.kind in ("answer", "value", "rows", "body"):
        return f"{{{{ {{'content': {w.last.expression}}} | toJson }}}}", "application/json"
    if w.approvals:
        return f"{{{{ {{'approved': outputs.{w.approvals[0]}.onResume.approved}} | toJson }}}}", "application/json"
    if w.inputs and not w.data:
        inner = ", ".join(f"'{n}': inputs.{n}" for n in w.inputs if not n.endswith(("_url", "url", "uri")))
        return (f"{{{{ {{{inner}}} | toJson }}}}" if inner else None), "application/json"
    return None, "application/json"


_SENT_AS = {
    "json": "application/json", "csv": "text/csv", "xml": "application/xml", "jsonl": "application/x-ndjson",
    "txt": "text/plain", "yaml": "application/yaml",
}  # fmt: skip


def _given_body(w: Writer, step: Step) -> tuple[str, str] | None:
    """A body written out in the words: a JSON object, or a quoted text that is to be sent."""
    clause = w.extra["sentences"].get(step.clause, step.words)
    for found in re.findall(r"\{[^{}]*\}", clause):
        try:
            value = json.loads(found)
        except ValueError:
            continue
        if isinstance(value, dict) and value:
            return json.dumps(value, ensure_ascii=False), "application/json"
    text = re.search(r"\b(?:the\s+)?(?:text|string|message|body|words?)\s+(?=['\"`\u201c])", step.words)
    said = [one for one in step.args.get("literals", ()) if one.kind == "\ue001"]
    if text and said and not re.search(r"\bjson\b|\bfield\b", step.words.lower()):
        return said[0].value, "text/plain"
    return None


def _pairs(w: Writer, step: Step) -> dict[str, Any]:
    """Fields of a JSON body that are said: 'a field `source` = kestra', 'the execution id', '{"name": ...}'."""
    words, out = w.text.plain[step.start :], {}
    value = w.extra["loop_value"][-1] if w.loops else None
    for name in re.findall(r"\{\s*[\"'](\w+)[\"']\s*:\s*(?:\.\.\.|…|<[\w ]+>)", words):
        out[name] = value or (w.last.expression if w.last else "execution.id")
    if re.search(r"\bexecution\s+id\b", words):
        out["execution_id"] = "execution.id"
    for name, said in re.findall(
        (
            r"\bfield\s+[`'\"]?(\w+)[`'\"]?\s*(?:=|:|is|with\s+value|set\s+to)\s*[`'\"]?([\w "
            r".-]+?)[`'\"]?(?=[.,;]|$|\s+and\b)"
        ),
        words,
    ):
        out[name] = f"inputs.{said}" if said in w.inputs else f"'{said}'"
    if not out and (
        with_ := re.search(r"\b(?:json|body|data|payload)\s+(?:body\s+)?(?:with\s+|of\s+|:\s*)(.*)", step.words)
    ):
        for name, said in re.findall(
            r"\b([A-Za-z_]\w*)\s*(?:=|:)\s*[`'\"]?([\w.@-]+)", re.sub(r"https?://\S+", "", with_[1])
        ):
            out[name] = f"inputs.{said}" if said in w.inputs else f"'{said}'"
    return out


def loop_item(w: Writer) -> str:
    """The current value of the innermost loop, as an inner expression."""
    return "taskrun.value" if before(w.target, "2.0") else "item.value"
