"""Blocks for tools and services that are started: dbt, Terraform, Airbyte, Git, Docker, cloud jobs."""

from __future__ import annotations

import re
from typing import Any

from copilot.draft.offline.blocks import block
from copilot.draft.offline.blocks.scripts import runner
from copilot.draft.offline.ir import Step
from copilot.draft.offline.services import PREFIX
from copilot.draft.offline.tables import table
from copilot.draft.offline.writer import Task, Writer


def _runner(w: Writer) -> dict[str, Any]:
    chosen = runner(w)
    return {"taskRunner": chosen} if chosen else {}


@block("dbt")
def dbt(w: Writer, step: Step) -> list[Task]:
    command = re.search(
        r"\bdbt\s+(build|run|test|seed|snapshot|compile|deps|docs\s+generate)\b|\b(test|build)s?\b", step.words.lower()
    )
    verb = (command[1] or command[2]) if command else "build"
    adapter = next(
        (
            a
            for a in (
                "postgres",
                "bigquery",
                "snowflake",
                "redshift",
                "duckdb",
                "databricks",
                "clickhouse",
                "spark",
                "trino",
            )
            if re.search(rf"\b{a}", w.text.masked)
        ),
        "duckdb",
    )
    profiles = _profile(w, "motherduck" if "motherduck" in w.text.masked else adapter)
    return [
        w.task(
            f"dbt_{verb.replace(' ', '_')}",
            ["dbt.cli.DbtCLI"],
            **_runner(w),
            containerImage=f"ghcr.io/kestra-io/dbt-{adapter}:latest",
            commands=["dbt deps", f"dbt {verb}"],
            profiles=profiles,
        )
    ]


def _profile(w: Writer, adapter: str) -> str | None:
    """The dbt profile of an adapter, with secrets and what the words or inputs say."""
    lines = table("dbt").get(adapter, {}).get("lines")
    if not lines:
        return None

    def filled(match: re.Match[str]) -> str:
        name = match[1]
        if name.startswith("SECRET_"):
            return w.secret(name.removeprefix("SECRET_"))
        return w.ask(name.removeprefix("ask_"), note=f"`{name.removeprefix('ask_')}` of the dbt profile")

    body = "\n".join("      " + re.sub(r"\$(\w+)\$", filled, line) for line in lines)
    return f"default:\n  outputs:\n    prod:\n{body}\n  target: prod\n"


@block("sqlmesh")
def sqlmesh(w: Writer, step: Step) -> list[Task]:
    return [
        w.task(
            "sqlmesh_plan",
            "sqlmesh.cli.SQLMeshCLI",
            **_runner(w),
            commands=["sqlmesh plan --auto-apply"],
            outputFiles=["*.db"],
        )
    ]


@block("terraform")
def terraform(w: Writer, step: Step) -> list[Task]:
    low = step.words.lower()
    applies = bool(re.search(r"\bapply\b", low)) and not re.search(r"\bplan\b(?!$)", low.split("apply")[0])
    if applies and w.extra.get("terraform_plan"):
        return [
            _terraform(
                w,
                "terraform_apply",
                ["terraform init", "terraform apply -auto-approve plan.tfplan"],
                {"plan.tfplan": f"{{{{ outputs.{w.extra['terraform_plan']}.outputFiles['plan.tfplan'] }}}}"},
                None,
            )
        ]
    if applies:
        return [_terraform(w, "terraform_apply", ["terraform init", "terraform apply -auto-approve"], None, None)]
    task = _terraform(w, "terraform_plan", ["terraform init", "terraform plan -out=plan.tfplan"], None, ["plan.tfplan"])
    w.extra["terraform_plan"] = task["id"]
    w.yields(task, "file", "outputFiles['plan.tfplan']", "tfplan")
    return [task]


def _terraform(
    w: Writer, hint: str, commands: list[str], files: dict[str, str] | None, outputs: list[str] | None
) -> Task:
    return w.task(
        hint,
        "terraform.cli.TerraformCLI",
        **_runner(w),
        namespaceFiles={"enabled": True},
        inputFiles=files,
        outputFiles=outputs,
        commands=commands,
    )


@block("ansible")
def ansible(w: Writer, step: Step) -> list[Task]:
    if w.extra.get("ansible"):
        return []
    w.extra["ansible"] = True
    playbook = (
        "- hosts: localhost\n  connection: local\n  gather_facts: false\n  tasks:\n    - name: say "
        "hello\n      ansible.builtin.debug:\n        msg: hello\n"
    )
    return [
        w.task(
            "run_playbook",
            "ansible.cli.AnsibleCLI",
            **_runner(w),
            inputFiles={"playbook.yml": playbook, "inventory.ini": "localhost ansible_connection=local\n"},
            commands=["ansible-playbook -i inventory.ini playbook.yml"],
        )
    ]


