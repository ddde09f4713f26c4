"""Blocks for document, key-value, search and vector stores."""

from __future__ import annotations

import re
from typing import Any

from copilot.draft.offline.blocks import block
from copilot.draft.offline.blocks.convert import as_format
from copilot.draft.offline.blocks.stores import login
from copilot.draft.offline.ir import Step
from copilot.draft.offline.services import Service
from copilot.draft.offline.writer import Task, Writer


def _address(w: Writer, key: str) -> dict[str, Any]:
    name = key.upper()
    if key in ("dynamodb", "firestore"):
        return login(w, key)
    table: dict[str, dict[str, Any]] = {
        "mongodb": {"connection": {"uri": w.secret("MONGODB_URI")}} if key == "mongodb" else {},
        "redis": {"url": w.secret("REDIS_URL")} if key == "redis" else {},
        "airtable": {"baseId": w.ask("airtable_base_id", note="id of the Airtable base"), "apiKey": w.secret("AIRTABLE_API_KEY")} if key == "airtable" else {},
        "algolia": {"applicationId": w.secret("ALGOLIA_APPLICATION_ID"), "apiKey": w.secret("ALGOLIA_API_KEY")} if key == "algolia" else {},
        "weaviate": {"url": w.secret("WEAVIATE_URL"), "apiKey": w.secret("WEAVIATE_API_KEY")} if key == "weaviate" else {},
        "couchbase": {"connectionString": w.secret("COUCHBASE_CONNECTION_STRING"), "username": w.secret("COUCHBASE_USERNAME"), "password": w.secret("COUCHBASE_PASSWORD")} if key == "couchbase" else {},
        "neo4j": {"url": w.secret("NEO4J_URL"), "username": w.secret("NEO4J_USERNAME"), "password": w.secret("NEO4J_PASSWORD")} if key == "neo4j" else {},
    }  # fmt: skip
    if key in ("elasticsearch", "opensearch"):
        return {
            "connection": {
                "hosts": [w.secret(f"{name}_HOST")],
                "basicAuth": {"username": w.secret(f"{name}_USERNAME"), "password": w.secret(f"{name}_PASSWORD")},
            }
        }
    return table.get(key, {})


def _place(w: Writer, step: Step, key: str) -> dict[str, Any]:
    """Collection, index, table or key by the store's own word."""
    if key in ("mongodb", "documentdb"):
        return {
            "database": w.named(step, "database") or w.ask("database", note="database; it was not named"),
            "collection": w.named(step, "collection") or w.ask("collection", note="collection; it was not named"),
        }
    if key in ("elasticsearch", "opensearch", "algolia", "typesense", "meilisearch", "pinecone"):
        name = w.named(step, "index|collection") or w.ask("index", note="index; it was not named")
        return {"index": name, "indexes": [name], "indexName": name, "collection": name}
    if key in ("airtable",):
        return {"tableId": w.named(step, "table") or w.ask("airtable_table", note="Airtable table")}
    if key in ("dynamodb",):
        return {"tableName": w.named(step, "table") or w.ask("table_name", note="DynamoDB table; it was not named")}
    if key == "weaviate":
        return {
            "className": w.named(step, "class|collection")
            or w.ask("class_name", note="Weaviate class; it was not named")
        }
    if key == "firestore":
        return {"collection": w.named(step, "collection") or w.ask("collection", note="collection; it was not named")}
    return {}


@block("redis:read", "redis:write", "redis:run")
def redis(w: Writer, step: Step) -> list[Task]:
    service: Service = step.args["service"]
    key = (
        "{{ inputs.key }}"
        if "key" in w.inputs
        else (
            "{{ inputs.question | sha256 }}"
            if "question" in w.inputs
            else w.named(step, "key") or w.ask("key", note="Redis key; it was not named")
        )
    )
    reads = step.args["role"] == "read"
    if not reads and w.last is None and "value" not in w.inputs and "cache" in w.text.masked:
        return []
    if reads:
        return [_redis_get(w, service, key)]
    value = (
        "{{ inputs.value }}"
        if "value" in w.inputs
        else (f"{{{{ {w.last.expression} }}}}" if w.last else w.ask("value", note="value to store"))
    )
    tasks = [
        w.task(
            "store_in_redis", service.roles["write"], **_address(w, "redis"), key=key, value=value, serdeType="STRING"
        )
    ]
    if re.search(r"\bread\s+it\s+back|\bget\s+it\s+(?:back|again)|\bthen\s+read", w.text.masked):
        tasks.append(_redis_get(w, service, key))
    return tasks


def _redis_get(w: Writer, service: Service, key: str) -> Task:
    task = w.task(
        "get_from_redis",
        service.roles["read"],
        **_address(w, "redis"),
        key=key,
        serdeType="STRING",
        failedOnMissing=False,
    )
    w.yields(task, "value", "data")
    w.extra["lookup"] = w.out(task["id"], "data")
    return task


