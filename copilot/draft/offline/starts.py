"""Triggers: schedules with their guards, webhooks, other flows, files, rows, messages, mails."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from copilot.draft.offline import features
from copilot.draft.offline.blocks.generic import from_catalog
from copilot.draft.offline.blocks.jdbc import connection, table
from copilot.draft.offline.blocks.queues import queue_address
from copilot.draft.offline.blocks.stores import login
from copilot.draft.offline.ir import Event, Step
from copilot.draft.offline.schedule import Guard, Schedule, find_dates
from copilot.draft.offline.services import PREFIX, Service
from copilot.draft.offline.timezones import find_zone
from copilot.draft.offline.types import before
from copilot.draft.offline.writer import Task, Writer

_CONDITION = PREFIX + "core.condition."


def triggers(w: Writer) -> list[Task]:
    """All triggers of the flow."""
    out = [_schedule(w, s) for s in w.plan.schedules]
    if dates := _on_dates(w):
        out.append(dates)
    for event in w.plan.events:
        made = _event(w, event)
        if made:
            out.append(made)
    return out


def _on_dates(w: Writer) -> Task | None:
    """Single dates that are named, each a run of its own."""
    dates, clock, _ = find_dates(w.text.masked)
    if not dates:
        return None
    zone = find_zone(w.text.masked)
    place = ZoneInfo(zone[0]) if zone else UTC
    moments = [
        datetime.fromisoformat(f"{day if 'T' in day else f'{day}T{clock}'}:00").replace(tzinfo=place) for day in dates
    ]
    return w.task(
        "on_dates",
        "core.trigger.ScheduleOnDates",
        timezone=zone[0] if zone else None,
        dates=[m.isoformat().replace("+00:00", "Z") for m in moments],
    )


def _schedule(w: Writer, schedule: Schedule) -> Task:
    name = "_".join(["schedule", *(v for _, v in schedule.inputs)]) if len(w.plan.schedules) > 1 else "schedule"
    trigger: Task = {"id": w.new_id(name), "type": PREFIX + "core.trigger.Schedule", "cron": schedule.cron}
    if schedule.with_seconds:
        trigger["withSeconds"] = True
    if schedule.timezone:
        trigger["timezone"] = schedule.timezone
    if schedule.inputs:
        trigger["inputs"] = dict(schedule.inputs)
    if schedule.guards:
        trigger |= _guarded(w, schedule.guards)
    if w.plan.schedules_disabled:
        trigger["disabled"] = True
    return trigger


def _guarded(w: Writer, guards: tuple[Guard, ...]) -> dict[str, Any]:
    if before(w.target, "2.0"):
        return {"conditions": [c for g in guards for c in _conditions(g)]}
    return {"when": "{{ " + " and ".join(_when(g) for g in guards) + " }}"}


def _conditions(guard: Guard) -> list[dict[str, Any]]:
    date = {"date": "{{ trigger.date }}"}
    if guard.kind == "last_day":
        return [
            {
                "type": _CONDITION + "Expression",
                "expression": "{{ trigger.date | dateAdd(1, 'DAYS') | date('d') == '1' }}",
            }
        ]
    if guard.kind == "time_between":
        after, until = guard.values
        # Both ends count: Kestra compares strictly, and a run at the very minute is meant.
        return [
            {
                "type": _CONDITION + "TimeBetween",
                "date": "{{ trigger.date }}",
                "after": _earlier(after),
                "before": _later(until),
            }
        ]
    if guard.kind == "date_between":
        start, end = guard.values
        out: dict[str, Any] = {"type": _CONDITION + "DateTimeBetween", **date}
        if start:
            out["after"] = f"{start}T00:00:00Z"
        if end:
            out["before"] = f"{end}T23:59:59Z"
        return [out]
    if guard.kind == "not_days":
        days = [{"type": _CONDITION + "DayWeek", **date, "dayOfWeek": d} for d in guard.values]
        return [{"type": _CONDITION + "Not", "conditions": days}]
    if guard.kind == "nth_day":
        return [
            {"type": _CONDITION + "DayWeekInMonth", **date, "dayOfWeek": guard.values[1], "dayInMonth": guard.values[0]}
        ]
    if guard.kind == "holiday":
        return [{"type": _CONDITION + "Not", "conditions": [{"type": _CONDITION + "PublicHoliday", **date}]}]
    return [{"type": _CONDITION + "Expression", "expression": "{{ isLastWorkingDay(trigger.date) }}"}]


def _earlier(clock: str) -> str:
    hour, minute = (int(x) for x in clock.split(":"))
    total = (hour * 60 + minute - 1) % 1440
    return f"{total // 60:02d}:{total % 60:02d}:59Z"


def _later(clock: str) -> str:
    hour, minute = (int(x) for x in clock.split(":"))
    return f"{hour:02d}:{minute:02d}:01Z"


def _when(guard: Guard) -> str:
    if guard.kind == "last_day":
        return "(trigger.date | dateAdd(1, 'DAYS') | date('d')) == '1'"
    if guard.kind == "time_between":
        return (
            f"(trigger.date | date('HH:mm')) >= '{guard.values[0]}' and (trigger.date | date('HH:mm')) <= "
            f"'{guard.values[1]}'"
        )
    if guard.kind == "date_between":
        parts = [
            f"(trigger.date | date('yyyy-MM-dd')) {sign} '{v}'"
            for sign, v in zip((">=", "<="), guard.values, strict=True)
            if v
        ]
        return " and ".join(parts)
    if guard.kind == "not_days":
        return " and ".join(f"dayOfWeek(trigger.date) != '{d}'" for d in guard.values)
    if guard.kind == "nth_day":
        return f"isDayWeekInMonth(trigger.date, '{guard.values[1]}', '{guard.values[0]}')"
    if guard.kind == "holiday":
        return "not isPublicHoliday(trigger.date)"
    return "isLastWorkingDay(trigger.date)"


def _event(w: Writer, event: Event) -> Task | None:
    if event.kind == "webhook":
        named = re.search(r"\bwebhook\b[^.;]{0,24}?\bkey\s+(?:is\s+|=\s*)?[`'\"]?([\w-]{4,})", w.text.plain)
        key = named[1] if named and not re.fullmatch(r"(?i)from|secret|taken|stored|that|which", named[1]) else None
        return {
            "id": w.new_id("webhook"),
            "type": PREFIX + "core.trigger.Webhook",
            "key": key or w.secret("WEBHOOK_KEY"),
        }
    if event.kind == "flow":
        return _flow_trigger(w, event.args)
    if event.kind == "mail":
        return w.task(
            "on_mail",
            "email.MailReceivedTrigger",
            protocol="IMAP",
            host=w.secret("IMAP_HOST"),
            port=993,
            username=w.secret("IMAP_USERNAME"),
            password=w.secret("IMAP_PASSWORD"),
            interval="PT1M",
        )
    if event.kind == "http":
        return _http_trigger(w, event)
    service: Service = event.args["service"]
    step = Step(
        "trigger",
        {"service": service, "role": event.args["role"], "literals": w.text.literals},
        w.text.plain,
        event.args["start"],
        event.args["start"],
        0,
    )
    if event.args["role"] == "own":
        return _own(w, step, str(event.args["type"]))
    return _by_kind(w, step, service, event.args["role"])


def _own(w: Writer, step: Step, name: str) -> Task:
    """A trigger of the service's plugin, filled like a task of the catalog."""
    trigger = from_catalog(w, step, name)
    definition = w.types.get(name)
    if definition is not None and "interval" in definition.properties:
        trigger["interval"] = _interval(w)
    return trigger


