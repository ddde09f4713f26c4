"""A running Kestra server: its plugins' schemas, its flows and its blueprints."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rag.errors import InvalidSource, SourceRefused, SourceUnreachable
from rag.model import Document
from rag.sources.catalog import type_document
from rag.sources.flows import flow_document

if TYPE_CHECKING:
    import httpx

_PAGE = 100


class KestraSource:
    """``url``: the server's address. ``auth``: user and password, or a token alone. ``tenant``: ``main`` since 0.23."""

    def __init__(
        self,
        url: str,
        *,
        auth: tuple[str, str] | str | None = None,
        tenant: str = "main",
        client: httpx.Client | None = None,
    ) -> None:
        self._url = url.rstrip("/")
        self._auth = auth
        self._tenant = tenant
        self._client = client
        self.key = f"kestra:{self._url}"

    def documents(self) -> Iterator[Document]:
        version = str(self._get("configs").get("version") or "")
        yield from self._types(version)
        yield from self._flows()
        yield from self._blueprints()

    def _types(self, version: str) -> Iterator[Document]:
        for plugin in self._list("plugins"):
            for kind, names in plugin.items():
                if kind not in _KINDS or not isinstance(names, list):
                    continue
                for entry in names:
                    name = str(entry.get("cls") if isinstance(entry, Mapping) else entry)
                    schema = self._get(f"plugins/{name}", optional=True)
                    if schema:
                        yield type_document(_facts(name, _KINDS[kind], schema), f"{self._url}/plugins")

    def _flows(self) -> Iterator[Document]:
        for page in range(1, 1000):
            found = self._get(f"{self._tenant}/flows/search?page={page}&size={_PAGE}")
            results = found.get("results") or []
            for entry in results:
                source = self._get(
                    f"{self._tenant}/flows/{entry['namespace']}/{entry['id']}?source=true", optional=True
                )
                document = flow_document(str(source.get("source") or ""), origin=f"{self._url} {entry['id']}")
                if document is not None:
                    yield document
            if len(results) < _PAGE:
                return

    def _blueprints(self) -> Iterator[Document]:
        found = self._get(f"{self._tenant}/blueprints/community/flow?page=1&size=1000", optional=True)
        for entry in found.get("results") or []:
            source = self._text(f"{self._tenant}/blueprints/community/flow/{entry['id']}/source")
            document = flow_document(source, origin=f"{self._url} blueprint {entry['id']}") if source else None
            if document is not None:
                yield document

    def _list(self, path: str) -> list[Mapping[str, Any]]:
        text = self._text(path)
        loaded = json.loads(text) if text else []
        return [e for e in loaded if isinstance(e, Mapping)] if isinstance(loaded, list) else []

    def _get(self, path: str, *, optional: bool = False) -> Mapping[str, Any]:
        text = self._text(path)
        try:
            loaded = json.loads(text) if text else {}
        except ValueError as error:
            raise InvalidSource(f"{self._url}/api/v1/{path} does not answer with JSON: {error}") from error
        if not isinstance(loaded, Mapping) or (not loaded and not optional):
            raise InvalidSource(f"{self._url} does not answer as a Kestra server", hint="check the address")
        return loaded

    def _text(self, path: str) -> str:
        """The answer's text; empty where there is nothing."""
        import httpx

        try:
            answer = self._opened().get(f"{self._url}/api/v1/{path}")
        except httpx.HTTPError as error:
            raise SourceUnreachable(f"no Kestra server answers at {self._url}: {error}") from error
        if answer.status_code in {401, 403}:
            raise SourceRefused(f"{self._url} refuses the login", hint="give user and password, or a token")
        if answer.status_code == 404:
            return ""
        if answer.status_code >= 400:
            raise SourceUnreachable(f"{self._url}/api/v1/{path} answers with status {answer.status_code}")
        return answer.text

    def _opened(self) -> httpx.Client:
        if self._client is None:
            import httpx

            bearer = {"Authorization": f"Bearer {self._auth}"} if isinstance(self._auth, str) else {}
            basic = self._auth if isinstance(self._auth, tuple) else None
            self._client = httpx.Client(timeout=30.0, auth=basic, headers=bearer)
        return self._client


_KINDS = {
    "tasks": "task", "triggers": "trigger", "conditions": "condition", "taskRunners": "task_runner",
    "logExporters": "log_exporter",
}  # fmt: skip


def _facts(name: str, kind: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """The server's JSON schema of a type in the catalog's form."""
    own = schema.get("schema") or {}
    inputs = own.get("properties") or {}
    required = set(inputs.get("required") or ())
    properties = {
        key: {"is": _type(value), "required": key in required, "default": value.get("default"),
              "enum": value.get("enum"), "deprecated": bool(value.get("$deprecated"))}
        for key, value in (inputs.get("properties") or {}).items() if isinstance(value, Mapping)
    }  # fmt: skip
    outputs = {k: _type(v) for k, v in ((own.get("outputs") or {}).get("properties") or {}).items()}
    core = name.startswith("io.kestra.plugin.core.")
    return {
        "type": name, "kind": kind, "plugin": "core" if core else "server", "properties": properties,
        "outputs": outputs, "deprecated": bool(inputs.get("$deprecated")),
    }  # fmt: skip


def _type(value: Any) -> str:
    if not isinstance(value, Mapping):
        return "any"
    return "enum" if value.get("enum") else str(value.get("type") or "any")
