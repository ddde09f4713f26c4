"""XML."""

from __future__ import annotations

import re
import xml.etree.ElementTree as tree
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from engine.errors import TaskFailed
from engine.tasks.core.storage.files import own_file
from engine.tasks.ion import read_rows, to_json, write_rows
from engine.tasks.props import Props, as_text
from engine.tasks.registry import Outputs, runnable
from engine.tasks.serdes.moments import zoned

if TYPE_CHECKING:
    from engine.tasks.context import RunContext

_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?")
_NAME = re.compile(r"[^\w.-]")


@runnable("io.kestra.plugin.serdes.xml.XmlToIon", effects="files", aliases=("io.kestra.plugin.serdes.xml.XmlReader",))
def xml_to_ion(task: RunContext) -> Outputs:
    """The elements that the XPath ``query`` finds, or the whole document, as maps; ``uri`` and ``size``."""
    props = Props(task)
    source = task.files.open(props.required("from"))
    try:
        root = tree.fromstring(source.read_bytes().decode(props.text("charset", "UTF-8")).lstrip("\ufeff"))
    except (tree.ParseError, UnicodeError) as error:
        raise TaskFailed(f"{source.name} is not XML: {error}", code="not-xml") from error
    force = frozenset(props.within("parserConfiguration").strings("forceList"))
    target = own_file(task, "rows.ion")
    size = write_rows(target, _found(root, props.text("query"), force))
    return {"uri": task.files.put(target, target.name), "size": size}


def _found(root: tree.Element, query: str, force: frozenset[str]) -> Iterator[Any]:
    if not query:
        yield {_local(root.tag): _value(root, force)}
        return
    try:
        found = _search(root, query.strip())
    except (SyntaxError, KeyError) as error:
        raise TaskFailed(
            f"query '{query}' is not an XPath that is understood here: {error}",
            code="wrong-query",
            hint="steps by name, //, *, [n], [@attribute='x'] and [child='x'] are",
        ) from error
    for element in found:
        yield _value(element, force)


def _search(root: tree.Element, query: str) -> list[tree.Element]:
    """ElementTree searches below an element; a query from the document is one below a holder of the root."""
    holder = tree.Element("document")
    holder.append(root)
    path = f".{query}" if query.startswith("/") else f".//{query}"
    return holder.findall(path)


def _value(element: tree.Element, force: frozenset[str]) -> Any:
    """Text for a plain element; else a map of attributes and children, repeated ones as a list."""
    text = (element.text or "").strip()
    if not len(element) and not element.attrib:
        return _scalar(text)
    values: dict[str, Any] = {_local(name): _scalar(value) for name, value in element.attrib.items()}
    for child in element:
        name, value = _local(child.tag), _value(child, force)
        if name in values:
            values[name] = [*values[name], value] if isinstance(values[name], list) else [values[name], value]
        else:
            values[name] = [value] if name in force else value
    if text:
        values["content"] = _scalar(text)
    return values


def _scalar(text: str) -> Any:
    if text in ("true", "false"):
        return text == "true"
    if _NUMBER.fullmatch(text):
        return float(text) if any(sign in text for sign in ".eE") else int(text)
    return text


def _local(name: str) -> str:
    return name.rpartition("}")[2]


@runnable("io.kestra.plugin.serdes.xml.IonToXml", effects="files", aliases=("io.kestra.plugin.serdes.xml.XmlWriter",))
def ion_to_xml(task: RunContext) -> Outputs:
    """Rows as ``item`` elements below ``rootName``; ``uri`` and ``size``."""
    props = Props(task)
    root = tree.Element(props.text("rootName", "items"))
    size, zone = 0, zoned(props)
    for row in read_rows(task.files.open(props.required("from"))):
        _append(root, "item", to_json(zone(row)))
        size += 1
    content = tree.tostring(root, encoding=props.text("charset", "UTF-8"), xml_declaration=True)
    return {"uri": task.files.put_bytes(content, "rows.xml"), "size": size}


def _append(parent: tree.Element, name: str, value: Any) -> None:
    if isinstance(value, list):
        for item in value:
            _append(parent, name, item)
        return
    element = tree.SubElement(parent, _NAME.sub("_", name) or "item")
    if isinstance(value, Mapping):
        for key, item in value.items():
            _append(element, key, item)
    else:
        element.text = as_text(value)