def _interval(w: Writer) -> str:
    """How often a trigger looks, as said; once a minute when nothing is."""
    every = re.search(rf"\b(?:every|each)\s+(?:{features.DURATION}|(?P<one>second|minute|hour)\b)", w.text.masked)
    if every is None:
        return "PT1M"
    return features.duration("1", every["one"]) if every["one"] else features.duration(every["amount"], every["unit"])


def _http_trigger(w: Writer, event: Event) -> Task:
    wanted = event.args["wanted"]
    says = f" and (response.body | string) contains '{wanted}'" if wanted else ""
    return w.task(
        "when_ready",
        "core.http.Trigger",
        uri=event.args["uri"],
        interval=_interval(w),
        responseCondition=f"{{{{ response.statusCode == 200{says} }}}}",
    )


_WATCHED = re.compile(r"(?<![\w:/.])(?P<path>/[\w.*-]+(?:/[\w.*-]+)*/?)")
_MOVED_TO = re.compile(
    r"\bmov(?:e|es|ing)\s+(?:\w+\s+){1,2}(?:in)?to\s+(?:the\s+)?(?:folder\s+|directory\s+)?(?P<path>/[\w./-]+)"
)


def watched_folder(words: str) -> tuple[str, str]:
    """(folder a file server is watched in, folder its files are moved to) where the words give paths; '' otherwise."""
    moved = _MOVED_TO.search(words)
    first = _WATCHED.search(words)
    if first is None or (moved and first.start("path") == moved.start("path")):
        return "", moved["path"].rstrip(".") if moved else ""
    path = first["path"].rstrip(".")
    folder = path.rsplit("/", 1)[0] + "/" if re.search(r"/[^/]*[*.][^/]*$", path) else path
    return folder, moved["path"].rstrip(".") if moved else ""


