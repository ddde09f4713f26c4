"""Blocks for queues and topics: taking messages off and putting them on."""

from __future__ import annotations

import re
from typing import Any

from copilot.draft.offline.blocks import block
from copilot.draft.offline.blocks.convert import as_format
from copilot.draft.offline.blocks.stores import login
from copilot.draft.offline.ir import Step
from copilot.draft.offline.services import Service
from copilot.draft.offline.writer import Task, Writer


@block("queue:read", "queue:run")
def consume(w: Writer, step: Step) -> list[Task]:
    service: Service = step.args["service"]
    task = w.task(
        f"consume_{service.key}",
        service.roles["read"],
        **queue_address(w, step, service),
        maxRecords=1000,
        pollDuration="PT10S",
    )
    w.yields(task, "file", "uri", "ion")
    return [task]


@block("queue:write")
def produce(w: Writer, step: Step) -> list[Task]:
    service: Service = step.args["service"]
    tasks, source = as_format(w, "ion") if w.last_of("file") else ([], None)
    if source is None and w.last:
        source = f"{{{{ {w.last.expression} }}}}"
    value = source or w.ask("message", note="message to send")
    if service.key in ("kafka",) and (w.last_of("file") is None):
        content: Any = [{"value": value}]
    elif service.key == "kinesis":
        content = None
    else:
        content = value
    address = queue_address(w, step, service)
    more = {"records": value} if service.key == "kinesis" else {"from": content}
    return [*tasks, w.task(f"send_to_{service.key}", service.roles["write"], **address, **more)]


def queue_address(w: Writer, step: Step, service: Service) -> dict[str, Any]:
    """Brokers, topic and login, for tasks and triggers of a queue."""
    key = service.key
    topic = w.named(step, "topic|queue|stream|subject|subscription") or _topic_word(w)
    name = topic or w.ask(
        {"sqs": "queue_url", "kinesis": "stream_name", "amqp": "queue"}.get(key, "topic"),
        note=f"{key} topic or queue; it was not named",
    )
    out: dict[str, Any] = {"topic": name, "queue": name, "queueUrl": name, "streamName": name, "subject": name}
    if key == "kafka":
        servers = re.search(r"\b([\w.-]+:\d{4,5})\b", w.text.plain)
        out |= {
            "properties": {
                "bootstrap.servers": servers[1]
                if servers
                else w.ask("bootstrap_servers", note="Kafka brokers; they were not named")
            },
            "groupId": "kestra",
            "keyDeserializer": "STRING",
            "valueDeserializer": "JSON",
            "keySerializer": "STRING",
            "valueSerializer": "JSON",
        }
    elif key in ("pubsub",):
        out |= login(w, "pubsub") | {
            "subscription": w.named(step, "subscription") or w.ask("subscription", note="Pub/Sub subscription")
        }
    elif key in ("sqs", "kinesis"):
        out |= login(w, key)
    elif key == "amqp":
        out |= {
            "host": w.ask("amqp_host", note="RabbitMQ host"),
            "port": "5672",
            "username": w.secret("AMQP_USERNAME"),
            "password": w.secret("AMQP_PASSWORD"),
            "exchange": name,
        }
    elif key == "mqtt":
        out |= {"server": w.ask("mqtt_server", note="address of the MQTT broker"), "clientId": "kestra"}
    elif key in ("nats",):
        out |= {"url": w.ask("nats_url", note="address of the NATS server")}
    elif key == "pulsar":
        out |= {"uri": w.ask("pulsar_uri", note="address of the Pulsar broker"), "subscriptionName": "kestra"}
    return out


def _topic_word(w: Writer) -> str | None:
    found = re.search(
        (
            r"\b(?:topic|queue|stream)\s+(?:called\s+|named\s+)?([a-z][\w.-]*[_.-]\w+)\b"
            r"|\b([a-z][\w-]*)\s+(?:topic|queue)\b"
        ),
        w.text.masked,
    )
    if not found:
        return None
    word = found[1] or found[2]
    return (
        None
        if word
        in (
            "the",
            "a",
            "an",
            "our",
            "kafka",
            "sqs",
            "mqtt",
            "amqp",
            "data",
            "this",
            "that",
            "rabbitmq",
            "pubsub",
            "new",
            "pulsar",
            "nats",
        )
        else word
    )
