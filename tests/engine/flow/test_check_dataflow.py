"""Data flow: what an expression reads is there when it is read."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.flow.check import check_flow, must_mend
from engine.flow.edits import fix
from engine.flow.findings import Finding

Flow = Callable[..., str]
Places = Callable[..., list[tuple[str, int, int]]]
Only = Callable[..., Finding]

INPUTS = "inputs:\n  - {id: name, type: STRING}\n  - {id: nested.part, type: STRING}\n"
VARIABLES = "variables:\n  city: Oslo\n"


def log(expression: str, task_id: str = "say") -> str:
    return f'- id: {task_id}\n  type: io.kestra.plugin.core.log.Log\n  message: "{{{{ {expression} }}}}"\n'


DOWNLOAD = "- id: get\n  type: io.kestra.plugin.core.http.Download\n  uri: https://example.org\n"


@pytest.mark.parametrize(
    "expression",
    [
        *(
            "inputs.name",
            "inputs['name']",
            "inputs.nested.part",
            "vars.city",
            "outputs.get.uri",
            "outputs['get']['uri']",
        ),
        *("outputs.gone.uri ?? 'none'", "outputs.gone.uri | default('x')", "outputs.gone is defined", "execution.id"),
        *("flow.id", "taskrun.startDate", "labels.team", "envs.home", "trigger.date ?? 1", "parent.taskrun.value ?? 1"),
        *("kestra.environment", "inputs", "outputs", "globals.x", "namespace.x"),
    ],
)
def test_what_is_there_can_be_read(expression: str, flow: Flow) -> None:
    found = check_flow(flow(DOWNLOAD + log(expression), INPUTS + VARIABLES))
    assert [f for f in found if f.severity != "hint"] == []


@pytest.mark.parametrize(
    ("expression", "code", "fixed"),
    [
        ("inputs.nme", "unknown_input_ref", "inputs.name"),
        ("vars.cty", "unknown_var_ref", "vars.city"),
        ("outputs.gt.uri", "unknown_output_ref", "outputs.get.uri"),
        ("outputs.get.urii", "unknown_output_ref", "outputs.get.uri"),
        ("outputs.get.file", "unknown_output_ref", "outputs.get.uri"),
        ("get.uri", "unknown_variable", "outputs.get.uri"),
        ("name", "unknown_variable", "inputs.name"),
        ("city", "unknown_variable", "vars.city"),
        ("input.name", "unknown_variable", "inputs.name"),
        ("variables.city", "unknown_variable", "vars.city"),
        ("executon.id", "unknown_variable", "execution.id"),
    ],
)
def test_a_misspelt_reference_is_an_error_with_its_correction(
    expression: str, code: str, fixed: str, flow: Flow, only: Only
) -> None:
    text = flow(DOWNLOAD + log(expression), INPUTS + VARIABLES)
    found = only(text, code)
    assert (found.severity, text.splitlines()[found.line - 1].strip()) == (
        "error",
        f'message: "{{{{ {expression} }}}}"',
    )
    assert fixed in fix(text, check_flow(text))


def test_an_output_of_no_task_is_an_error(flow: Flow, only: Only) -> None:
    assert only(flow(DOWNLOAD + log("outputs.nobody.uri")), "unknown_output_ref").severity == "error"


@pytest.mark.parametrize("expression", ["inputs.other", "vars.zzz", "nonsense"])
def test_a_reference_to_nothing_like_it_is_a_warning_that_must_be_mended(expression: str, flow: Flow) -> None:
    found = check_flow(flow(DOWNLOAD + log(expression), INPUTS + VARIABLES))
    assert [f.severity for f in found if f.severity != "hint"] == ["warning"]
    assert len(must_mend(found)) == 1


def test_a_name_with_a_hyphen_is_corrected_with_brackets(flow: Flow) -> None:
    text = flow(DOWNLOAD.replace("id: get", "id: get-file") + log("outputs.getfile.uri"))
    assert "outputs['get-file'].uri" in fix(text, check_flow(text))


def test_a_task_cannot_read_one_that_runs_after_it(flow: Flow, only: Only) -> None:
    found = only(flow(log("outputs.get.uri") + DOWNLOAD), "unknown_output_ref")
    assert (found.line, found.severity) == (6, "error")
    assert "runs after" in found.message


def test_the_only_earlier_task_with_that_output_is_proposed(flow: Flow) -> None:
    early = DOWNLOAD.replace("id: get", "id: first")
    text = flow(early + log("outputs.get.uri") + DOWNLOAD)
    assert "outputs.first.uri" in fix(text, check_flow(text))
    two = flow(early + early.replace("first", "second") + log("outputs.get.uri") + DOWNLOAD)
    assert fix(two, check_flow(two)) == two


def test_a_task_cannot_read_itself(flow: Flow, only: Only) -> None:
    task = '- id: get\n  type: io.kestra.plugin.core.http.Download\n  uri: "{{ outputs.get.uri }}"\n'
    assert "its own outputs" in only(flow(task), "unknown_output_ref").message


def test_branches_do_not_read_one_another(flow: Flow, only: Only) -> None:
    tasks = """
    - id: choose
      type: io.kestra.plugin.core.flow.If
      condition: "{{ true }}"
      then:
        - id: get
          type: io.kestra.plugin.core.http.Download
          uri: https://example.org
      else:
        - id: say
          type: io.kestra.plugin.core.log.Log
          message: "{{ outputs.get.uri }}"
    """
    assert "another branch" in only(flow(tasks), "unknown_output_ref").message


def test_tasks_side_by_side_cannot_count_on_one_another(flow: Flow, only: Only) -> None:
    tasks = """
    - id: both
      type: io.kestra.plugin.core.flow.Parallel
      tasks:
        - id: get
          type: io.kestra.plugin.core.http.Download
          uri: https://example.org
        - id: say
          type: io.kestra.plugin.core.log.Log
          message: "{{ outputs.get.uri }}"
    """
    assert only(flow(tasks), "unknown_output_ref").severity == "warning"


DAG = """
- id: dag
  type: io.kestra.plugin.core.flow.Dag
  tasks:
    - task:
        id: get
        type: io.kestra.plugin.core.http.Download
        uri: https://example.org
    - task:
        id: middle
        type: io.kestra.plugin.core.log.Log
        message: hi
      dependsOn: [get]
    - task:
        id: say
        type: io.kestra.plugin.core.log.Log
        message: "{{ outputs.get.uri }}"
      dependsOn: [middle]
