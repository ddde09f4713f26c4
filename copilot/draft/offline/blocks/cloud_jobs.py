"""Blocks for jobs and services of the clouds and of data platforms."""

from __future__ import annotations

import re
from typing import Any

from copilot.draft.offline.blocks import block
from copilot.draft.offline.blocks.stores import login
from copilot.draft.offline.ir import Step
from copilot.draft.offline.messages import show
from copilot.draft.offline.services import Service
from copilot.draft.offline.writer import Task, Writer


@block("dbt_cloud")
def dbt_cloud(w: Writer, step: Step) -> list[Task]:
    job = re.search(r"\bjob\s+(\d+)\b", step.words)
    what = re.search(r"\b(ci|prod|production|nightly|staging)\b", step.words.lower())
    name = f"dbt_{what[1]}_job_id" if what else "dbt_job_id"
    return [
        w.task(
            f"run_{what[1]}_job" if what else "dbt_cloud_job",
            "dbt.cloud.TriggerRun",
            accountId=w.secret("DBT_CLOUD_ACCOUNT_ID"),
            token=w.secret("DBT_CLOUD_TOKEN"),
            jobId=job[1] if job else w.ask(name, note="id of the dbt Cloud job; it was not named"),
            wait=True,
        )
    ]


@block("airbyte_cloud", "airbyte")
def airbyte(w: Writer, step: Step) -> list[Task]:
    service: Service = step.args["service"]
    uuid = re.search(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", w.text.plain, re.I)
    number = step.args.get("number", 0)
    connection = (
        uuid[0]
        if uuid and number in (0, 1)
        else w.ask(
            f"connection_id{'_' + str(number) if number else ''}", note="Airbyte connection id; it was not named"
        )
    )
    more: dict[str, Any] = (
        {"token": w.secret("AIRBYTE_CLOUD_API_TOKEN")}
        if service.key == "airbyte_cloud"
        else {
            "url": w.ask("airbyte_url", "URI", note="address of the Airbyte server"),
            "username": w.secret("AIRBYTE_USERNAME"),
            "password": w.secret("AIRBYTE_PASSWORD"),
        }
    )
    return [
        w.task(
            f"airbyte_sync{'_' + str(number) if number else ''}",
            service.roles["run"],
            connectionId=connection,
            wait=True,
            **more,
        )
    ]


@block("fivetran")
def fivetran(w: Writer, step: Step) -> list[Task]:
    number = step.args.get("number", 0)
    return [
        w.task(
            f"fivetran_sync{'_' + str(number) if number else ''}",
            "fivetran.connectors.Sync",
            apiKey=w.secret("FIVETRAN_API_KEY"),
            apiSecret=w.secret("FIVETRAN_API_SECRET"),
            connectorId=w.ask(
                f"connector_id{'_' + str(number) if number else ''}", note="Fivetran connector id; it was not named"
            ),
            wait=True,
        )
    ]


@block("lambda")
def invoke(w: Writer, step: Step) -> list[Task]:
    number = step.args.get("number", 0)
    name = w.named(step, "function|lambda") or w.ask(
        f"function_arn{'_' + str(number) if number else ''}", note="ARN of the Lambda function; it was not named"
    )
    payload = (
        {"event": "{{ trigger | toJson }}"} if w.plan.events and not w.data else {"execution": "{{ execution.id }}"}
    )
    task = w.task(
        f"invoke_lambda{'_' + str(number) if number else ''}",
        "aws.lambda.Invoke",
        **login(w, "lambda"),
        functionArn=name,
        functionPayload=payload,
    )
    w.yields(task, "file", "uri", "json")
    return [task]


@block("glue")
def glue(w: Writer, step: Step) -> list[Task]:
    return [
        w.task(
            "run_glue_job",
            "aws.glue.StartJobRun",
            **login(w, "glue"),
            jobName=w.named(step, "job") or w.ask("glue_job", note="Glue job; it was not named"),
            wait=True,
        )
    ]


@block("sns")
def sns(w: Writer, step: Step) -> list[Task]:
    return [
        w.task(
            "publish_sns",
            "aws.sns.Publish",
            **login(w, "sns"),
            topicArn=w.ask("topic_arn", note="ARN of the SNS topic; it was not named"),
            **{
                "from": {
                    "data": show(w.last) or "{{ trigger | toJson }}"
                    if w.plan.events
                    else show(w.last) or "{{ execution.id }}"
                }
            },
        )
    ]


@block("databricks")
def databricks(w: Writer, step: Step) -> list[Task]:
    login_ = {"authentication": {"token": w.secret("DATABRICKS_TOKEN")}, "host": w.secret("DATABRICKS_HOST")}
    service: Service = step.args["service"]
    low = step.words.lower()
    if w.where == "finally" or re.search(r"\bdelete\b|\bterminate\b", low):
        if "databricks_cluster" not in w.extra:
            known = w.ask("cluster_id", note="Databricks cluster to delete; it was not named")
            return [w.task("delete_cluster", service.roles["delete_cluster"], **login_, clusterId=known)]
        return [
            w.task(
                "delete_cluster",
                service.roles["delete_cluster"],
                **login_,
                clusterId=f"{{{{ outputs.{w.extra['databricks_cluster']}.clusterId }}}}",
            )
        ]
    if re.search(r"\bcreate\s+(?:a\s+)?cluster\b|\bcluster\b", w.text.masked) and not w.extra.get("databricks_cluster"):
        cluster = w.task(
            "create_cluster",
            service.roles["create_cluster"],
            **login_,
            clusterName="{{ flow.id }}-{{ execution.id }}",
            nodeTypeId=w.ask("node_type", note="Databricks node type"),
            numWorkers=1,
            sparkVersion=w.ask("spark_version", note="Databricks runtime version"),
        )
        w.extra["databricks_cluster"] = cluster["id"]
        return [cluster, _databricks_job(w, service, login_, f"{{{{ outputs.{cluster['id']}.clusterId }}}}")]
    return [_databricks_job(w, service, login_, w.ask("cluster_id", note="Databricks cluster; it was not named"))]


def _databricks_job(w: Writer, service: Service, login_: dict[str, Any], cluster: str) -> Task:
    return w.task(
        "run_job",
        service.roles["run"],
        **login_,
        jobTasks=[
            {
                "existingClusterId": cluster,
                "taskKey": "main",
                "sparkPythonTask": {
                    "pythonFile": w.ask("python_file", note="path of the Python file to run"),
                    "sparkPythonTaskSource": "WORKSPACE",
                },
            }
        ],
        waitForCompletion="PT1H",
    )


@block("dataproc")
def dataproc(w: Writer, step: Step) -> list[Task]:
    return [
        w.task(
            "pyspark_batch",
            "gcp.dataproc.batches.PySparkSubmit",
            **login(w, "dataproc"),
            region=w.ask("gcp_region", note="Google Cloud region"),
            name="{{ flow.id }}-{{ execution.id | lower }}",
            mainPythonFileUri=w.ask("pyspark_file", note="gs:// address of the PySpark file"),
        )
    ]


@block("argocd:status", "argocd:run")
def argocd(w: Writer, step: Step) -> list[Task]:
    service: Service = step.args["service"]
    common = {
        "server": w.ask("argocd_server", note="address of the Argo CD server"),
        "token": w.secret("ARGOCD_TOKEN"),
        "application": w.ask("application", note="Argo CD application; it was not named"),
    }
    if step.args["role"] == "status":
        return [w.task("check_health", service.roles["status"], **common)]
    tasks = [w.task("sync_app", service.roles["run"], **common)]
    if re.search(r"\bhealth|\bstatus\b", w.text.masked):
        tasks.append(w.task("check_health", service.roles["status"], **common))
        w.extra["health_done"] = True
    return tasks


@block("graphql")
def graphql(w: Writer, step: Step) -> list[Task]:
    github = "github" in w.text.masked
    url = (
        "https://api.github.com/graphql"
        if github
        else next((one.value for one in w.text.literals if one.value.startswith("http")), None)
        or w.ask("graphql_url", "URI", note="address of the GraphQL API")
    )
    number = re.search(r"\blast\s+(\d+)", w.text.masked)
    query = w.ask("graphql_query", note="query to send; it was not given")
    variables = None
    if github and re.search(r"\bissues\b", w.text.masked):
        w.inputs.pop("graphql_query", None)
        w.placeholders.pop("graphql_query", None)
        state = "CLOSED" if "closed" in w.text.masked else "OPEN"
        query = (
            f"query($owner: String!, $name: String!) {{\n  repository(owner: $owner, name: $name) {{\n    "
            f"issues(last: {number[1] if number else 20}, states: {state}) {{\n      nodes {{ number "
            f"title closedAt url }}\n    }}\n  }}\n}}"
        )
        variables = {
            "owner": w.ask("repository_owner", note="owner of the repository"),
            "name": w.ask("repository", note="name of the repository"),
        }
    task = w.task(
        "graphql_query",
        "graphql.Request",
        uri=url,
        headers={"Authorization": f"Bearer {w.secret('GITHUB_TOKEN' if github else 'API_TOKEN')}"},
        query=query,
        variables=variables,
    )
    w.yields(task, "body", "body", "json")
    return [task]


@block("zapier")
def zapier(w: Writer, step: Step) -> list[Task]:
    fields = {n: f"{{{{ inputs.{n} }}}}" for n in w.inputs}
    inner = ", ".join(f"'{n}': inputs.{n}" for n in w.inputs)
    return [
        w.task(
            "call_zap",
            step.args["service"].roles["run"],
            uri=w.secret("ZAPIER_HOOK_URL"),
            url=w.secret("ZAPIER_HOOK_URL"),
            method="POST",
            contentType="application/json",
            body=f"{{{{ {{{inner}}} | toJson }}}}" if inner else None,
            payload=fields or None,
        )
    ]


@block("calendar:run", "calendar:write", "calendar")
def calendar(w: Writer, step: Step) -> list[Task]:
    hours = re.search(r"\b(two|three|one|\d+)\s+hours?\b", step.words.lower())
    n = {"one": 1, "two": 2, "three": 3}.get(hours[1]) or int(hours[1]) if hours else 1
    event = {"summary": "Blocked by {{ flow.id }}", "description": "Execution {{ execution.id }}"}
    start, end = "{{ now() | dateAdd(1, 'HOURS') }}", f"{{{{ now() | dateAdd({n + 1}, 'HOURS') }}}}"
    return [
        w.task(
            "block_calendar",
            "googleworkspace.calendar.InsertEvent",
            **login(w, "calendar"),
            calendarId="primary",
            **event,
            startTime={"dateTime": start, "timeZone": "UTC"},
            endTime={"dateTime": end, "timeZone": "UTC"},
        )
    ]


@block("odoo")
def odoo(w: Writer, step: Step) -> list[Task]:
    task = w.task(
        "query_odoo",
        "odoo.Query",
        url=w.ask("odoo_url", "URI", note="address of the Odoo server"),
        db=w.ask("odoo_database", note="Odoo database"),
        username=w.secret("ODOO_USERNAME"),
        password=w.secret("ODOO_PASSWORD"),
        model="sale.order"
        if re.search(r"\bsales?\b", w.text.masked)
        else w.ask("odoo_model", note="Odoo model to read"),
        operation="SEARCH_READ",
        filters=[["state", "=", "sale"]] if "confirmed" in w.text.masked else None,
        fetchType="FETCH",
    )
    w.yields(task, "rows", "rows")
    return [task]
