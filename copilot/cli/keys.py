"""Commands below `kv`: list, get, set, delete keys of a namespace, here or on a Kestra server."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from copilot.cli.options import AsJson, On
from copilot.cli.output import boundary, emit, finish, progress, say
from copilot.errors import Usage

if TYPE_CHECKING:
    from copilot.kestra.client import Kestra
    from engine.storage.kv import KvEntry, KvStore

kv = typer.Typer(help="Keys and values of a namespace.", no_args_is_help=True, rich_markup_mode=None)
Namespace = Annotated[
    str | None, typer.Option("--namespace", "-n", help="FLOWWRIGHT_NAMESPACE, or company.team, by default.")
]
Key = Annotated[str, typer.Argument(metavar="KEY")]


def add_to(app: typer.Typer) -> None:
    app.add_typer(kv, name="kv")


@kv.command("list")
def list_keys(namespace: Namespace = None, on: On = None, as_json: AsJson = False) -> None:
    """List the keys of a namespace, without their values."""
    with boundary(as_json):
        with _place(namespace, on) as (name, server, store):
            keys = [_there(k) for k in server.keys(name)] if server else [_here(e) for e in store.entries(name)]
        if as_json:
            emit({"namespace": name, "keys": keys})
        for key in [] if as_json else keys:
            until = f"  until {key['expires']}" if key["expires"] else ""
            say(f"{key['key']}{until}" + (f"  {key['description']}" if key["description"] else ""))


@kv.command("get")
def get(key: Key, namespace: Namespace = None, on: On = None, as_json: AsJson = False) -> None:
    """Show the value of a key."""
    with boundary(as_json):
        with _place(namespace, on) as (name, server, store):
            found = server.value(name, key) if server else _typed(store.entry(name, key))
        if as_json:
            emit({"namespace": name, "key": key, **found})
        else:
            say(found["value"] if isinstance(found["value"], str) else json.dumps(found["value"], ensure_ascii=False))


@kv.command("set")
def set_key(
    key: Key,
    value: Annotated[str, typer.Argument(metavar="VALUE", help="JSON, or a plain text; - reads standard input.")],
    kind: Annotated[
        str | None,
        typer.Option("--type", metavar="TYPE", help="STRING, NUMBER, BOOLEAN, DATETIME, DATE, DURATION or JSON."),
    ] = None,
    ttl: Annotated[str | None, typer.Option("--ttl", metavar="DURATION", help="How long it lives: PT1H, P7D.")] = None,
    description: Annotated[str | None, typer.Option("--description", help="What it is for.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite/--no-overwrite", help="Replace what is there.")] = True,
    namespace: Namespace = None,
    on: On = None,
    as_json: AsJson = False,
) -> None:
    """Set a key."""
    with boundary(as_json):
        text = sys.stdin.read().rstrip("\n") if value == "-" else value
        with _place(namespace, on) as (name, server, store):
            put = _put_there if server else _put_here
            found = put(server or store, name, key, _meant(text, kind), kind, ttl, description, overwrite)
        if as_json:
            emit({"namespace": name, "key": key, **found})
        else:
            say(f"{name}: {key} is set ({found['type']})")


@kv.command("delete")
def delete(key: Key, namespace: Namespace = None, on: On = None, as_json: AsJson = False) -> None:
    """Delete a key; ends with 1 when there was none."""
    with boundary(as_json):
        with _place(namespace, on) as (name, server, store):
            gone = server.forget(name, key) if server else store.delete(name, key)
        if as_json:
            emit({"namespace": name, "key": key, "deleted": gone})
        else:
            say(f"{name}: {key} " + ("is deleted" if gone else "was not there"))
        finish(gone)


@contextmanager
def _place(namespace: str | None, on: str | None) -> Iterator[tuple[str, Kestra | None, KvStore]]:
    """(namespace, the server named if any, the store of this home)."""
    from copilot.places import server_named
    from copilot.settings import load_settings
    from copilot.wiring import Workbench

    settings = load_settings()
    name = namespace or settings.namespace
    # the store is safe for several processes, so there is no need to ask a service for it
    with Workbench(settings, progress).records() as engine:
        if on is None:
            yield name, None, engine.stores.kv
            return
        with server_named(settings, on) as server:
            server.check()
            yield name, server, engine.stores.kv


def _meant(text: str, kind: str | None) -> Any:
    """A value: of the type named, else JSON if it is that, else text."""
    if kind is not None:
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _put_here(
    store: Any, name: str, key: str, value: Any, kind: Any, ttl: str | None, description: str | None, overwrite: bool
) -> dict[str, Any]:
    seconds = _seconds(ttl)
    store.put(name, key, value, ttl=seconds, description=description, type=kind, overwrite=overwrite)
    return _typed(store.entry(name, key))


def _put_there(
    server: Any, name: str, key: str, value: Any, kind: Any, ttl: str | None, description: str | None, overwrite: bool
) -> dict[str, Any]:
    _seconds(ttl)
    if not overwrite and key in {found.get("key") for found in server.keys(name)}:
        from engine.errors import Refused

        raise Refused(f"the key '{key}' exists", hint="leave --no-overwrite out", code="kv-key-exists")
    server.put(name, key, _of_kind(value, kind), ttl=ttl, description=description)
    return dict(server.value(name, key))


def _of_kind(value: Any, kind: str | None) -> Any:
    """A text as the JSON value that makes Kestra see its type."""
    if kind not in ("NUMBER", "BOOLEAN", "JSON"):
        return value
    try:
        return json.loads(value.lower() if kind == "BOOLEAN" else value)
    except ValueError:
        raise Usage(f"'{value}' is no {kind}", hint="correct the value, or its --type") from None


def _seconds(ttl: str | None) -> float | None:
    from engine.durations import parse_duration

    if ttl is None:
        return None
    try:
        return parse_duration(ttl).total_seconds()
    except ValueError:
        raise Usage(f"--ttl {ttl} is not a duration", hint="for example PT1H or P7D") from None


def _typed(entry: KvEntry) -> dict[str, Any]:
    return {"type": entry.type, "value": entry.value}


def _here(entry: KvEntry) -> dict[str, Any]:
    return {
        "key": entry.key,
        "description": entry.description,
        "created": entry.created.isoformat(),
        "updated": entry.updated.isoformat(),
        "expires": None if entry.expires is None else entry.expires.isoformat(),
    }


def _there(key: dict[str, Any]) -> dict[str, Any]:
    names = {"created": "creationDate", "updated": "updateDate", "expires": "expirationDate"}
    shown = {name: key.get(field) for name, field in names.items()}
    return {"key": key.get("key"), "description": key.get("description"), **shown}
