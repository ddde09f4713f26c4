"""What we ask of a Kestra server, in its own words: flows, executions, logs, keys, triggers."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from copilot.kestra.errors import Missing, NotKestra, Rejected, ServerUnreachable
from copilot.kestra.transport import Login, Patience, Transport
from copilot.settings import Settings
from copilot.versions import VERSIONS

_log = logging.getLogger(__name__)
YAML = {"Content-Type": "application/x-yaml"}
_JSON = {"Content-Type": "application/json"}
_PAGE = 100
_LOG_READS = 4
ENDED = ("SUCCESS", "WARNING", "FAILED", "KILLED", "CANCELLED", "RETRIED", "SKIPPED")


@dataclass(frozen=True, slots=True)
class Deployed:
    """A flow as the server has it."""

    namespace: str
    id: str
    revision: int
    source: str


class Kestra:
    """One server and one tenant of it. Use it as a context manager. Every method may raise a KestraError."""

    def __init__(self, url: str, *, tenant: str = "main", login: Login | None = None, patience: Patience | None = None):
        self.url = url.rstrip("/")
        self.tenant = tenant
        self._transport = Transport(self.url, login or Login(), patience or Patience())
        self._root = f"/api/v1/{quote(tenant, safe='')}"
        self._version: str | None = None

    @classmethod
    def of(cls, settings: Settings, url: str, **login: str | None) -> Self:
        """The server at an address, with the credentials that the settings hold; ``login`` members win."""
        password, token = settings.kestra_password, settings.kestra_token
        known = {
            "user": settings.kestra_user,
            "password": password.get_secret_value() if password else None,
            "token": token.get_secret_value() if token else None,
        }
        merged = Login(**{**known, **{name: value for name, value in login.items() if value is not None}})
        patience = Patience(settings.kestra_tries, settings.kestra_backoff, settings.kestra_timeout)
        return cls(url, tenant=settings.kestra_tenant, login=merged, patience=patience)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._transport.close()

    # -- the server ----------------------------------------------------------------------------------

    def check(self) -> str:
        """Whether it answers, lets us in and has the tenant; gives its version (``1.1.4``), empty when it hides it."""
        if self._version is None:
            found = self._first_look()
            if not isinstance(found, Mapping) or "results" not in found:
                raise NotKestra(f"{self.url} does not answer like Kestra", hint="give the address without a path")
            try:
                configs = self._json("GET", "/api/v1/configs")
            except (Missing, NotKestra, Rejected):
                configs = {}
            version = configs.get("version") if isinstance(configs, Mapping) else None
            self._version = version if isinstance(version, str) else ""
        return self._version

    def _first_look(self) -> Any:
        try:
            return self._json("GET", f"{self._root}/flows/search?size=1")
        except Missing:
            if self.tenant != "main":
                raise
            # before 0.23 the open-source edition had no tenants in its addresses
            self._root = "/api/v1"
            return self._json("GET", f"{self._root}/flows/search?size=1")

    def target(self, default: str) -> str:
        """The version to check flows for: the server's, or the nearest one known below it."""
        version = self.check()
        return nearest_known(version) if version else default

    # -- flows ---------------------------------------------------------------------------------------

    def flow(self, namespace: str, flow_id: str) -> Deployed | None:
        """A flow with its text, None when there is none."""
        try:
            found = self._json("GET", f"{self._flow(namespace, flow_id)}?source=true")
        except Missing:
            return None
        # Kestra answers with nothing, not with 404, where it finds none in some versions
        return _deployed(found) if isinstance(found, Mapping) and found.get("id") else None

    def flows(self, namespace: str) -> list[str]:
        """The ids of the flows of a namespace."""
        found = self._json("GET", f"{self._root}/flows/{_part(namespace)}")
        return sorted(str(flow["id"]) for flow in found or [])

    def validate(self, source: str) -> list[str]:
        """What the server itself finds wrong with a flow; empty when it would take it."""
        found = self._json("POST", f"{self._root}/flows/validate", content=source.encode(), headers=YAML, again=True)
        verdicts = [item for item in found or [] if isinstance(item, Mapping)]
        return [str(item["constraints"]) for item in verdicts if item.get("constraints")]

    def create(self, source: str) -> Deployed:
        return _deployed(self._json("POST", f"{self._root}/flows", content=source.encode(), headers=YAML))

    def update(self, namespace: str, flow_id: str, source: str) -> Deployed:
        address = self._flow(namespace, flow_id)
        return _deployed(self._json("PUT", address, content=source.encode(), headers=YAML))

    def delete(self, namespace: str, flow_id: str) -> None:
        self._transport.ask("DELETE", self._flow(namespace, flow_id))

    def _flow(self, namespace: str, flow_id: str) -> str:
        return f"{self._root}/flows/{_part(namespace)}/{_part(flow_id)}"

    # -- executions ----------------------------------------------------------------------------------

    def start(
        self,
        namespace: str,
        flow_id: str,
        inputs: Mapping[str, Any] | None = None,
        files: Mapping[str, Path] | None = None,
    ) -> str:
        """The id of a new execution. Rejected for inputs that do not fit."""
        form = [(name, (None, _text(value))) for name, value in (inputs or {}).items()]
        sent = [(name, (path.name, path.read_bytes())) for name, path in (files or {}).items()]
        address = f"{self._root}/executions/{_part(namespace)}/{_part(flow_id)}"
        found = self._json("POST", address, files=[*form, *sent] or None)
        return str(found["id"])

    def execution(self, execution: str) -> dict[str, Any]:
        return dict(self._json("GET", f"{self._root}/executions/{_part(execution)}"))

    def logs(self, execution: str) -> list[dict[str, Any]]:
        return list(self._json("GET", f"{self._root}/logs/{_part(execution)}") or [])

    def all_logs(self, execution: str) -> list[dict[str, Any]]:
        """The log of an execution that has ended. Kestra writes it a moment later, so it is read until it stays."""
        patience, lines = self._transport.patience, self.logs(execution)
        for _ in range(_LOG_READS):
            patience.sleep(patience.backoff)
            before, lines = lines, self.logs(execution)
            if lines and len(lines) == len(before):
                break
        return lines

    def follow(self, execution: str) -> Iterator[dict[str, Any]]:
        """The execution again and again as it changes, at last as it ended. A stream that breaks is opened anew."""
        address, patience = f"{self._root}/executions/{_part(execution)}/follow", self._transport.patience
        while True:
            try:
                with self._transport.stream(address) as lines:
                    # the first event names the execution and says nothing of it
                    yield from (found for found in _events(lines) if isinstance(found.get("state"), Mapping))
            except ServerUnreachable as error:
                _log.info("following %s: %s", execution, error.message)
            found = self.execution(execution)
            yield found
            if found["state"]["current"] in ENDED:
                return
            patience.sleep(patience.backoff)

    def act(self, execution: str, action: str, form: Mapping[str, Any] | None = None, **params: Any) -> dict[str, Any]:
        """``kill``, ``pause``, ``resume`` (with inputs as ``form``), ``restart`` or ``replay`` an execution.

        The execution that the answer holds; empty where Kestra only says yes. Conflict when its state forbids it.
        """
        place = f"{self._root}/executions/{_part(execution)}"
        below = "/actions" if self._from_two() else ""
        wanted = {name: value for name, value in params.items() if value is not None}
        verb = "DELETE" if action == "kill" else "POST"
        parts = [(name, (None, _text(value))) for name, value in (form or {}).items()] or None
        found = self._json(verb, f"{place}{below}/{action}", params=wanted, files=parts, again=False)
        return dict(found) if isinstance(found, Mapping) else {}

    def _from_two(self) -> bool:
        return self.check().split(".")[0].isdecimal() and int(self.check().split(".")[0]) >= 2

    def executions(self, limit: int) -> list[dict[str, Any]]:
        """The newest executions."""
        query = f"size={limit}&sort=state.startDate:desc"
        return list(self._json("GET", f"{self._root}/executions/search?{query}")["results"])

    # -- keys ----------------------------------------------------------------------------------------

    def keys(self, namespace: str) -> list[dict[str, Any]]:
        """Every key of a namespace, without its value."""
        return list(self._json("GET", f"{self._root}/namespaces/{_part(namespace)}/kv") or [])

    def value(self, namespace: str, key: str) -> dict[str, Any]:
        """``{type, value}``. Missing."""
        return dict(self._json("GET", self._key(namespace, key)))

    def put(self, namespace: str, key: str, value: Any, *, ttl: str | None, description: str | None) -> None:
        headers = {**_JSON, **({"ttl": ttl} if ttl else {}), **({"description": description} if description else {})}
        self._transport.ask("PUT", self._key(namespace, key), content=json.dumps(value).encode(), headers=headers)

    def forget(self, namespace: str, key: str) -> bool:
        """Whether there was such a key."""
        return self._json("DELETE", self._key(namespace, key)) is True

    def _key(self, namespace: str, key: str) -> str:
        return f"{self._root}/namespaces/{_part(namespace)}/kv/{_part(key)}"

    # -- triggers ------------------------------------------------------------------------------------

    def trigger(self, namespace: str, flow_id: str, trigger_id: str) -> dict[str, Any]:
        """The state of a trigger. Missing."""
        address = f"{self._root}/triggers/{_part(namespace)}/{_part(flow_id)}?size={_PAGE}"
        for found in self._json("GET", address)["results"]:
            if found.get("triggerId") == trigger_id:
                return dict(found)
        raise Missing(f"{namespace}.{flow_id} has no trigger {trigger_id}", hint="deploy the flow first")

    def backfill(self, trigger: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
        """Start a backfill: ``{start, end, inputs, labels}``. Rejected when the trigger has no dates."""
        return dict(self._json("PUT", f"{self._root}/triggers", json={**trigger, "backfill": dict(wanted)}))

    def change_backfill(self, trigger: Mapping[str, Any], how: str) -> dict[str, Any]:
        """``pause``, ``unpause`` or ``delete``. Rejected when there is none."""
        verb = "POST" if how == "delete" else "PUT"
        return dict(self._json(verb, f"{self._root}/triggers/backfill/{how}", json=dict(trigger)))

    # -- answers -------------------------------------------------------------------------------------

    def _json(self, method: str, path: str, **request: Any) -> Any:
        answer = self._transport.ask(method, path, **request)
        if not answer.content.strip():
            return None
        try:
            return answer.json()
        except ValueError:
            hint = "give the address of the server itself, without /ui"
            raise NotKestra(f"{self.url}{path} does not answer with JSON", hint=hint) from None


def nearest_known(version: str) -> str:
    """The newest version whose rules are known and that is not newer than a server's."""
    numbers = _numbers(version)
    below = [known for known in VERSIONS if _numbers(known) <= numbers]
    return below[-1] if below else VERSIONS[0]


def _numbers(version: str) -> tuple[int, ...]:
    found = [part for part in version.lstrip("v").split("-")[0].split(".")[:2] if part.isdecimal()]
    return tuple(int(part) for part in found)


def _deployed(found: Any) -> Deployed:
    if not isinstance(found, Mapping) or "id" not in found:
        raise NotKestra("the server's answer holds no flow", hint="is this the address of a Kestra server?")
    revision = int(found.get("revision") or 0)
    return Deployed(str(found.get("namespace")), str(found["id"]), revision, str(found.get("source") or ""))


def _events(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    """The documents of server-sent events."""
    data: list[str] = []
    for line in lines:
        if line.startswith("data:"):
            data.append(line[5:].strip())
        elif not line and data:
            try:
                document = json.loads("\n".join(data))
            except ValueError:
                document = None
            data = []
            if isinstance(document, dict):
                yield document


def _part(text: str) -> str:
    return quote(text, safe="")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