def _by_kind(w: Writer, step: Step, service: Service, role: str) -> Task | None:
    every = re.search(
        rf"\bevery\s+{features.DURATION}|\blast\s+{features.DURATION.replace('amount', 'a2').replace('unit', 'u2')}",
        w.text.masked,
    )
    interval = "PT1M"
    if every:
        interval = features.duration(every["amount"] or every["a2"], every["unit"] or every["u2"])
    candidates = service.roles[role]
    if service.kind == "store" and service.key != "sheets":
        bucket = w.named(step, "bucket|container") or (
            None
            if service.key in ("sftp", "ftp", "ftps", "smb")
            else w.ask("bucket", note=f"{service.title} bucket to watch; it was not named")
        )
        folder, moved = watched_folder(w.text.plain)
        place: dict[str, Any] = {
            "bucket": bucket,
            "container": bucket,
            "from": f"gs://{bucket}/"
            if service.key == "gcs"
            else (folder or w.ask("remote_path", note="folder to watch"))
            if service.key in ("sftp", "ftp", "ftps", "smb", "nfs", "local")
            else None,
            "prefix": w.named(step, "prefix|folder"),
        }
        pattern = re.search(r"\b(csv|json|parquet|xml|xlsx|pdf|zip)\b", w.text.masked)
        action = "DELETE" if re.search(r"\bdelete\b", w.text.masked) else "MOVE" if moved else "NONE"
        return w.task(
            f"on_{service.key}_file",
            candidates,
            interval=interval,
            **login(w, service.key),
            **{k: v for k, v in place.items() if v},
            regExp=rf".*\.{pattern[1]}$"
            if pattern
            and re.search(rf"\.{pattern[1]}|\bonly\b|\b{pattern[1]}\s+files?\b", w.text.masked)
            and service.key in ("gcs", "sftp", "ftp")
            else None,
            action=action,
            moveDirectory=moved or None,
        )
    if service.key == "sheets":
        return w.task(
            "on_sheet_change",
            candidates,
            interval=interval,
            **login(w, "sheets"),
            spreadsheetId=w.ask("spreadsheet_id", note="id in the address of the Google Sheet"),
        )
    if service.kind == "sql":
        name = table(w, step)
        minutes = re.sub(r"\D", "", interval) or "5"
        return w.task(
            f"on_{service.key}_rows",
            candidates,
            interval=interval,
            **connection(w, service),
            sql=f"SELECT * FROM {name} WHERE updated_at > now() - interval '{minutes} minutes'"
            if "updated" in w.text.masked
            else f"SELECT * FROM {name}",
            fetchType="FETCH",
        )
    if service.kind == "queue":
        return w.task(
            f"on_{service.key}_message",
            candidates,
            **queue_address(w, step, service),
            interval=interval if role == "trigger" else None,
            maxRecords=100 if role == "trigger" else None,
        )
    return w.task(f"on_{service.key}", candidates, interval=interval)


