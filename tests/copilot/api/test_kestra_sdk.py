"""Kestra's official Python client against the service: what it sends is understood, what it gets fits its models."""

from __future__ import annotations

from datetime import UTC, datetime

import kestrapy
import pytest

TENANT = "main"


@pytest.fixture(scope="module")
def client(served):
    return kestrapy.KestraClient(kestrapy.Configuration(host=served.url))


def test_flows_are_created_read_updated_listed_and_deleted(client, log_flow):
    source = log_flow("sdk_crud")
    created = client.flows.create_flow(tenant=TENANT, body=source)
    assert (created.id, created.namespace, created.revision, created.source) == ("sdk_crud", "company.team", 1, source)
    assert [(label.key, label.value) for label in created.labels] == [("team", "data")]
    changed = f"{source}description: now with words\n"
    updated = client.flows.update_flow(namespace="company.team", id="sdk_crud", tenant=TENANT, body=changed)
    assert (updated.revision, updated.description) == (2, "now with words")
    same = client.flows.update_flow(namespace="company.team", id="sdk_crud", tenant=TENANT, body=changed)
    assert same.revision == 2
    read = client.flows.flow(
        namespace="company.team", id="sdk_crud", source=True, allow_deleted=False, tenant=TENANT, revision=1
    )
    assert read.source == source
    revisions = client.flows.list_flow_revisions(
        namespace="company.team", id="sdk_crud", allow_delete=False, tenant=TENANT
    )
    assert [flow.revision for flow in revisions] == [1, 2]
    listed = client.flows.list_flows_by_namespace(namespace="company.team", tenant=TENANT)
    assert "sdk_crud" in [flow.id for flow in listed]
    client.flows.delete_flow(namespace="company.team", id="sdk_crud", tenant=TENANT)
    with pytest.raises(kestrapy.exceptions.NotFoundException):
        client.flows.flow(namespace="company.team", id="sdk_crud", source=False, allow_deleted=False, tenant=TENANT)


def test_flows_are_searched_with_the_clients_filters(client, log_flow):
    client.flows.create_flow(tenant=TENANT, body=log_flow("sdk_search"))
    other = log_flow("sdk_elsewhere").replace("company.team", "company.other")
    client.flows.create_flow(tenant=TENANT, body=other)

    def found(*filters):
        page = client.flows.search_flows(page=1, size=100, tenant=TENANT, filters=list(filters))
        return {flow.id for flow in page.results if flow.id.startswith("sdk_")}

    namespace = {"field": "NAMESPACE", "operation": "PREFIX", "value": {"value": "company"}}
    assert {"sdk_search", "sdk_elsewhere"} <= found(namespace)
    assert found({**namespace, "value": {"value": "company.other"}}) == {"sdk_elsewhere"}
    assert found(namespace, {"field": "QUERY", "operation": "EQUALS", "value": {"value": "elsewh"}}) == {
        "sdk_elsewhere"
    }
    assert found({"field": "LABELS", "operation": "EQUALS", "value": {"team": "nobody"}}) == set()


def test_validation_gives_one_verdict_a_flow(client, log_flow):
    good, bad = log_flow("sdk_valid"), log_flow("sdk_invalid").replace("message", "mesage")
    first, second = client.flows.validate_flows(tenant=TENANT, body=f"{good}\n---\n{bad}")
    assert (first.index, first.flow, first.constraints) == (0, "sdk_valid", None)
    assert (second.index, second.flow) == (1, "sdk_invalid")
    assert "tasks[0].mesage" in second.constraints


def test_an_execution_with_inputs_is_waited_for_read_found_and_followed(client, log_flow):
    client.flows.create_flow(tenant=TENANT, body=log_flow("sdk_run"))
    made = client.executions.create_execution(
        namespace="company.team",
        id="sdk_run",
        wait=True,
        tenant=TENANT,
        labels=["origin:sdk"],
        additional_form_datas={"name": "Grace"},
    )
    assert made.state.current == "SUCCESS"
    assert [run.task_id for run in made.task_run_list] == ["say", "give"]
    assert made.task_run_list[1].outputs == {"value": "Grace"}
    assert made.url.endswith(f"/executions/company.team/sdk_run/{made.id}")
    read = client.executions.execution(execution_id=made.id, tenant=TENANT)
    assert read.inputs == {"name": "Grace"}
    assert ("origin", "sdk") in [(label.key, label.value) for label in read.labels]
    page = client.executions.search_executions(
        page=1,
        size=10,
        tenant=TENANT,
        filters=[
            {"field": "FLOW_ID", "operation": "EQUALS", "value": {"value": "sdk_run"}},
            {"field": "STATE", "operation": "IN", "value": {"value": "SUCCESS,FAILED"}},
        ],
    )
    assert [execution.id for execution in page.results] == [made.id]
    events = list(client.executions.follow_execution(execution_id=made.id, tenant=TENANT))
    assert [event["id"] for event in events] == [made.id, made.id]
    assert events[-1]["state"]["current"] == "SUCCESS"


def test_a_paused_execution_is_killed_and_another_resumed(client, paused_flow, reached):
    client.flows.create_flow(tenant=TENANT, body=paused_flow("sdk_paused"))

    def start():
        made = client.executions.create_execution(namespace="company.team", id="sdk_paused", wait=False, tenant=TENANT)
        reached(made.id, "PAUSED")
        return made.id

    killed, resumed = start(), start()
    client.executions.kill_execution(execution_id=killed, is_on_kill_cascade=True, tenant=TENANT)
    client.executions.resume_execution(execution_id=resumed, tenant=TENANT)
    assert reached(killed, "KILLED")
    assert [run["taskId"] for run in reached(resumed, "SUCCESS")["taskRunList"]] == ["wait", "after"]
    with pytest.raises(kestrapy.exceptions.ConflictException):
        client.executions.resume_execution(execution_id=resumed, tenant=TENANT)


