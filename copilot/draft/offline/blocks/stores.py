"""Blocks for places where files are: object stores, file servers, drives, spreadsheets; and for queues."""

from __future__ import annotations

import re
from typing import Any

from copilot.draft.offline.blocks import block
from copilot.draft.offline.blocks.convert import as_format
from copilot.draft.offline.ir import Step
from copilot.draft.offline.services import Service
from copilot.draft.offline.writer import Data, Task, Writer


def login(w: Writer, key: str) -> dict[str, Any]:
    """Connection properties by family; names that a type does not have are left out when the task is made."""
    region = re.search(
        r"\b((?:us|eu|ap|sa|ca|me|af)-(?:north|south|east|west|central|northeast|southeast)-\d)\b", w.text.masked
    )
    if key in ("s3", "kinesis", "sqs", "sns", "dynamodb", "lambda", "glue", "ecr", "emr", "eventbridge", "aws"):
        return {
            "accessKeyId": w.secret("AWS_ACCESS_KEY_ID"),
            "secretKeyId": w.secret("AWS_SECRET_ACCESS_KEY"),
            "region": region[1] if region else w.ask("aws_region", note="AWS region"),
        }
    if key in ("gcs", "pubsub", "bigquery", "firestore", "dataproc", "gcp", "sheets", "drive", "calendar"):
        project = (
            {}
            if key in ("sheets", "drive", "calendar")
            else {
                "projectId": "{{ kv('GCP_PROJECT_ID') }}"
                if re.search(r"\bkv\b", w.text.masked)
                else w.ask("gcp_project_id", note="Google Cloud project id")
            }
        )
        return {**project, "serviceAccount": w.secret("GCP_SERVICE_ACCOUNT")}
    if key in ("azure_blob", "adls"):
        return {
            "endpoint": w.ask("azure_endpoint", note="address of the storage account"),
            "connectionString": w.secret("AZURE_CONNECTION_STRING"),
        }
    if key == "minio":
        return {
            "endpoint": w.ask("minio_endpoint", note="address of the MinIO server"),
            "accessKeyId": w.secret("MINIO_ACCESS_KEY"),
            "secretKeyId": w.secret("MINIO_SECRET_KEY"),
            "region": "us-east-1",
        }
    if key in ("sftp", "ftp", "ftps", "smb"):
        name = key.upper()
        return {
            "host": w.ask(f"{key}_host", note=f"host of the {name} server; it was not named"),
            "username": w.secret(f"{name}_USERNAME"),
            "password": w.secret(f"{name}_PASSWORD"),
        }
    if key == "onelake":
        return {
            "tenantId": w.secret("FABRIC_TENANT_ID"),
            "clientId": w.secret("FABRIC_CLIENT_ID"),
            "clientSecret": w.secret("FABRIC_CLIENT_SECRET"),
        }
    return {}


def _bucket(w: Writer, step: Step, service: Service, side: str = "") -> dict[str, Any]:
    """bucket, container or share, as the family calls it."""
    noun = "container" if service.key in ("azure_blob",) else "bucket"
    name = w.named(step, noun)
    value = name or w.ask(f"{side}{noun}" if side else noun, note=f"{service.title} {noun}; it was not named")
    return {noun: value, "bucket": value, "container": value, "fileSystem": value}


def _location(w: Writer, step: Step, service: Service, writes: bool) -> dict[str, Any]:
    """Where the file is: bucket and key, a gs:// address, a remote path."""
    near = [*step.args.get("literals", ()), *w.text.literals]
    url = next((one.value for one in near if re.match(r"(?:s3|gs|sftp|ftp)://", one.value)), None)
    if service.key == "gcs":
        address = (
            url or f"gs://{w.named(step, 'bucket') or _kv_or(w, 'GCP_BUCKET_NAME', 'bucket')}/{_key(w, step, writes)}"
        )
        return {"to" if writes else "from": address}
    if service.key in ("sftp", "ftp", "ftps", "smb", "local", "nfs"):
        path = (
            path_said(step)
            or folder_said(w, step, bare=False)
            or w.named(step, "path|folder|directory|file")
            or w.ask("remote_path", note="path on the server; it was not named")
        )
        return {"to" if writes else "from": path}
    if url and service.key in ("s3", "minio"):
        bucket, _, key = url.split("://", 1)[1].partition("/")
        return {"bucket": bucket, "key": key or _key(w, step, writes)}
    place = _bucket(w, step, service)
    return {
        **place,
        "key": _key(w, step, writes),
        "name": _key(w, step, writes),
        "filePath": _key(w, step, writes),
        "blobName": _key(w, step, writes),
    }


