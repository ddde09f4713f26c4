"""Blocks for language models: chat, agents, retrieval-augmented answers."""

from __future__ import annotations

import re
from typing import Any

from copilot.draft.offline.blocks import block
from copilot.draft.offline.ir import Step
from copilot.draft.offline.messages import show
from copilot.draft.offline.services import PREFIX, SERVICES, Service
from copilot.draft.offline.trigger_values import event_value
from copilot.draft.offline.types import short, words_of
from copilot.draft.offline.writer import Task, Writer

_MODELS = {"openai": "gpt-4o-mini", "gemini": "gemini-2.5-flash", "vertex": "gemini-2.5-flash", "anthropic": "claude-sonnet-4-5", "mistral": "mistral-small-latest",
           "deepseek": "deepseek-chat", "perplexity": "sonar", "ollama": "llama3", "bedrock": "anthropic.claude-3-haiku-20240307-v1:0", "llm": "gemini-2.5-flash"}  # fmt: skip
_MODEL_NAMES = re.compile(
    (
        r"\b(gpt-[\w.-]*\w|gemini-[\w.-]*\w|claude-[\w.-]*\w|mistral-[\w.-]*\w|deepseek-[\w.-]*\w"
        r"|sonar(?:-\w+)*|o[134](?:-mini)?|llama[\w.:-]*)\b"
    ),
    re.I,
)


def model_of(w: Writer, service: Service) -> str:
    """The model the words name for this provider, else a usual one."""
    names = [m.lower() for m in _MODEL_NAMES.findall(w.text.plain)]
    family = {
        "openai": ("gpt", "o1", "o3", "o4"),
        "anthropic": ("claude",),
        "vertex": ("gemini",),
        "perplexity": ("sonar",),
        "ollama": ("llama",),
    }.get(service.key, (service.key,))
    return next((n for n in names if n.startswith(family)), _MODELS.get(service.key, "gpt-4o-mini"))


def api_key(w: Writer, service: Service) -> str:
    key = {"gemini": "GEMINI_API_KEY", "llm": "GEMINI_API_KEY", "openai": "OPENAI_API_KEY"}.get(
        service.key, f"{service.key.upper()}_API_KEY"
    )
    if re.search(r"\b(?:key|token)\b[^.;]{0,20}\b(?:in|from)\s+(?:the\s+)?kv\b", w.text.masked) or (
        re.search(r"\bkv\b", w.text.masked) and re.search(rf"\b{key}\b", w.text.plain)
    ):
        return f"{{{{ kv('{key}') }}}}"
    return w.secret(key)


def provider(w: Writer, service: Service, model: str | None = None) -> dict[str, Any]:
    """A provider object for the tasks of the ai plugin."""
    name = service.roles.get("provider", ("ai.provider.GoogleGemini",))[0]
    out: dict[str, Any] = {"type": PREFIX + name, "modelName": model or model_of(w, service)}
    definition = w.types.get(name)
    if definition and "apiKey" in definition.properties:
        out["apiKey"] = api_key(w, service)
    for facts_name, facts in (definition.properties if definition else {}).items():
        if facts.required and facts_name not in out and facts_name not in ("type",) and not facts.has_default:
            out[facts_name] = (
                w.secret("OLLAMA_ENDPOINT")
                if facts_name == "endpoint"
                else w.ask(facts_name, note=f"`{facts_name}` of the model's provider")
            )
    return out


def prompt(w: Writer, step: Step) -> str:
    """What the model is asked: the task as said, then the material at hand."""
    task = _instruction(step.words)
    if w.where == "errors":
        return f"{task}\n\n{{{{ errorLogs() }}}}"
    lines = [task]
    for name in ("question", "topic", "text", "book", "chapter", "language", "length", "todo", "schema", "guidelines"):
        if name in w.inputs and f"inputs.{name}" not in task:
            lines.append(f"{name.capitalize()}: {{{{ inputs.{name} }}}}")
    if w.last and w.last.kind in ("body", "rows", "answer", "value", "row"):
        lines.append(show(w.last) or "")
    elif w.last and w.last.kind == "file" and w.last.format in ("csv", "json", "txt", "xml", "yaml", "jsonl"):
        lines.append(f"{{{{ read({w.last.expression}) }}}}")
    elif any(e.kind in ("webhook", "service") for e in w.plan.events) and (started := event_value(w)):
        lines.append(f"{{{{ {started} }}}}")
    return "\n\n".join(line for line in lines if line)


