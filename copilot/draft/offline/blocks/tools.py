"""Blocks for tools and services that are started: dbt, Terraform, Airbyte, Git, Docker, cloud jobs."""

from __future__ import annotations

import re
from typing import Any

from copilot.draft.offline.blocks import block
from copilot.draft.offline.blocks.scripts import runner
from copilot.draft.offline.blocks.stores import login
from copilot.draft.offline.ir import Step
from copilot.draft.offline.messages import show
from copilot.draft.offline.services import PREFIX, Service
from copilot.draft.offline.writer import Task, Writer


def _runner(w: Writer) -> dict[str, Any]:
    chosen = runner(w)
    return {"taskRunner": chosen} if chosen else {}


@block("git_clone")
def clone(w: Writer, step: Step) -> list[Task]:
    if w.extra.get("clone"):
        return []
    url = next(
        (one.value for one in w.text.literals if re.search(r"github\.com|gitlab|bitbucket|\.git$", one.value)), None
    )
    private = re.search(r"\bprivate\b|\btoken\b", w.text.masked)
    task = w.task(
        "clone_repository",
        "git.Clone",
        url=url or w.ask("git_url", "URI", note="address of the repository; it was not named"),
        branch=w.named(step, "branch") or "main",
        username=w.secret("GIT_USERNAME") if private else None,
        password=w.secret("GIT_TOKEN") if private else None,
    )
    w.extra["clone"] = task["id"]
    return [task]


def _git_login(w: Writer) -> dict[str, Any]:
    url = next((one.value for one in w.text.literals if re.search(r"github\.com|gitlab|\.git$", one.value)), None)
    return {
        "url": url or w.ask("git_url", "URI", note="address of the repository; it was not named"),
        "branch": "main",
        "username": w.secret("GIT_USERNAME"),
        "password": w.secret("GIT_TOKEN"),
    }


@block("git_push_flows")
def push_flows(w: Writer, step: Step) -> list[Task]:
    namespace = re.search(r"\bnamespace\s+`?([a-z][\w.-]*\w)`?", w.text.plain)
    dry = bool(re.search(r"\bdry\s?run", step.words.lower()))
    source = namespace[1] if namespace and namespace[1] not in ("to", "every", "files") else w.namespace
    tasks = [
        w.task(
            "push_flows_dry_run" if dry else "push_flows",
            "git.PushFlows",
            **_git_login(w),
            sourceNamespace=source,
            targetNamespace=source,
            flows=["*"],
            includeChildNamespaces=True,
            gitDirectory="flows",
            commitMessage="Flows of {{ flow.namespace }} on {{ now() | date('yyyy-MM-dd') }}",
            dryRun=dry,
        )
    ]
    if re.search(r"\bnamespace\s+files\b", w.text.masked):
        tasks += push_files(w, step)
    return tasks


@block("git_push_files")
def push_files(w: Writer, step: Step) -> list[Task]:
    return [
        w.task(
            "push_namespace_files",
            "git.PushNamespaceFiles",
            **_git_login(w),
            namespace=w.namespace,
            files=["*"],
            gitDirectory="_files",
            commitMessage="Files of {{ flow.namespace }}",
            dryRun=False,
        )
    ]


@block("git_sync")
def sync_git(w: Writer, step: Step) -> list[Task]:
    low = w.text.masked
    tasks = []
    if re.search(r"\bflows\b", low):
        tasks.append(
            w.task(
                "sync_flows",
                "git.SyncFlows",
                **_git_login(w),
                targetNamespace=w.namespace,
                includeChildNamespaces=True,
                gitDirectory="flows",
                dryRun=False,
            )
        )
    if re.search(r"\bnamespace\s+files\b|\bfiles\b", low):
        tasks.append(
            w.task(
                "sync_files",
                "git.SyncNamespaceFiles",
                **_git_login(w),
                namespace=w.namespace,
                gitDirectory="_files",
                dryRun=False,
            )
        )
    return tasks


def _image(w: Writer) -> str:
    if "image" in w.inputs:
        return "{{ inputs.image }}"
    name = re.search(r"\bimage\s+`([\w./:-]+)`", w.text.plain)
    return name[1] if name else w.ask("image", note="image name with tag; it was not named")


def _registry(w: Writer) -> dict[str, Any] | None:
    if token := w.extra.get("ecr_token"):
        return {
            "registry": w.ask("ecr_registry", note="address of the ECR registry"),
            "username": "AWS",
            "password": f"{{{{ outputs.{token}.token }}}}",
        }
    return {
        "registry": w.ask("registry", note="address of the container registry"),
        "username": w.secret("REGISTRY_USERNAME"),
        "password": w.secret("REGISTRY_PASSWORD"),
    }