def _kv_or(w: Writer, key: str, name: str) -> str:
    return (
        f"{{{{ kv('{key}') }}}}"
        if re.search(r"\bkv\b", w.text.masked)
        else w.ask(name, note="bucket; it was not named")
    )


def _key_in_loop(w: Writer, step: Step) -> str:
    """One name for each turn: the file's own where the loop goes over files or addresses, else the value's."""
    value, data = w.extra["loop_value"][-1], w.last
    folder = folder_said(w, step, bare=False)
    start = f"{folder.strip('/')}/" if folder and "." not in folder.rsplit("/", 1)[-1] else ""
    named = data is not None and data.kind == "file" and bool(data.task)
    by_address = not named or re.search(r"\burls?\b|\bfeeds?\b|\bsites?\b", w.text.masked)
    if by_address and not w.extra.get("loop_rows"):
        return f"{start}{{{{ {value} | substringAfterLast('/') }}}}"
    kind = data.format if data is not None and data.format not in ("", "excel", "unknown", "ion") else "csv"
    if w.extra.get("loop_rows"):
        column = re.search(r"\b(?:under|by|named\s+(?:by|after)|as)\s+(?:the|its)\s+([a-z_]\w*)", step.words.lower())
        inner = f"fromJson({value}).{column[1]}" if column else "taskrun.iteration"
        return f"{start or w.plan.id + '/'}{{{{ {inner} }}}}.{kind}"
    return f"{start or w.plan.id + '/'}{{{{ {value} }}}}.{kind}"


def _key(w: Writer, step: Step, writes: bool) -> str:
    if w.loops and "loop_value" in w.extra and writes:
        return _key_in_loop(w, step)
    if not writes:
        return w.named(step, "key|object|file|path") or w.ask("object_key", note="key of the file; it was not named")
    extension = (
        w.last.format if w.last and w.last.kind == "file" and w.last.format not in ("", "excel", "unknown") else "csv"
    )
    folder = folder_said(w, step, bare=False)
    if folder and folder.endswith((".csv", ".json", ".parquet", ".xlsx", ".txt", ".xml", ".avro", ".zip", ".gz")):
        return folder.lstrip("/")
    stamp = "{{ execution.startDate | date('yyyyMMdd_HHmmss') }}"
    return f"{folder.strip('/') if folder else w.plan.id}/{stamp}.{extension}"


@block("store:read")
def fetch(w: Writer, step: Step) -> list[Task]:
    service: Service = step.args["service"]
    if service.key == "sheets":
        return _sheet(w, step, service)
    several = (
        bool(
            step.args.get("many") or re.search(r"\ball\b|\bfiles\b|\bcsvs\b|\binvoices\b|\bevery\b", step.words.lower())
        )
        and "many" in service.roles
        and w.types.pick(service.roles["many"])
    )
    if several:
        place = (
            _bucket(w, step, service)
            if service.key not in ("sftp", "ftp", "ftps", "smb", "gcs", "nfs", "local")
            else {}
        )
        where = (
            {"from": _folder_address(w, step, service)}
            if not place or service.key == "gcs"
            else {"prefix": folder_said(w, step)}
        )
        kind = re.search(r"\b(csv|json|parquet|xml|avro|txt|xlsx)s?\b", step.words.lower())
        pattern = rf".*\.{kind[1]}$" if kind else None
        task = w.task(
            f"download_from_{service.key}",
            service.roles["many"],
            **login(w, service.key),
            **place,
            **where,
            action="NONE",
            regexp=pattern,
            regExp=pattern,
        )
        data = w.yields(task, "file", "outputFiles", kind[1].replace("xlsx", "excel") if kind else _format(step))
        files = w.out(task["id"], "outputFiles")
        w.data[-1] = Data(data.task, "file", data.format, f"{files} | values | first", files)
        return [task]
    candidates = [*service.roles.get("read", ()), *service.roles.get("many", ())]
    task = w.task(
        f"download_from_{service.key}", candidates, **login(w, service.key), **_location(w, step, service, False)
    )
    definition = w.types.get(task["type"])
    blob = definition is not None and "uri" not in definition.outputs and "blob" in definition.outputs
    w.yields(task, "file", "blob.uri" if blob else "uri", _format(step))
    return [task]


def _folder_address(w: Writer, step: Step, service: Service) -> str | None:
    """Where a listing looks: gs://bucket/prefix, or a folder of a server."""
    if service.key != "gcs" or any(one.value.startswith("gs://") for one in w.text.literals):
        where = _location(w, step, service, False).get("from")
        return str(where) if where else None
    bucket = w.named(step, "bucket") or _kv_or(w, "GCP_BUCKET_NAME", "bucket")
    return f"gs://{bucket}/{(folder_said(w, step) or '').lstrip('/')}"


