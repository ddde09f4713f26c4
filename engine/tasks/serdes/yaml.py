"""YAML."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import TaskFailed
from engine.tasks.core.storage.files import own_file
from engine.tasks.ion import read_rows, to_json, write_rows
from engine.tasks.props import Props
from engine.tasks.registry import Outputs, runnable
from engine.tasks.serdes.json import json_document, json_lines

if TYPE_CHECKING:
    from engine.tasks.context import RunContext


def _documents(source: Path, charset: str) -> Iterator[Any]:
    import yaml

    try:
        for document in yaml.safe_load_all(source.read_text(encoding=charset)):
            yield from document if isinstance(document, list) else [document]
    except yaml.YAMLError as error:
        raise TaskFailed(f"{source.name} is not YAML: {error}", code="not-yaml") from error


def _yaml(task: RunContext, props: Props, rows: Iterable[Any]) -> Outputs:
    import yaml

    found = [to_json(row) for row in rows]
    text = yaml.safe_dump(found, allow_unicode=True, sort_keys=False)
    return {"uri": task.files.put_bytes(text.encode(props.text("charset", "UTF-8")), "rows.yaml"), "size": len(found)}


@runnable("io.kestra.plugin.serdes.yaml.YamlToIon", effects="files")
def yaml_to_ion(task: RunContext) -> Outputs:
    """The items of a list, or each document; ``uri`` and ``size``."""
    props = Props(task)
    target = own_file(task, "rows.ion")
    size = write_rows(target, _documents(task.files.open(props.required("from")), props.text("charset", "UTF-8")))
    return {"uri": task.files.put(target, target.name), "size": size}


@runnable("io.kestra.plugin.serdes.yaml.IonToYaml", effects="files")
def ion_to_yaml(task: RunContext) -> Outputs:
    """Rows as one YAML list; ``uri`` and ``size``."""
    props = Props(task)
    return _yaml(task, props, read_rows(task.files.open(props.required("from"))))


@runnable("io.kestra.plugin.serdes.yaml.JsonToYaml", effects="files")
def json_to_yaml(task: RunContext) -> Outputs:
    """A JSON document, or a value a line with ``jsonl``, as one YAML list; ``uri`` and ``size``."""
    props = Props(task)
    source, charset = task.files.open(props.required("from")), props.text("charset", "UTF-8")
    return _yaml(task, props, json_lines(source, charset) if props.flag("jsonl") else json_document(source, charset))


@runnable("io.kestra.plugin.serdes.yaml.YamlToJson", effects="files")
def yaml_to_json(task: RunContext) -> Outputs:
    """YAML as one JSON list, or a value a line with ``jsonl``; ``uri`` and ``size``."""
    props = Props(task)
    charset, lines = props.text("charset", "UTF-8"), props.flag("jsonl")
    rows = [to_json(row) for row in _documents(task.files.open(props.required("from")), charset)]
    parts = [json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows]
    text = "".join(part + "\n" for part in parts) if lines else "[" + ",".join(parts) + "]"
    return {"uri": task.files.put_bytes(text.encode(charset), f"rows.json{'l' if lines else ''}"), "size": len(rows)}