"""


def test_a_dag_task_reads_what_it_waits_for_also_indirectly(flow: Flow, only: Only) -> None:
    assert check_flow(flow(DAG)) == []
    assert only(flow(DAG.replace("      dependsOn: [middle]\n", "")), "unknown_output_ref").severity == "warning"


def test_error_and_late_tasks_read_the_main_ones(flow: Flow) -> None:
    late = log("outputs.get.uri", "alert").replace("\n", "\n  ").rstrip()
    for part in ("errors", "finally"):
        assert check_flow(flow(DOWNLOAD, f"{part}:\n  {late}\n")) == []


def test_main_tasks_do_not_read_those_of_errors(flow: Flow, only: Only) -> None:
    handler = DOWNLOAD.replace("\n", "\n  ").rstrip()
    assert "runs after" in only(flow(log("outputs.get.uri"), f"errors:\n  {handler}\n"), "unknown_output_ref").message


def test_outputs_of_a_flow_read_every_task(flow: Flow, only: Only) -> None:
    outputs = 'outputs:\n  - {id: file, type: STRING, value: "{{ outputs.get.uri }}"}\n'
    assert check_flow(flow(DOWNLOAD, outputs)) == []
    assert only(flow(DOWNLOAD, outputs.replace("get", "git")), "unknown_output_ref").line == 4


def test_outputs_in_a_trigger_are_of_another_execution(flow: Flow) -> None:
    before = """
    triggers:
      - id: t
        type: io.kestra.plugin.core.trigger.Flow
        inputs:
          x: "{{ outputs.anything.at_all }}"
    """
    assert check_flow(flow(before=before)) == []


@pytest.mark.parametrize(("name", "good"), [("date", True), ("next", True), ("executionId", True), ("body", False)])
def test_trigger_variables_depend_on_the_trigger(name: str, good: bool, flow: Flow) -> None:
    before = "triggers:\n  - {id: t, type: io.kestra.plugin.core.trigger.Schedule, cron: '@daily'}\n"
    found = [f.code for f in check_flow(flow(log(f"trigger.{name}"), before))]
    assert found == ([] if good else ["unknown_trigger_ref"])


def test_loop_variables_exist_in_loops(flow: Flow, only: Only) -> None:
    assert only(flow(log("taskrun.value")), "unknown_variable").severity == "warning"
    inner = log("taskrun.value").replace("\n", "\n    ").rstrip()
    loop = f"- id: each\n  type: io.kestra.plugin.core.flow.ForEach\n  values: [1]\n  tasks:\n    {inner}\n"
    assert check_flow(flow(loop)) == []


def test_inside_of_a_loop_of_2_0_the_value_has_another_name(flow: Flow) -> None:
    inner = log("taskrun.value").replace("\n", "\n    ").rstrip()
    text = flow(f"- id: each\n  type: io.kestra.plugin.core.flow.Loop\n  values: [1]\n  tasks:\n    {inner}\n")
    assert "item.value" in fix(text, check_flow(text, "2.0"))


def test_variables_that_are_set_at_run_time_are_not_unknown(flow: Flow) -> None:
    task = "- id: set\n  type: io.kestra.plugin.core.execution.SetVariables\n  variables: {later: 1}\n"
    assert check_flow(flow(task + log("vars.later"))) == []


def test_a_key_read_under_a_name_near_to_one_that_is_set_is_a_hint(flow: Flow, only: Only) -> None:
    setter = "- {id: set, type: io.kestra.plugin.core.kv.Set, key: counter, value: 1}\n"
    assert only(flow(setter + log("kv('conter')")), "unknown_key").severity == "hint"
    assert check_flow(flow(setter + log("kv('counter')"))) == []
    assert check_flow(flow(setter + log("kv('elsewhere')"))) == []


def test_what_is_never_read_is_a_hint(flow: Flow, only: Only) -> None:
    assert only(flow(before=INPUTS.split("  - {id: nested")[0]), "unused_input").severity == "hint"
    assert only(flow(before=VARIABLES), "unused_variable").severity == "hint"