def path_said(step: Step) -> str:
    """An absolute path on a server, as the words write it."""
    said = re.search(r"(?<![\w:/.])(/[\w.-]+(?:/[\w.{}<>-]+)*/?)", step.words)
    return said[1].rstrip(".") if said else ""


def folder_said(w: Writer, step: Step, bare: bool = True) -> str | None:
    """The prefix or folder the words name for a listing; None is the whole bucket."""
    said = re.search(
        r"\b(?:prefix|folder|directory|path)\s+(?:called\s+|named\s+|is\s+)?[`'\"]?(?P<a>[\w.{}<>$-]*/[\w./{}<>$-]*|[\w-]+)[`'\"]?"
        r"|\b(?:in|under|from)\s+[`'\"]?(?P<b>[\w.-]+/[\w./-]*)[`'\"]?",
        step.words,
    )
    name = (said["a"] or said["b"]) if said else w.named(step, "prefix|folder")
    if name and not bare and "/" not in name:
        return None
    return None if name is None or name.lower() in ("of", "in", "on", "and", "is", "to", "with") else name.rstrip(".")


def _format(step: Step) -> str:
    return next(
        (
            f
            for f in ("csv", "json", "parquet", "excel", "xml", "avro", "zip", "pdf")
            if re.search(rf"\b{f}s?\b", step.words.lower())
        ),
        "csv",
    )


def sheet_id(w: Writer) -> str:
    """The id of a Google Sheet: said after its name, in its address, or asked for."""
    said = re.search(
        r"docs\.google\.com/spreadsheets/d/([\w-]+)|\b[Ss]heets?\s+(?:with\s+)?(?:id\s+)?(?:is\s+)?[`'\"]?((?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{4,})",
        w.text.plain,
    )
    name = (said[1] or said[2]) if said else ""
    if name and not re.fullmatch(r"[Ss]heet\d*", name):
        return name
    return w.ask("spreadsheet_id", note="id in the address of the Google Sheet")


def _sheet(w: Writer, step: Step, service: Service) -> list[Task]:
    tab = re.search(
        r"\b(?:tab|worksheet)\s+(?:called\s+|named\s+)?[`'\"]?(\w+)|\b(\w+)\s+(?:tab|worksheet)\b", step.words
    )
    title = (tab[1] or tab[2]) if tab and (tab[1] or tab[2]).lower() not in ("the", "a", "first", "one") else "Sheet1"
    task = w.task(
        "read_sheet",
        service.roles["read"],
        **login(w, "sheets"),
        spreadsheetId=sheet_id(w),
        selectedSheetsTitle=[title],
        fetch=False,
        store=True,
    )
    w.yields(task, "file", f"uris['{title}']", "ion")
    return [task]


@block("store:run", "store:list")
def list_files(w: Writer, step: Step) -> list[Task]:
    service: Service = step.args["service"]
    task = w.task(
        f"list_{service.key}",
        service.roles["list"],
        **login(w, service.key),
        **_bucket(w, step, service),
        **{"from": w.ask("remote_path", note="path to list")},
    )
    return [task]


@block("store:write")
def put(w: Writer, step: Step) -> list[Task]:
    service: Service = step.args["service"]
    low = step.words.lower()
    if re.search(r"\bcreate\b[^.;]*\bbucket", low) and "create_bucket" in service.roles:
        name = (
            "{{ kv('GCP_BUCKET_NAME') }}"
            if re.search(r"\bkv\b", w.text.masked)
            else w.ask("bucket", note="bucket to create")
        )
        return [
            w.task(
                "create_bucket",
                service.roles["create_bucket"],
                **login(w, service.key),
                name=name,
                location="{{ kv('GCP_LOCATION') }}" if re.search(r"\bkv\b", w.text.masked) else None,
                ifExists="SKIP",
            )
        ]
    if service.key == "sheets":
        tasks, source = as_format(w, "csv")
        return [
            *tasks,
            w.task(
                "load_into_sheet",
                service.roles["write"],
                **login(w, "sheets"),
                spreadsheetId=sheet_id(w),
                **{"from": source},
                format="CSV",
                header=True,
            ),
        ]
    tasks, source = _upload_source(w, low)
    location = _location(w, step, service, True)
    task = w.task(
        f"upload_to_{service.key}",
        service.roles["write"],
        **login(w, service.key),
        **location,
        **({"from": source} if "from" not in location else {}),
    )
    if service.key == "gcs":
        w.extra["gcs_uri"] = location["to"]
    return [*tasks, task]


def _wanted_format(w: Writer, low: str) -> str | None:
    """The format a file is to have where it goes: 'as parquet'."""
    return next(
        (
            f
            for f in ("csv", "json", "parquet", "excel", "avro", "xml")
            if re.search(rf"\b(?:as|the)\s+(?:an?\s+)?{f}\b", low + w.text.masked)
        ),
        None,
    )


