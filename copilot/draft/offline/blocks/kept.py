"""Blocks for what is kept: key-value entries, files of the execution, old executions and logs."""

from __future__ import annotations

import re

from copilot.draft.offline import features
from copilot.draft.offline.blocks import block
from copilot.draft.offline.ir import Step
from copilot.draft.offline.messages import fill, show, value_of
from copilot.draft.offline.text import CODE, QUOTED
from copilot.draft.offline.types import before
from copilot.draft.offline.writer import Data, Task, Writer


@block("write_file")
def write_file(w: Writer, step: Step) -> list[Task]:
    message = (
        fill(w, step.args["quoted"][0])
        if step.args.get("quoted")
        else (show(w.last) or "Written by execution {{ execution.id }}")
    )
    named = re.search(r"\bfile\s+(?:called\s+|named\s+)?[`'\"]?[\w-]+(\.\w{1,5})\b", step.words)
    extension = named[1] if named else ".md" if "markdown" in step.words.lower() else ".txt"
    task = w.task("write_file", "core.storage.Write", content=message, extension=extension)
    w.yields(task, "file", "uri", extension[1:])
    return [task]


@block("purge_files")
def purge_files(w: Writer, step: Step) -> list[Task]:
    return [w.task("purge_files", "core.storage.PurgeCurrentExecutionFiles")]


@block("cleanup")
def cleanup(w: Writer, step: Step) -> list[Task]:
    """What a run leaves behind: its container where it ran one, else its files."""
    if re.search(r"\bcontainer|\bdocker\s+run", w.text.masked):
        name = w.ask("container_id", note="container to remove")
        return [w.task("remove_container", ["docker.cli.Rm", "docker.Rm"], containerIds=[name], force=True)]
    return [w.task("purge_files", "core.storage.PurgeCurrentExecutionFiles")]


@block("kv_purge")
def kv_purge(w: Writer, step: Step) -> list[Task]:
    return [
        w.task(
            "purge_expired_keys",
            "core.kv.PurgeKV",
            expiredOnly=True,
            namespaces=[w.namespace] if not re.search(r"all\s+namespaces", w.text.masked) else None,
        )
    ]


@block("purge_executions")
def purge_executions(w: Writer, step: Step) -> list[Task]:
    old = re.search(rf"older\s+than\s+{features.DURATION}", w.text.masked)
    days = features.duration(old["amount"], old["unit"]) if old else "P30D"
    task = w.task(
        "purge_executions",
        "core.execution.PurgeExecutions",
        endDate=f"{{{{ now() | dateAdd(-{re.sub(r'[^0-9]', '', days) or 30}, 'DAYS') }}}}",
        purgeLog=True,
        purgeMetric=True,
        purgeStorage=True,
        states=["SUCCESS", "WARNING", "FAILED"],
    )
    w.note("Purging deletes executions with their logs, metrics and files for good.")
    return [task]


@block("purge_logs")
def purge_logs(w: Writer, step: Step) -> list[Task]:
    old = re.search(rf"older\s+than\s+{features.DURATION}", w.text.masked)
    days = re.sub(r"[^0-9]", "", features.duration(old["amount"], old["unit"])) if old else "30"
    w.note("Purging logs deletes them for good.")
    return [w.task("purge_logs", "core.log.PurgeLogs", endDate=f"{{{{ now() | dateAdd(-{days}, 'DAYS') }}}}")]


def _unnamed(w: Writer, key: str) -> str:
    """A key for what the words give no name, and a note that says so."""
    w.note(f"No key was named; `{key}` is used.")
    return key


@block("kv_set")
def kv_set(w: Writer, step: Step) -> list[Task]:
    names = re.findall(r"\b[A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+\b", step.words)
    counter = re.search(r"\b(?:add|adds|increas\w*|increment\w*|count)\b", step.words.lower())
    if counter and not re.search(r"\bvalue\b", step.words.lower()):
        name = w.named(step, "key|kv|kv\\s+key") or _unnamed(w, "counter")
        task = w.task(
            f"count_{name}",
            "core.kv.Set",
            key=name,
            kvType="NUMBER",
            value=f"{{{{ (kv('{name}', flow.namespace, false) ?? 0) + 1 }}}}",
        )
        w.data.append(Data(task["id"], "value", "", f"kv('{name}')"))
        w.extra["kv_counter"] = name
        return [task]
    if len(names) > 1:
        return [
            w.task(
                n.lower(),
                "core.kv.Set",
                key=n,
                value="to-be-filled-in"
                if re.search(r"\blater\b|\bfill\s+in\b", w.text.masked)
                else w.ask(n.lower(), note=f"value for {n}"),
                kvType="STRING",
            )
            for n in names
        ]
    literals = [one.value for one in step.args["literals"] if one.kind in (CODE, QUOTED)]
    key = w.named(step, "key|kv|kv\\s+key|kv\\s+store") or (
        literals[-1] if literals else _unnamed(w, "last_status" if "status" in w.text.masked else "last_value")
    )
    said = re.search(r"\b(?:value|set\s+to)\s+(?:of\s+)?[`'\"]?([\w.-]+)", step.words)
    if re.search(
        r"\bcurrent\s+(?:date|time)|\bnow\b|\btoday", step.words.lower() + w.text.masked[step.end : step.end + 40]
    ):
        said = None
        day = re.search(r"\bdate\b|\btoday\b", step.words.lower() + w.text.masked[step.end : step.end + 40])
        w.data.append(Data("", "value", "", "now() | date('yyyy-MM-dd')" if day else "now()"))
    value = said[1] if said and said[1] not in ("of", "in", "under", "is", "as", "to", "that", "the", "it") else None
    if value is None:
        inner = value_of(w) or (w.last.expression if w.last else "")
        value = f"{{{{ {inner} }}}}" if inner else w.ask("value", note="value to keep")
        if w.http and "status" in key:
            value = f"{{{{ {w.out(w.http, 'code')} }}}}"
    key = f"{key}_{{{{ taskrun.value | slugify }}}}" if w.loops and "{{" not in key and before(w.target, "2.0") else key
    w.extra["kv_key"] = key
    return [
        w.task(
            "remember" if "remember" in step.words else f"set_{key}" if "{{" not in key else "set_status",
            "core.kv.Set",
            key=key,
            value=value,
        )
    ]