@block("docker_build")
def build(w: Writer, step: Step) -> list[Task]:
    tasks: list[Task] = []
    if re.search(r"\becr\b", w.text.masked) and not w.extra.get("ecr_token"):
        tasks.append(_ecr_token(w))
    pushes = bool(re.search(r"\bpush\b", w.text.masked)) and not re.search(r"\bscan\b|\btrivy\b", w.text.masked)
    dockerfile = "FROM python:3.12-slim\nRUN pip install --no-cache-dir requests\n"
    w.note("The Dockerfile is a frame: replace it with your own, or clone a repository first.")
    tasks.append(
        w.task(
            "build_image",
            ["docker.cli.Build", "docker.Build"],
            dockerfile=dockerfile,
            tags=[_image(w)],
            push=pushes,
            credentials=_registry(w) if pushes else None,
        )
    )
    w.extra["pushed"] = pushes
    return tasks


@block("docker_push")
def push(w: Writer, step: Step) -> list[Task]:
    if w.extra.get("pushed"):
        return []
    return [w.task("push_image", ["docker.cli.Push", "docker.Push"], tags=[_image(w)], credentials=_registry(w))]


@block("docker_pull")
def pull(w: Writer, step: Step) -> list[Task]:
    return [w.task("pull_image", ["docker.cli.Pull", "docker.Pull"], image=_image(w), tags=[_image(w)])]


@block("docker_run")
def run_container(w: Writer, step: Step) -> list[Task]:
    return [
        w.task(
            "run_container",
            ["docker.cli.Run", "docker.Run"],
            containerImage=_image(w),
            commands=[w.ask("command", note="command to run")],
        )
    ]


@block("cosign")
def sign(w: Writer, step: Step) -> list[Task]:
    return [
        w.task(
            "sign_image",
            "scripts.shell.Commands",
            containerImage="ghcr.io/sigstore/cosign/cosign:v2.4.1",
            env={"COSIGN_PRIVATE_KEY": w.secret("COSIGN_PRIVATE_KEY"), "COSIGN_PASSWORD": w.secret("COSIGN_PASSWORD")},
            commands=[f"cosign sign --yes --key env://COSIGN_PRIVATE_KEY {_image(w)}"],
        )
    ]


def _ecr_token(w: Writer) -> Task:
    task = w.task("ecr_token", "aws.ecr.GetAuthToken", **login(w, "ecr"))
    w.extra["ecr_token"] = task["id"]
    return task


@block("ecr")
def ecr(w: Writer, step: Step) -> list[Task]:
    if w.extra.get("ecr_token"):
        return []
    return [_ecr_token(w)]


@block("docker_compose")
def compose(w: Writer, step: Step) -> list[Task]:
    down = w.where == "finally" or (
        bool(re.search(r"\bdown\b|\bstop\b", step.words.lower()))
        and not re.search(r"\bstart\b|\bup\b", step.words.lower())
    )
    if not down:
        w.extra["compose_up"] = True
    command = ["down", "--volumes"] if down else ["up", "--detach", "--wait"]
    content = 'services:\n  web:\n    image: nginx:1.27\n    ports:\n      - "8080:80"\n'
    return [
        w.task(
            "stop_stack" if down else "start_stack",
            ["docker.cli.Compose", "docker.Compose"],
            composeFile="docker-compose.yml",
            commands=command,
            composeArgs=command,
            inputFiles={"docker-compose.yml": content},
        )
    ]


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
    profiles = None
    if adapter == "postgres":
        profiles = "default:\n  outputs:\n    prod:\n      type: postgres\n      host: \"{{ secret('POSTGRES_HOST') }}\"\n      port: 5432\n      user: \"{{ secret('POSTGRES_USERNAME') }}\"\n      password: \"{{ secret('POSTGRES_PASSWORD') }}\"\n      dbname: analytics\n      schema: public\n  target: prod\n"
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
    playbook = "- hosts: localhost\n  connection: local\n  gather_facts: false\n  tasks:\n    - name: say hello\n      ansible.builtin.debug:\n        msg: hello\n"
    return [
        w.task(
            "run_playbook",
            "ansible.cli.AnsibleCLI",
            **_runner(w),
            inputFiles={"playbook.yml": playbook, "inventory.ini": "localhost ansible_connection=local\n"},
            commands=["ansible-playbook -i inventory.ini playbook.yml"],
        )
    ]


@block("trivy")
def trivy(w: Writer, step: Step) -> list[Task]:
    return [
        w.task(
            "scan_image",
            "trivy.cli.TrivyCLI",
            commands=[f"trivy image --exit-code 1 --severity HIGH,CRITICAL {_image(w)}"],
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
    script = f"import dlt\nfrom dlt.sources.helpers import requests\n\n\n@dlt.resource(name='{name}', write_disposition='append')\ndef rows():\n    answer = requests.get('{{{{ inputs.api_url }}}}')\n    answer.raise_for_status()\n    yield answer.json()\n\n\npipeline = dlt.pipeline(pipeline_name='{name}', destination='{target}', dataset_name='{name}')\nprint(pipeline.run(rows()))\n"
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
        query = f"query($owner: String!, $name: String!) {{\n  repository(owner: $owner, name: $name) {{\n    issues(last: {number[1] if number else 20}, states: {state}) {{\n      nodes {{ number title closedAt url }}\n    }}\n  }}\n}}"
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