@block("nosql:read", "nosql:run", "nosql:scan")
def find(w: Writer, step: Step) -> list[Task]:
    service: Service = step.args["service"]
    key = service.key
    question: dict[str, Any] = {}
    term = "{{ inputs.question }}" if "question" in w.inputs else "{{ inputs.query }}" if "query" in w.inputs else None
    if key in ("elasticsearch", "opensearch"):
        match = {"multi_match": {"query": term, "fields": ["*"]}} if term else {"match_all": {}}
        question = {"request": {"query": match}}
    elif key in ("couchbase", "cassandra", "surrealdb", "neo4j", "influxdb"):
        given = next(
            (one.value for one in step.args["literals"] if re.match(r"(?i)\s*(?:select|match|from)\b", one.value)), None
        )
        statement = given or w.ask(f"{key}_query", note="query to run; it was not given")
        question = {"query": statement, "cql": statement}
    elif key == "weaviate":
        question = {"query": f"{{ Get {{ {w.named(step, 'class') or 'Item'} {{ _additional {{ id }} }} }} }}"}
    elif key in ("algolia", "typesense", "meilisearch"):
        question = {"query": term or w.ask("search_text", note="what to search for")}
    elif key == "dynamodb":
        question = {
            "keyConditionExpression": w.ask("key_condition", note="key condition, for example id = :id"),
            "expressionAttributeValues": {":id": w.ask("key_value", note="value of the key")},
            "fetchType": "FETCH",
        }
    store = bool(re.search(r"\bcsv\b|\bpandas\b|\bexcel\b|\bs3\b|\bfile\b", w.text.masked))
    name = service.roles.get("scan" if step.args.get("role") == "scan" else "read", ())
    task = w.task(
        f"query_{key}",
        name,
        **_address(w, key),
        **_place(w, step, key),
        **question,
        **({"fetchType": "STORE" if store else "FETCH"} if key != "dynamodb" else {}),
        store=store or None,
    )
    definition = w.types.get(task["type"])
    outputs = definition.outputs if definition else {}
    kept = definition.properties.get("store") if definition else None
    if kept is not None and kept.enum and "store" in task:
        task["store"] = "STORE"
    if store and "uri" in outputs:
        w.yields(task, "file", "uri", "ion")
    else:
        attribute = next(
            (a for a in ("rows", "data", "hits", "response", "records", "row", "uri") if a in outputs), "rows"
        )
        w.yields(task, "rows", attribute)
    if "size" in outputs:
        w.extra["size"] = w.out(task["id"], "size")
    return [task]


@block("nosql:write")
def save(w: Writer, step: Step) -> list[Task]:
    service: Service = step.args["service"]
    key = service.key
    one = w.types.pick([t for t in service.roles.get("one", ()) if not t.endswith((".Get", ".GetItem"))])
    file = w.last_of("file")
    single = (
        bool(one)
        and (
            w.last is None
            or w.last.kind in ("body", "answer", "value")
            or re.search(r"\b(?:a|as\s+a|the)\s+document\b", step.words.lower())
        )
        and (file is None or bool(re.search(r"\bdocument\b", step.words.lower())))
    )
    tasks: list[Task] = []
    content = _content(w)
    if single and one:
        tasks.append(
            w.task(
                f"save_in_{key}",
                [one],
                **_address(w, key),
                **_place(w, step, key),
                document=content,
                value=content,
                key="{{ execution.id }}",
            )
        )
    elif key in ("dynamodb",):
        tasks.append(
            w.task(
                "put_item",
                service.roles["write"],
                **_address(w, key),
                **_place(w, step, key),
                item={"id": "{{ execution.id }}", "value": content},
            )
        )
    elif key in (
        "airtable",
        "algolia",
        "weaviate",
        "firestore",
        "typesense",
        "meilisearch",
        "pinecone",
        "cosmosdb",
        "cassandra",
        "couchbase",
        "surrealdb",
    ):
        tasks += _records(w, step, service, content)
    else:
        more, source = (
            as_format(w, "ion") if file else ([], w.ask("file", "FILE", note="file to load; it was not named"))
        )
        tasks += more
        tasks.append(
            w.task(
                f"load_into_{key}",
                service.roles["write"],
                **_address(w, key),
                **_place(w, step, key),
                **{"from": source},
            )
        )
    if re.search(
        r"\bthen\s+search|\bsearch\s+for\s+it|→\s*query|->\s*query|\bthen\s+query|\band\s+query\b", w.text.masked
    ):
        tasks += find(w, step)
    return tasks


def _content(w: Writer) -> str:
    if w.loops:
        return f"{{{{ {w.extra['loop_value'][-1]} }}}}"
    if w.last is not None:
        return f"{{{{ {w.last.expression}{' | toJson' if w.last.kind in ('rows', 'row') else ''} }}}}"
    event = next((e for e in w.plan.events if e.kind in ("service", "webhook")), None)
    if event is not None:
        return "{{ trigger.body | toJson }}" if event.kind == "webhook" else "{{ trigger | toJson }}"
    return w.ask("document", "JSON", note="what to store; it was not named")


def _records(w: Writer, step: Step, service: Service, content: str) -> list[Task]:
    key = service.key
    tasks: list[Task] = []
    many: dict[str, Any] = {
        "fields": {"value": content},
        "record": {"objectID": "{{ execution.id }}", "value": content},
        "document": {"id": "{{ execution.id }}", "value": content},
    }
    if key == "algolia":
        many = {"record": many["record"], "records": [many["record"]], "objects": [many["record"]]}
    if key == "weaviate":
        tasks, source = as_format(w, "ion") if w.last_of("file") else ([], [{"value": content}])
        many = {"objects": source}
    if key in ("pinecone",):
        many = {"vectors": [{"id": "{{ execution.id }}", "values": [0.0]}]}
        w.note("The vectors to upsert have to be filled in.")
    if key in ("cassandra", "couchbase", "surrealdb"):
        statement = w.ask(f"{key}_statement", note="statement that stores the value")
        many = {"query": statement, "cql": statement}
    if key == "firestore":
        many = {"document": {"value": content}, "childPath": "{{ execution.id }}"}
    return [
        *tasks,
        w.task(
            f"save_in_{key}",
            service.roles["write"],
            **_address(w, key),
            **_place(w, step, key),
            **many,
            **({"from": as_format(w, "ion")[1]} if key in ("typesense",) else {}),
        ),
    ]