@block("kv_delete")
def kv_delete(w: Writer, step: Step) -> list[Task]:
    key = w.named(step, "key|kv|entry") or w.ask("key", note="key to delete")
    return [w.task(f"delete_{key}" if "{{" not in key else "delete_key", "core.kv.Delete", key=key)]


@block("kv_list")
def kv_list(w: Writer, step: Step) -> list[Task]:
    task = w.task("list_keys", "core.kv.GetKeys")
    w.yields(task, "rows", "keys")
    return [task]


def _file_said(w: Writer) -> tuple[list[Task], str]:
    """A file at hand, or one downloaded from the address the words name."""
    if (data := w.last_of("file")) is not None:
        return [], data.expression
    uri = next((one.value for one in w.text.literals if one.value.startswith("http")), None) or w.ask(
        "source_url", "URI", note="address of the file; it was not named"
    )
    task = w.task("download", "core.http.Download", uri=uri)
    return [task], w.yields(task, "file", "uri", "csv").expression


@block("split_file")
def split_file(w: Writer, step: Step) -> list[Task]:
    before_, source = _file_said(w)
    rows = re.search(r"\b(\d+)\s*(?:rows|lines|records)?\b", w.text.masked[step.start : step.end + 10])
    parts = re.search(r"\b(\d+)\s+(?:parts|pieces|partitions)", w.text.masked[step.start : step.end])
    task = w.task(
        "split",
        "core.storage.Split",
        **{"from": f"{{{{ {source} }}}}"},
        partitions=int(parts[1]) if parts else None,
        rows=None if parts else int(rows[1]) if rows else 1000,
    )
    w.data.append(Data(task["id"], "file", "csv", f"{w.out(task['id'], 'uris')} | first", w.out(task["id"], "uris")))
    return [*before_, task]


@block("reverse_file")
def reverse_file(w: Writer, step: Step) -> list[Task]:
    before_, source = _file_said(w)
    task = w.task("reverse", "core.storage.Reverse", **{"from": f"{{{{ {source} }}}}"})
    w.yields(task, "file", "uri", "txt")
    return [*before_, task]


@block("concat_files")
def concat_files(w: Writer, step: Step) -> list[Task]:
    """Several files as one; addresses in the words are downloaded first."""
    tasks: list[Task] = []
    known = [d.expression for d in w.data if d.kind == "file"]
    for one in w.text.literals:
        if (
            one.value.startswith("http")
            and len(known) < 8
            and not any(t.get("uri") == one.value for t in tasks)
            and not w.extra.get("fetched", {}).get(one.value)
        ):
            task = w.task("download", "core.http.Download", uri=one.value)
            known.append(w.yields(task, "file", "uri", "txt").expression)
            tasks.append(task)
    task = w.task("concat", "core.storage.Concat", files=[f"{{{{ {e} }}}}" for e in known] or [w.ask("file", "FILE")])
    w.yields(task, "file", "uri", "txt")
    return [*tasks, task]


@block("kv_get")
def kv_get(w: Writer, step: Step) -> list[Task]:
    literals = [one.value for one in step.args["literals"] if one.kind in (CODE, QUOTED)]
    key = w.named(step, "key|kv|value") or w.extra.get("kv_key") or (literals[-1] if literals else None)
    if key is None or "redis" in w.text.masked or w.extra.get("kv_counter") == key:
        return []
    missing_ok = bool(
        re.search(r"\bnobody\s+has|\bmissing|\bnot\s+(?:there|set|exist)|\bmay\s+not\s+fail|\bdefault", w.text.masked)
    )
    if missing_ok and re.search(r"\blog\b", step.words):
        return []
    task = w.task(f"get_{key}", "core.kv.Get", key=key, errorOnMissing=False if missing_ok else None)
    w.yields(task, "value", "value")
    return [task]