@block("soda")
def soda(w: Writer, step: Step) -> list[Task]:
    return [
        w.task(
            "soda_scan",
            "soda.Scan",
            configuration={"data_source": {"type": "duckdb"}},
            checks={"checks for orders": ["row_count > 0"]},
        )
    ]


@block("dlt")
def dlt(w: Writer, step: Step) -> list[Task]:
    target = (
        "bigquery"
        if re.search(r"big\s?query|\bbq\b", w.text.masked)
        else "snowflake"
        if "snowflake" in w.text.masked
        else "postgres"
        if "postgres" in w.text.masked
        else "duckdb"
    )
    source = re.search(r"\b(?:load|pipeline|from)\s+(?:data\s+from\s+)?([a-z][\w.]*)", w.text.masked)
    name = (
        re.sub(r"\W", "_", source[1].split(".")[0]) if source and source[1] not in ("from", "data", "dlt") else "source"
    )
    script = (
        f"import dlt\nfrom dlt.sources.helpers import requests\n\n\n@dlt.resource(name='{name}', "
        f"write_disposition='append')\ndef rows():\n    answer = requests.get('{{{{ inputs.api_url "
        f"}}}}')\n    answer.raise_for_status()\n    yield answer.json()\n\n\npipeline = "
        f"dlt.pipeline(pipeline_name='{name}', destination='{target}', "
        f"dataset_name='{name}')\nprint(pipeline.run(rows()))\n"
    )
    w.ask("api_url", "URI", note="address of the source API; it was not named")
    w.note("The dlt resource reads one address; a verified dlt source can replace it.")
    env = {"DESTINATION__BIGQUERY__CREDENTIALS": w.secret("GCP_SERVICE_ACCOUNT")} if target == "bigquery" else None
    return [
        w.task(
            "dlt_pipeline",
            "scripts.python.Script",
            **_runner(w),
            containerImage="python:3.12-slim",
            dependencies=[f"dlt[{target}]"],
            env=env,
            script=script,
        )
    ]


@block("tika")
def tika(w: Writer, step: Step) -> list[Task]:
    from copilot.draft.offline.blocks.convert import as_format

    _, source = as_format(w, "pdf")
    task = w.task("extract_text", "tika.Parse", **{"from": source}, extractEmbedded=False, store=False)
    w.yields(task, "answer", "result.content")
    return [task]


@block("datagen")
def datagen(w: Writer, step: Step) -> list[Task]:
    task = w.task(
        "generate_records",
        "datagen.core.Generate",
        generator={
            "type": PREFIX + "datagen.generators.JsonObjectGenerator",
            "locale": ["en", "US"],
            "value": {"name": "#{name.fullName}", "email": "#{internet.emailAddress}", "city": "#{address.city}"},
        },
        count=100,
        store=True,
        batchSize=100,
    )
    w.yields(task, "file", "uri", "ion")
    return [task]


@block("ssh")
def ssh(w: Writer, step: Step) -> list[Task]:
    commands = (
        ["sudo apt-get update", "sudo apt-get -y upgrade"]
        if re.search(r"\bpatch", w.text.masked)
        else [w.ask("command", note="command to run on the host")]
    )
    return [
        w.task(
            "run_over_ssh",
            "fs.ssh.Command",
            host=w.ask("ssh_host", note="host to connect to; it was not named"),
            port="22",
            authMethod="PUBLIC_KEY",
            username=w.secret("SSH_USERNAME"),
            privateKey=w.secret("SSH_PRIVATE_KEY"),
            commands=commands,
        )
    ]


@block("tcp", "udp")
def send_bytes(w: Writer, step: Step) -> list[Task]:
    kind = step.args["service"].key
    tasks = []
    if re.search(r"\bcheck\b[^.;]*\bport\b|\bport\s+is\s+open\b", w.text.masked):
        tasks.append(
            w.task(
                "check_port",
                "scripts.shell.Commands",
                taskRunner={"type": PREFIX + "core.runner.Process"},
                commands=[f"timeout 5 bash -c '</dev/tcp/{w.ask('host')}/{w.ask('port', 'INT')}'"],
            )
        )
    tasks.append(
        w.task(
            f"send_{kind}",
            f"fs.{kind}.Send",
            host=w.ask("host", note="host to send to"),
            port=w.ask("port", "INT", note="port to send to"),
            payload=w.ask("payload", note="what to send"),
        )
    )
    return tasks