def _instruction(words: str) -> str:
    text = re.sub(
        (
            r"(?i)^\W*(?:please\s+|then\s+|and\s+|now\s+)*(?:let|ask|have|use)\s+(?:[\w.-]+\s+)(?:to\s+)?"
            r"|\b(?:with|using|via|on|by)\s+(?:an?\s+)?(?:ai\s+agent|gpt[\w.-]*|openai|gemini[\w.-]*"
            r"|claude[\w.-]*|mistral|chatgpt|deepseek|perplexity|vertex)\b(?:\s+on\s+\w+)?"
        ),
        "",
        words,
    ).strip(" ,.")
    return (text[:1].upper() + text[1:]) if text else "Answer the question."


@block("llm")
def chat(w: Writer, step: Step) -> list[Task]:
    service: Service = step.args["service"]
    name = w.types.pick(service.roles["run"])
    assert name is not None
    model = model_of(w, service)
    text = prompt(w, step)
    routed = step.args.get("label")
    hint = f"ask_{service.key}" if not routed else f"ask_{service.key}_{routed}"
    if ".ai.completion." in name:
        task = w.task(
            hint, [short(name)], provider=provider(w, service, model), messages=[{"type": "USER", "content": text}]
        )
        attribute = "textOutput"
    else:
        task = w.task(hint, [short(name)], **_own_plugin(w, service, name, model, text))
        attribute = "choices[0].message.content" if service.key in ("openai", "gemini") else "outputText"
    definition = w.types.get(name)
    outputs = definition.outputs if definition else {}
    attribute = next(
        (
            a
            for a in ("textOutput", "outputText", "response", "predictions", "completion", "content", "choices")
            if a in outputs
        ),
        attribute,
    )
    if attribute == "choices":
        attribute = "choices[0].message.content"
    if w.where == "errors":
        w.extra.setdefault("error_tasks", set()).add(task["id"])
    w.yields(task, "answer", attribute)
    return [task]


def _own_plugin(w: Writer, service: Service, name: str, model: str, text: str) -> dict[str, Any]:
    definition = w.types.get(name)
    known = definition.properties if definition else {}
    out: dict[str, Any] = {"model": model, "modelName": model, "modelId": model, "apiKey": api_key(w, service)}
    if service.key == "vertex":
        out = {
            "region": w.ask("gcp_region", note="Google Cloud region"),
            "projectId": w.ask("gcp_project_id", note="Google Cloud project id"),
            "serviceAccount": w.secret("GCP_SERVICE_ACCOUNT"),
            "modelId": model,
        }
    if service.key == "bedrock":
        out |= {
            "region": w.ask("aws_region", note="AWS region"),
            "accessKeyId": w.secret("AWS_ACCESS_KEY_ID"),
            "secretKeyId": w.secret("AWS_SECRET_ACCESS_KEY"),
        }
    messages = known.get("messages")
    if messages is not None:
        fields = (messages.items.fields if messages.items and messages.items.fields else {}) or {}
        who = "role" if "role" in fields else "type" if "type" in fields else "author" if "author" in fields else "role"
        kind = fields.get(who)
        value = next((e for e in (kind.enum if kind else ()) if e.lower() == "user"), "user")
        out["messages"] = [{who: value, "content": text}]
    elif "prompt" in known:
        out["prompt"] = text
    return out


@block("make_image")
def image(w: Writer, step: Step) -> list[Task]:
    wanted = w.ask("image_prompt", note="what the image should show")
    task = w.task(
        "create_image", "openai.CreateImage", apiKey=w.secret("OPENAI_API_KEY"), prompt=wanted, n=1, download=True
    )
    w.yields(task, "file", "images[0]", "png")
    return [task]


@block("agent")
def agent(w: Writer, step: Step) -> list[Task]:
    service = _model_service(w)
    task = w.task(
        "ai_agent",
        "ai.agent.AIAgent",
        provider=provider(w, service),
        prompt=prompt(w, step),
        tools=_parts(w, "tool"),
        contentRetrievers=None if _parts(w, "tool") else _parts(w, "retriever"),
        memory=next(iter(_parts(w, "memory")), None) if "memory" in w.text.masked else None,
    )
    w.yields(task, "answer", "textOutput")
    return [task]