def _flow_trigger(w: Writer, args: Any) -> Task:
    states = (
        ["SUCCESS", "WARNING", "FAILED", "KILLED"]
        if args.get("any_state")
        else ["FAILED", "WARNING"]
        if args["failed"] and args.get("warning")
        else ["FAILED"]
        if args["failed"]
        else ["SUCCESS"]
    )
    if not args["failed"] and not args.get("any_state") and re.search(r"\bwarning\b", w.text.masked):
        states.append("WARNING")
    trigger: Task = {
        "id": w.new_id("on_other_flow" if not args["failed"] else "on_failed_flow"),
        "type": PREFIX + "core.trigger.Flow",
    }
    flows, namespace = list(args.get("flows", ())), args.get("namespace")
    window = args.get("window")
    if not before(w.target, "2.0"):
        return trigger | _depends(w, flows, namespace, states, window, bool(args.get("below")))
    if len(flows) > 1 or (window and flows):
        preconditions: dict[str, Any] = {
            "id": "upstream",
            "flows": [{"namespace": namespace or w.namespace, "flowId": f, "states": states} for f in flows],
        }
        if window:
            preconditions["timeWindow"] = {"type": "DURATION_WINDOW", "window": features.duration(window[0], window[1])}
        return trigger | {"preconditions": preconditions}
    conditions: list[dict[str, Any]] = [{"type": _CONDITION + "ExecutionStatus", "in": states}]
    if flows:
        conditions.append(
            {"type": _CONDITION + "ExecutionFlow", "namespace": namespace or w.namespace, "flowId": flows[0]}
        )
    elif namespace:
        conditions.append(
            {
                "type": _CONDITION + "ExecutionNamespace",
                "namespace": namespace,
                "comparison": "PREFIX" if args.get("below") else "EQUALS",
            }
        )
    else:
        conditions.append(
            {"type": _CONDITION + "ExecutionNamespace", "namespace": w.namespace.split(".")[0], "comparison": "PREFIX"}
        )
        w.note(
            "No namespace was named; failures anywhere below the first part of this flow's namespace "
            "count. This flow's own are left out."
        )
    if label := args.get("label"):
        conditions.append({"type": _CONDITION + "ExecutionLabels", "labels": [{"key": label[0], "value": label[1]}]})
    if args.get("retried"):
        conditions.append({"type": _CONDITION + "HasRetryAttempt", "in": ["FAILED", "SUCCESS"]})
    if args["failed"] and not flows:
        conditions.append(
            {
                "type": _CONDITION + "Not",
                "conditions": [{"type": _CONDITION + "ExecutionFlow", "namespace": w.namespace, "flowId": w.plan.id}],
            }
        )
    return trigger | {"conditions": conditions}


def _depends(
    w: Writer, flows: list[str], namespace: str | None, states: list[str], window: Any, below: bool
) -> dict[str, Any]:
    listed = [{"namespace": namespace or w.namespace, "flowId": f, "states": states} for f in flows] or [
        {"namespace": namespace or w.namespace, "states": states}
    ]
    out: dict[str, Any] = {"dependsOn": listed}
    if window:
        out["window"] = {"lookback": features.duration(window[0], window[1])}
    return out
