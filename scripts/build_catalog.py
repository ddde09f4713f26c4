"""Turn a folder of facts about Kestra's types into docs_corpus/catalog, in our own compact format.

    python scripts/build_catalog.py FACTS_FOLDER [--out docs_corpus/catalog]

FACTS_FOLDER holds ``types.jsonl`` (one type a line) and ``base.json`` (the flow model and what every
task and trigger has). The format written is described in docs_corpus/catalog/README.md. Running it
again on the same facts gives the same bytes, so a newer set of facts shows as a plain diff.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path
from typing import Any

from engine.flow.catalog_files import write_catalog

# The sources mark these as required, flows in practice leave them out: Kestra fills them or never checks.
USUALLY_GIVEN = {
    "debezium.mongodb": {"hostname", "port"},
    "ai.embeddings.Elasticsearch": {"indexName"},
    "ai.embeddings.Pinecone": {"cloud", "region"},
    "ai.embeddings.Qdrant": {"apiKey"},
    "ai.embeddings.MongoDBAtlas": {"scheme"},
    "ai.embeddings.Weaviate": {"port", "objectClass"},
    "ai.provider.GoogleVertexAI": {"endpoint"},
    "aws.s3.Downloads": {"action"},
    "aws.s3.Trigger": {"moveTo.bucket"},
    "azure.storage.blob.Downloads": {"action"},
    "azure.monitoring": {"endpoint"},
    "azure.batch": {"account", "accessKey", "endpoint"},
    "debezium.mysql.Capture": {"serverId"},
    "googleworkspace.drive.Export": {"contentType"},
    "jira.issues.UpdateFields": {"projectKey"},
    "kvm.CreateVm": {"name"},
    "nats.kv.Get": {"keys"},
}
# Families of which not every type is recorded: an unknown type there is not proof of a mistake.
PARTLY_KNOWN = ["cloudflare", "dagster", "ee", "n8n", "notion", "proxmox", "shopify", "slack", "telegram", "tencent"]

# Properties that Kestra's own test flows use and the snapshots do not show; their versions are not known.
ALSO_SEEN: dict[str, dict[str, Any]] = {
    f"io.kestra.plugin.core.flow.{name}": {"childFailurePolicy": {"is": "string", "dynamic": True, "unsure": True}}
    for name in ("Dag", "EachParallel", "ForEach", "Parallel")
}
# What Kestra's documentation says and the snapshots do not show yet, by type and dotted property.
OWN_FACTS: dict[str, dict[str, Any]] = {
    # the page on flowable tasks loops over a map too, with its keys in item.key
    "io.kestra.plugin.core.flow.Loop": {"values": {"accepts": ["string", {"is": "array", "items": "any"}, "map"]}},
    # the page on the Flow trigger sets the zone in which its window begins and ends
    "io.kestra.plugin.core.trigger.Flow": {"window.timezone": {"is": "string"}},
}
# Corrections to the flow model: what release notes and Kestra's own blueprints say against the snapshots.
FLOW_CORRECTIONS: dict[str, dict[str, Any]] = {
    "taskDefaults": {"removed": "1.0"},
    "listeners": {"removed": "1.0"},
    "pluginDefaults": {"removed": "2.0"},
    "extend": {"is": "any", "hidden": True, "lenient": True},
}

RENAMED = {
    "type": "is",
    "properties": "fields",
    "any_of": "accepts",
    "variant_by": "variant_key",
    "custom_parse": "lenient",
}
DROPPED_WHEN_FALSE = {"required", "dynamic", "deprecated", "hidden", "secret", "file"}
NOT_CARRIED = {"default_from", "in_base", "java"}


def property_of(facts: Any) -> Any:
    """One property in our format; a bare kind where there is nothing else to say."""
    if isinstance(facts, str):
        return facts
    out: dict[str, Any] = {"is": facts.get("type", "any")}
    for key, value in facts.items():
        name = RENAMED.get(key, key)
        if key == "type" or key in NOT_CARRIED or (key in DROPPED_WHEN_FALSE and not value):
            continue
        out[name] = convert(key, value)
    if "java" in facts:
        out["lenient"] = True
    return out["is"] if len(out) == 1 else out


def convert(key: str, value: Any) -> Any:
    if key == "properties":
        return properties_of(value)
    if key == "items":
        return property_of(value)
    if key == "any_of":
        return [property_of(v) for v in value]
    if key == "variants":
        return {name: properties_of(v.get("properties", v)) for name, v in value.items()}
    return value


def properties_of(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: property_of(value) for name, value in facts.items() if isinstance(value, str | dict)}


def type_of(facts: dict[str, Any]) -> dict[str, Any]:
    """One type in our format."""
    name = facts["type"]
    out: dict[str, Any] = {"type": name, "kind": facts["kind"], "plugin": facts["plugin"]}
    for key in ("aliases", "since", "removed", "replaced_by", "trigger_kind", "source", "aliases_removed"):
        if facts.get(key):
            out[key] = facts[key]
    for key in ("deprecated", "ee", "stateful"):
        if facts.get(key):
            out[key] = True
    out["properties"] = properties_of(facts["properties"])
    out["outputs"] = facts["outputs"]
    relax(name, out["properties"])
    for prop, seen in ALSO_SEEN.get(name, {}).items():
        out["properties"].setdefault(prop, seen)
    for dotted, facts in OWN_FACTS.get(name, {}).items():
        correct(out["properties"], dotted, facts)
    return out


def correct(properties: dict[str, Any], dotted: str, facts: dict[str, Any]) -> None:
    """Put own facts over what the snapshots say of one property, however deep it lies."""
    *outer, prop = dotted.split(".")
    fields = properties
    for step in outer:
        fields = fields[step].setdefault("fields", {})
    before = fields.get(prop, {})
    fields[prop] = ({"is": before} if isinstance(before, str) else before) | facts


def relax(name: str, properties: dict[str, Any]) -> None:
    for part, names in USUALLY_GIVEN.items():
        if f".{part}." not in f"{name}.":
            continue
        for dotted in sorted(names):
            fields, prop = properties, dotted
            while "." in prop and isinstance(fields, dict):
                outer, _, prop = prop.partition(".")
                fields = fields[outer]["fields"]
            if isinstance(fields.get(prop), dict) and fields[prop].pop("required", None):
                fields[prop]["expected"] = True


def model_of(facts: dict[str, Any]) -> dict[str, Any]:
    """One entry of the base: fields, and variants told apart by the value of one field."""
    out: dict[str, Any] = {"fields": properties_of(facts.get("properties", {}))}
    for key in ("since", "removed"):
        if key in facts:
            out[key] = facts[key]
    if "variants" in facts:
        out["variant_key"] = facts["variant_by"]
        out["variants"] = {name: properties_of(v.get("properties", {})) for name, v in facts["variants"].items()}
        versions = {n: {k: v[k] for k in ("since", "removed") if k in v} for n, v in facts["variants"].items()}
        out["variant_versions"] = {n: v for n, v in versions.items() if v}
    return out


def base_of(facts: dict[str, Any]) -> dict[str, Any]:
    models = {
        name: model_of(value) for name, value in facts.items() if isinstance(value, dict) and "properties" in value
    }
    flow = models["flow"]["fields"]
    # the page on inputs gives a MULTISELECT its values by an expression, as it does a SELECT
    offered = models["input"]["variants"]["MULTISELECT"]["values"]
    offered.pop("required_since", None)
    offered["expected"] = bool(offered.pop("required", False))
    for name, correction in FLOW_CORRECTIONS.items():
        flow[name] = {k: v for k, v in flow.get(name, {}).items() if k != "unsure"} | correction
    return {
        "versions": facts["versions"],
        "states": facts["states"],
        "input_types": facts["input_types"],
        "models": dict(sorted(models.items())),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("facts", type=Path)
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parents[1] / "docs_corpus" / "catalog")
    args = parser.parse_args()
    with (args.facts / "types.jsonl").open() as lines:
        types = [type_of(json.loads(line)) for line in lines]
    base = base_of(json.loads((args.facts / "base.json").read_text()))
    write_catalog(types, base, args.out, PARTLY_KNOWN)
    kinds = Counter(entry["kind"] for entry in types)
    print(f"{len(types)} types: " + ", ".join(f"{n} {kind}" for kind, n in kinds.most_common()))


if __name__ == "__main__":
    main()
