"""Blocks for Git and Docker: cloning, pushing and syncing flows, building and pushing images."""

from __future__ import annotations

import re
from typing import Any

from copilot.draft.offline.blocks import block
from copilot.draft.offline.blocks.stores import login
from copilot.draft.offline.ir import Step
from copilot.draft.offline.writer import Task, Writer


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
    if token := w.extra.get("gar_token"):
        return {
            "registry": w.ask("artifact_registry", note="address of the artifact registry, REGION-docker.pkg.dev"),
            "username": "oauth2accesstoken",
            "password": f"{{{{ outputs.{token}.accessToken['tokenValue'] }}}}",
        }
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
    if _GOOGLE_REGISTRY.search(w.text.masked):
        tasks += google_token(w)
    pushes = bool(re.search(r"\bpush(?:ed|es|ing)?\b", w.text.masked)) and not re.search(
        r"\bscan\b|\btrivy\b", w.text.masked
    )
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


_GOOGLE_REGISTRY = re.compile(r"\bartifact\s+registry\b|\bgar\b|\bgcr\b|\bgoogle\s+container\s+registry\b")


def google_token(w: Writer) -> list[Task]:
    """A short-lived token of a service account as the login of Google's registry."""
    if w.extra.get("gar_token"):
        return []
    task = w.task("registry_token", "gcp.auth.OauthAccessToken", **login(w, "gcs"))
    w.extra["gar_token"] = task["id"]
    return [task]


@block("artifact_registry")
def artifact_registry(w: Writer, step: Step) -> list[Task]:
    return google_token(w)


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


@block("trivy")
def trivy(w: Writer, step: Step) -> list[Task]:
    return [
        w.task(
            "scan_image",
            "trivy.cli.TrivyCLI",
            commands=[f"trivy image --exit-code 1 --severity HIGH,CRITICAL {_image(w)}"],
        )
    ]


@block("git_push")
def push_changes(w: Writer, step: Step) -> list[Task]:
    """Files of the execution to a branch of a repository."""
    file = w.last_of("file")
    return [
        w.task(
            "push_to_git",
            "git.Push",
            **_git_login(w),
            commitMessage="Update from {{ flow.id }}, execution {{ execution.id }}",
            inputFiles={f"result.{file.format or 'txt'}": f"{{{{ {file.expression} }}}}"} if file else None,
        )
    ]