def _parts(w: Writer, kind: str) -> list[dict[str, Any]]:
    """Tools, retrievers or memories of an agent that the words name, from the catalog."""
    out: list[dict[str, Any]] = []
    for name in w.types.catalog.types(kind, w.target):
        words = [x for x in words_of(name)[2:] if x not in _GENERAL and len(x) > 2]
        said = words and any(re.search(rf"\b{x}\b", w.text.masked) for x in words)
        mcp = "mcp" in words and not said
        if not said or mcp or ("mcp" in words and not _transport(w, words)):
            continue
        definition = w.types.get(name)
        part: dict[str, Any] = {"type": name}
        for key, facts in (definition.properties if definition else {}).items():
            if facts.required and not facts.has_default and key != "type":
                part[key] = w.placeholder(name, key, facts)
        out.append({k: v for k, v in part.items() if v is not None})
    return out[:3]


_GENERAL = frozenset(
    [
        "web",
        "search",
        "client",
        "kestra",
        "flow",
        "task",
        "calling",
        "code",
        "execution",
        "ai",
        "agent",
        "a2a",
        "sql",
        "database",
        "retriever",
        "embedding",
        "store",
        "kv",
        "custom",
        "postgre",
        "skill",
        "google",
        "http",
        "streamable",
    ]
)


def _transport(w: Writer, words: list[str]) -> bool:
    """Which of the MCP clients is meant: by image, by command, or by address."""
    low = w.text.masked
    wanted = (
        "docker"
        if re.search(r"\bdocker\b|\bimage\b", low)
        else "sse"
        if re.search(r"\bsse\b|https?\b|\burl\b|\ue000", low)
        else "stdio"
    )
    return wanted in words


def _model_service(w: Writer) -> Service:
    for service in SERVICES:
        if service.kind == "llm" and service.key != "llm" and re.search(service.pattern, w.text.masked):
            return service
    return next(s for s in SERVICES if s.key == "gemini")


def _embedding_model(service: Service) -> str:
    return {
        "openai": "text-embedding-3-small",
        "gemini": "gemini-embedding-001",
        "mistral": "mistral-embed",
        "ollama": "nomic-embed-text",
    }.get(service.key, "text-embedding-004")


def _store(w: Writer) -> dict[str, Any]:
    names = {
        "pgvector": "PGVector",
        "qdrant": "Qdrant",
        "pinecone": "Pinecone",
        "weaviate": "Weaviate",
        "chroma": "Chroma",
        "milvus": "Milvus",
        "elasticsearch": "Elasticsearch",
        "redis": "Redis",
    }
    named = next((v for k, v in names.items() if re.search(rf"\b{k}\b", w.text.masked)), "KestraKVStore")
    definition = w.types.get(f"ai.embeddings.{named}")
    out: dict[str, Any] = {"type": f"{PREFIX}ai.embeddings.{named}"}
    for name, facts in (definition.properties if definition else {}).items():
        if facts.required and not facts.has_default and name not in ("type",):
            value = w.placeholder(f"ai.embeddings.{named}", name, facts)
            if value is not None:
                out[name] = value
    return out


@block("rag_ingest")
def ingest(w: Writer, step: Step) -> list[Task]:
    service = _model_service(w)
    urls = [one.value for one in w.text.literals if one.value.startswith("http")]
    documents = urls or [w.ask("document_url", "URI", note="address of the document to ingest; it was not named")]
    task = w.task(
        "ingest_documents",
        "ai.rag.IngestDocument",
        provider=provider(w, service, _embedding_model(service)),
        embeddings=_store(w),
        fromExternalURLs=documents,
        drop=True,
    )
    return [task]


@block("rag_chat")
def rag_chat(w: Writer, step: Step) -> list[Task]:
    service = _model_service(w)
    asked = (
        "{{ inputs.question }}"
        if "question" in w.inputs
        else w.ask("question", note="question to answer from the documents")
    )
    task = w.task(
        "answer_with_documents",
        "ai.rag.ChatCompletion",
        chatProvider=provider(w, service),
        embeddingProvider=provider(w, service, _embedding_model(service)),
        embeddings=_store(w),
        prompt=asked,
    )
    w.yields(task, "answer", "textOutput")
    return [task]
