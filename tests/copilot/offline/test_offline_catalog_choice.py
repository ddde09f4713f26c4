"""Types of plugins without a block of their own are found by reading their names."""

from __future__ import annotations

import pytest

from copilot.draft.contract import Request
from copilot.draft.offline import OfflineDrafter
from copilot.draft.offline.tables import alternatives, table
from copilot.evaluate.requirements import all_types
from engine.flow.check import check_flow
from engine.flow.findings import errors
from engine.flow.source import parse

CASES = [
    ("shut down the kvm machine and start it again", ["kvm.StopVm", "kvm.StartVm"]),
    ("list the droplets of digitalocean each night", ["digitalocean.droplet.List"]),
    ("add a comment to the trello card", ["trello.cards.Comment"]),
    ("resize the azure batch pool at 6 in the morning", ["azure.batch.pool.Resize"]),
    ("read the message history of the slack channel", ["slack.app.conversations.History"]),
    ("run the fabric notebook", ["microsoft.fabric.data.engineering.RunNotebook"]),
    ("get the pods of our cluster with kubectl", ["kubernetes.kubectl.Get"]),
    ("ship the kestra logs to splunk every 10 minutes", ["ee.core.log.LogShipper", "ee.splunk.LogExporter"]),
    ("list the backups in proxmox, restore the newest one", ["proxmox.backup.List", "proxmox.backup.Restore"]),
]


def _types(words: str) -> set[str]:
    draft = OfflineDrafter().draft(Request(words, target="1.1", namespace="company.team"))
    assert draft.flow is not None, (words, draft.questions, draft.reason)
    assert errors(check_flow(draft.flow, "1.1")) == []
    flow = parse(draft.flow).value
    assert isinstance(flow, dict)
    return {t.removeprefix("io.kestra.plugin.") for t in all_types(flow)}


@pytest.mark.parametrize(("words", "wanted"), CASES, ids=[c[0] for c in CASES])
def test_a_plugin_is_used_for_what_the_words_do_with_it(words: str, wanted: list[str]) -> None:
    assert set(wanted) <= _types(words)


def test_what_is_only_a_place_is_nothing_done_to_it() -> None:
    assert "gcp.gcs.DeleteBucket" not in _types("delete the old files in a gcs bucket")


def test_a_mail_that_comes_starts_the_flow_with_the_mailbox_named() -> None:
    assert "microsoft365.outlook.MailReceivedTrigger" in _types("new mail in the outlook mailbox -> log it")


def test_what_a_trigger_hands_over_is_read_by_its_own_output() -> None:
    words = "for each message on the pulsar topic orders insert a row in the mysql table orders"
    draft = OfflineDrafter().draft(Request(words, target="1.1", namespace="company.team"))
    assert draft.flow is not None
    assert "trigger.value" in draft.flow
    assert "ForEach" not in draft.flow


def test_settings_asked_for_once_are_shared() -> None:
    words = "delete the rows of the postgres table a, then query the postgres table b; connection settings only once"
    draft = OfflineDrafter().draft(Request(words, target="1.1", namespace="company.team"))
    assert draft.flow is not None
    assert draft.flow.count("POSTGRES_PASSWORD") == 1
    assert "pluginDefaults" in draft.flow


def test_phrases_are_patterns_of_words() -> None:
    import re

    pattern = re.compile(alternatives(("wait [for] a|the file", "arriv~ ... bucket")))
    assert pattern.fullmatch("wait for the file")
    assert pattern.fullmatch("wait a file")
    assert pattern.fullmatch("arriving in our bucket")
    assert not pattern.fullmatch("wait for file")


def test_every_role_of_the_services_table_has_a_type_that_is_known() -> None:
    """OpenSearch is named by people and has no types in the catalog: the draft says so."""
    from engine.flow.catalog import catalog

    known = catalog()
    missing = [
        f"{key}.{role}"
        for key, facts in table("services").items()
        for role, types in facts.items()
        if key != "opensearch"
        and isinstance(types, list)
        and not any(known.get(f"io.kestra.plugin.{name}") for name in types)
    ]
    assert missing == []