def test_an_ended_execution_is_replayed_labelled_restated_and_deleted(client, log_flow, reached):
    client.flows.create_flow(tenant=TENANT, body=log_flow("sdk_again"))
    made = client.executions.create_execution(namespace="company.team", id="sdk_again", wait=True, tenant=TENANT)
    replayed = client.executions.replay_execution(execution_id=made.id, tenant=TENANT)
    assert (replayed.id != made.id, replayed.original_id) == (True, made.id)
    assert reached(replayed.id, "SUCCESS")
    client.executions.set_labels_on_terminated_execution(
        execution_id=made.id, tenant=TENANT, label=[kestrapy.Label(key="checked", value="yes")]
    )
    client.executions.update_execution_status(execution_id=made.id, status="WARNING", tenant=TENANT)
    read = client.executions.execution(execution_id=made.id, tenant=TENANT)
    assert read.state.current == "WARNING"
    assert ("checked", "yes") in [(label.key, label.value) for label in read.labels]
    client.executions.delete_execution(
        execution_id=made.id, tenant=TENANT, delete_logs=True, delete_metrics=True, delete_storage=True
    )
    with pytest.raises(kestrapy.exceptions.NotFoundException):
        client.executions.execution(execution_id=made.id, tenant=TENANT)


def test_lists_of_executions_are_acted_on_together_or_not_at_all(client, paused_flow, reached):
    client.flows.create_flow(tenant=TENANT, body=paused_flow("sdk_bulk"))
    ids = [
        client.executions.create_execution(namespace="company.team", id="sdk_bulk", wait=False, tenant=TENANT).id
        for _ in range(2)
    ]
    for execution in ids:
        reached(execution, "PAUSED")
    with pytest.raises(kestrapy.exceptions.BadRequestException, match="execution not found"):
        client.executions.resume_executions_by_ids(tenant=TENANT, request_body=[*ids, "nowhere"])
    assert reached(ids[0], "PAUSED")
    assert client.executions.resume_executions_by_ids(tenant=TENANT, request_body=ids).count == 2
    for execution in ids:
        assert reached(execution, "SUCCESS")


def test_keys_are_set_read_listed_and_deleted(client):
    client.kv.set_key_value(namespace="company.keys", key="limit", tenant=TENANT, body="5")
    client.kv.set_key_value(namespace="company.keys", key="name", tenant=TENANT, body='"Ada"')
    read = client.kv.key_value(namespace="company.keys", key="limit", tenant=TENANT)
    assert (read.type, read.value) == ("NUMBER", 5)
    listed = client.kv.list_keys(namespace="company.keys", tenant=TENANT)
    assert [entry.key for entry in listed] == ["limit", "name"]
    assert client.kv.delete_key_value(namespace="company.keys", key="limit", tenant=TENANT) is True
    assert client.kv.delete_key_value(namespace="company.keys", key="limit", tenant=TENANT) is False
    with pytest.raises(kestrapy.exceptions.NotFoundException):
        client.kv.key_value(namespace="company.keys", key="limit", tenant=TENANT)


def test_triggers_are_found_switched_off_and_given_a_backfill(client, served, log_flow):
    trigger = "triggers:\n  - id: nightly\n    type: io.kestra.plugin.core.trigger.Schedule\n    cron: '0 2 * * *'\n"
    client.flows.create_flow(tenant=TENANT, body=log_flow("sdk_trigger") + trigger)
    page = client.triggers.search_triggers_for_flow(
        page=1, size=10, namespace="company.team", flow_id="sdk_trigger", tenant=TENANT
    )
    (found,) = page.results
    assert (found.trigger_id, found.disabled, found.backfill) == ("nightly", False, None)
    found.disabled = True
    assert client.triggers.update_trigger(tenant=TENANT, trigger=found).disabled is True
    found.disabled = False
    found.backfill = kestrapy.Backfill(start=datetime(2025, 1, 1, tzinfo=UTC), end=datetime(2025, 1, 3, tzinfo=UTC))
    started = client.triggers.update_trigger(tenant=TENANT, trigger=found)
    assert (started.backfill.start, started.backfill.paused) == (datetime(2025, 1, 1, tzinfo=UTC), False)
    assert client.triggers.pause_backfill(tenant=TENANT, trigger=found).backfill.paused is True
    assert client.triggers.unpause_backfill(tenant=TENANT, trigger=found).backfill.paused is False
    assert client.triggers.delete_backfill(tenant=TENANT, trigger=found).backfill is None
    with pytest.raises(kestrapy.exceptions.BadRequestException):
        client.triggers.pause_backfill(tenant=TENANT, trigger=found)


def test_basic_and_bearer_log_in_where_a_token_is_set(serve, log_flow):
    guarded = serve(token="open-sesame-123")
    for given in ({"username": "me", "password": "open-sesame-123"}, {"access_token": "open-sesame-123"}):
        allowed = kestrapy.KestraClient(kestrapy.Configuration(host=guarded.url, **given))
        assert allowed.flows.list_flows_by_namespace(namespace="company.team", tenant=TENANT) == []
    for wrong in ({"username": "open-sesame-123", "password": "no"}, {"access_token": "no"}, {}):
        refused = kestrapy.KestraClient(kestrapy.Configuration(host=guarded.url, **wrong))
        with pytest.raises(kestrapy.exceptions.UnauthorizedException):
            refused.flows.list_flows_by_namespace(namespace="company.team", tenant=TENANT)