def _upload_source(w: Writer, low: str) -> tuple[list[Task], str]:
    data = w.last
    made_here = (
        data is not None and data.kind == "file" and data.task in w.extra.get(w.loops[-1] if w.loops else "", ())
    )
    if w.loops and not made_here:
        return [], f"{{{{ {w.extra['loop_value'][-1]} }}}}"
    if data and data.kind in ("answer", "value", "body", "rows") and w.last_of("file") is None:
        write = w.task(
            "write_file",
            "core.storage.Write",
            content=f"{{{{ {data.expression}{' | toJson' if data.kind == 'rows' else ''} }}}}",
            extension=".json" if data.kind in ("rows", "body") else ".txt",
        )
        made = w.yields(write, "file", "uri", "json" if data.kind in ("rows", "body") else "txt")
        if (wanted := _wanted_format(w, low)) and wanted != made.format and made.format == "json":
            more, source = as_format(w, wanted)
            return [write, *more], source
        return [write], f"{{{{ outputs.{write['id']}.uri }}}}"
    if data is None:
        return [], w.ask("file", "FILE", note="file to upload; it was not named")
    wanted = _wanted_format(w, low)
    file = w.last_of("file")
    if file and file.format == "ion":
        wanted = wanted or "csv"
    return as_format(w, wanted) if wanted else ([], f"{{{{ {file.expression} }}}}" if file else w.ask("file", "FILE"))


@block("store:copy")
def move(w: Writer, step: Step) -> list[Task]:
    service: Service = step.args["service"]
    moves = bool(re.search(r"\bmove\b", step.words.lower()))
    if service.key == "gcs":
        address = (
            f"{{{{ {w.extra['loop_value'][-1]} }}}}" if w.loops else w.ask("source_uri", note="gs:// address to move")
        )
        return [
            w.task(
                "archive_file" if moves else "copy_file",
                service.roles["copy"],
                **login(w, "gcs"),
                **{"from": address, "to": w.ask("archive_uri", note="gs:// address to move it to"), "delete": moves},
            )
        ]
    source = {
        "bucket": w.ask("source_bucket", note="bucket to copy from"),
        "key": w.ask("source_key", note="key of the file"),
    }
    target = {
        "bucket": w.ask("target_bucket", note="bucket to copy to"),
        "key": w.ask("source_key", note="key of the file"),
    }
    return [
        w.task(
            "move_file" if moves else "copy_file",
            service.roles["copy"],
            **login(w, service.key),
            **{"from": source, "to": target, "delete": moves or None},
        )
    ]


@block("archive_file")
def archive(w: Writer, step: Step) -> list[Task]:
    """Move the file that started the flow, or was read, out of the way, in its own store."""
    service = next((e.args["service"] for e in w.plan.events if e.kind == "service"), None)
    if service is None or "copy" not in service.roles:
        raise LookupError("move")
    return move(
        w, Step("use", {**step.args, "service": service, "role": "copy"}, step.words, step.start, step.end, step.clause)
    )


@block("encrypt")
def encrypt(w: Writer, step: Step) -> list[Task]:
    """OpenPGP, the way that files are sent to others encrypted."""
    source = w.last_of("file")
    uri = f"{{{{ {source.expression} }}}}" if source else w.ask("file", "FILE", note="file to encrypt or decrypt")
    if re.search(r"\bdecrypt", step.words.lower()):
        task = w.task(
            "decrypt",
            "crypto.openpgp.Decrypt",
            **{"from": uri},
            privateKey=w.secret("PGP_PRIVATE_KEY"),
            privateKeyPassphrase=w.secret("PGP_PASSPHRASE"),
        )
    else:
        task = w.task(
            "encrypt",
            "crypto.openpgp.Encrypt",
            **{"from": uri},
            key=w.secret("PGP_PUBLIC_KEY"),
            recipients=[w.ask("pgp_recipient", note="who can decrypt the file")],
        )
    w.yields(task, "file", "uri", source.format if source else "txt")
    return [task]


@block("store:delete")
def remove(w: Writer, step: Step) -> list[Task]:
    service: Service = step.args["service"]
    w.note("Deleted files are gone for good.")
    candidates = service.roles.get(
        "delete_many" if re.search(r"\ball\b|\bempty\b|\bfiles\b", step.words.lower()) else "delete",
        service.roles["delete"],
    )
    return [
        w.task(
            f"delete_from_{service.key}",
            candidates,
            **login(w, service.key),
            **_location(w, step, service, False),
            **(
                {"uri": w.ask("object_uri", note="address of the file")}
                if service.key in ("gcs", "sftp", "ftp")
                else {}
            ),
        )
    ]
