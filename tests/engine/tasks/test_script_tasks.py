"""Scripts as real processes in the fence."""

from __future__ import annotations

import json
import shutil
import threading
from pathlib import Path
from typing import Any

import pytest

from engine.errors import EngineError, TaskFailed
from engine.tasks.results import Effect


def test_commands_log_stdout_as_info_and_stderr_as_error_line_by_line(make_task: Any) -> None:
    task = make_task("scripts.shell.Commands", commands=["echo one", "echo two >&2; echo three"])
    assert task.outputs() == {"vars": {}, "exitCode": 0, "outputFiles": {}}
    assert task.messages("INFO") == ["one", "three"]
    assert task.messages("ERROR") == ["two"]


def test_a_failing_command_keeps_vars_files_and_exit_code(make_task: Any) -> None:
    script = """echo '::{"outputs": {"a": 1}}::'; echo x > kept.txt; exit 3"""
    task = make_task("scripts.shell.Script", script=script, outputFiles=["*.txt"])
    with pytest.raises(TaskFailed, match="exit code 3") as failure:
        task.result()
    outputs = failure.value.outputs
    assert (outputs["vars"], outputs["exitCode"]) == ({"a": 1}, 3)
    assert task.read(outputs["outputFiles"]["kept.txt"]) == "x\n"


def test_fail_fast_stops_at_the_first_error_unless_it_is_off(make_task: Any) -> None:
    with pytest.raises(TaskFailed):
        make_task("scripts.shell.Commands", commands=["false", "echo after"]).result()
    task = make_task("scripts.shell.Commands", commands=["false", "echo after"], failFast=False)
    task.result()
    assert task.messages() == ["after"]


def test_before_commands_share_the_shell_and_env_is_rendered(make_task: Any) -> None:
    task = make_task(
        "scripts.shell.Commands",
        VARIABLES={"inputs": {"columns": ["a", "b"]}},
        beforeCommands=["X=before"],
        commands=['echo "$X $COLUMNS"'],
        env={"COLUMNS": "{{ inputs.columns }}"},
    )
    task.result()
    assert task.messages("INFO") == ['before ["a","b"]']


def test_input_files_are_text_or_stored_files_and_uris_become_paths(make_task: Any) -> None:
    task = make_task("scripts.shell.Commands")
    uri = task.store("data.csv", "stored\n")
    task.variables["uri"] = uri
    task.properties = {
        "inputFiles": {"in/data.csv": "{{ uri }}", "note.txt": "hello {{ 1 + 1 }}"},
        "commands": ["cat in/data.csv note.txt", "echo", "cat {{ uri }}", "test -d {{ workingDir }}"],
    }
    task.result()
    assert task.messages("INFO") == ["stored", "hello 2", "stored"]


def test_an_input_file_cannot_be_placed_outside_the_folder(make_task: Any) -> None:
    with pytest.raises(TaskFailed, match="leads out"):
        make_task("scripts.shell.Commands", commands=["true"], inputFiles={"../x": "y"}).result()


def test_output_files_are_found_by_pattern_and_by_output_dir(make_task: Any) -> None:
    task = make_task(
        "scripts.shell.Commands",
        commands=[
            "mkdir -p deep/er; echo 1 > a.csv; echo 2 > deep/er/b.csv; echo 3 > c.txt",
            "echo 4 > {{outputDir}}/d",
        ],
        outputFiles=["**/*.csv"],
    )
    files = task.outputs()["outputFiles"]
    assert set(files) == {"a.csv", "deep/er/b.csv", "d"}
    assert task.read(files["d"]) == "4\n"


def test_a_link_out_of_the_folder_is_never_kept(make_task: Any, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("secret")
    task = make_task("scripts.shell.Commands", commands=[f"ln -s {secret} out.csv"], outputFiles=["*.csv"])
    with pytest.raises(EngineError, match="leads out"):
        task.result()


def test_namespace_files_are_placed_as_included(make_task: Any) -> None:
    task = make_task(
        "scripts.shell.Commands",
        commands=["cat lib/a.txt", "ls lib"],
        namespaceFiles={"enabled": True, "include": ["lib/**"], "exclude": ["**/b.txt"]},
    )
    for name in ("lib/a.txt", "lib/b.txt", "c.txt"):
        task.files.namespace_put("company.team", name, name.encode())
    task.result()
    assert task.messages("INFO") == ["lib/a.txt" + "a.txt"] or task.messages("INFO") == ["lib/a.txt", "a.txt"]


def test_metrics_and_logs_come_by_printed_messages(make_task: Any) -> None:
    lines = [
        '::{"metrics": [{"name": "rows", "type": "counter", "value": 2, "tags": {"t": "x"}}]}::',
        '::{"logs": [{"level": "WARN", "message": "careful"}]}::',
        "::{not json}::",
    ]
    task = make_task("scripts.shell.Commands", commands=[f"echo '{line}'" for line in lines])
    task.result()
    assert task.metrics == [("rows", "counter", 2.0, {"t": "x"})]
    assert "careful" in task.messages("WARN") and "::{not json}::" in task.messages("INFO")


def test_stderr_gives_a_warning_only_when_asked_for(make_task: Any) -> None:
    result = make_task("scripts.shell.Commands", commands=["echo x >&2"], warningOnStdErr=True).result()
    assert isinstance(result, Effect) and result.warning
    assert not isinstance(make_task("scripts.shell.Commands", commands=["echo x >&2"]).result(), Effect)


def test_python_scripts_have_the_kestra_module_and_json_literals(make_task: Any) -> None:
    task = make_task(
        "scripts.python.Script",
        script=(
            "from kestra import Kestra\nimport helper\n"
            "flags = [true, null]\nKestra.outputs({'flags': flags, 'n': helper.N})\n"
            "Kestra.counter('rows', 3, {'a': 'b'})\nprint(Kestra.timer('took', lambda: 'done'))\n"
            "Kestra.logger().warning('mind this')\n"
        ),
        inputFiles={"helper.py": "N = 7"},
        dependencies=["kestra", "pyyaml>=6"],
        containerImage="python:slim",
    )
    outputs = task.outputs()
    assert outputs["vars"] == {"flags": [True, None], "n": 7}
    assert task.metrics[0] == ("rows", "counter", 3.0, {"a": "b"}) and task.metrics[1][:2] == ("took", "timer")
    assert task.messages("INFO") == ["done"] and task.messages("WARN") == ["mind this"]
    assert any("python:slim" in message for message in task.messages("DEBUG"))


def test_python_commands_run_the_interpreter_of_the_engine(make_task: Any) -> None:
    task = make_task(
        "scripts.python.Commands",
        commands=["python main.py"],
        inputFiles={"main.py": "import sys, yaml; print(sys.version_info[0])"},
    )
    task.result()
    assert task.messages("INFO") == ["3"]


def test_a_python_error_is_told_with_its_traceback(make_task: Any) -> None:
    task = make_task("scripts.python.Script", script="x = 1\nraise ValueError('no good')")
    with pytest.raises(TaskFailed, match="exit code 1"):
        task.result()
    assert "ValueError: no good" in task.messages("ERROR")


def test_packages_that_cannot_be_had_are_named(make_task: Any) -> None:
    with pytest.raises(TaskFailed, match="surely-not-installed-anywhere") as failure:
        make_task("scripts.python.Script", script="1", dependencies=["surely-not-installed-anywhere==1.0"]).result()
    assert failure.value.code == "packages-missing"
    with pytest.raises(TaskFailed, match="not a Python package requirement"):
        make_task("scripts.python.Script", script="1", dependencies=["--index-url=x"]).result()


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_node_scripts_run(make_task: Any) -> None:
    task = make_task("scripts.node.Script", script="console.log(JSON.stringify({a: [1, 2].map(x => x * 2)}))")
    task.result()
    assert json.loads(task.messages("INFO")[0]) == {"a": [2, 4]}


def test_the_interpreter_can_be_chosen(make_task: Any) -> None:
    task = make_task("scripts.shell.Script", interpreter=["/bin/bash", "-c"], script="a=(1 2 3); echo ${a[2]}")
    task.result()
    assert task.messages("INFO") == ["3"]


def test_stopping_ends_the_process_and_its_children(make_task: Any) -> None:
    task = make_task("scripts.shell.Commands", commands=["sleep 300 & sleep 300"])
    threading.Timer(0.3, task.cancelled.set).start()
    with pytest.raises(TaskFailed, match="stopped before") as failure:
        task.result()
    assert failure.value.code == "stopped"


def test_a_time_limit_ends_the_process(make_task: Any) -> None:
    task = make_task("scripts.shell.Commands", commands=["echo begun", "sleep 300"])
    task.timeout_seconds = 0.5
    with pytest.raises(TaskFailed) as failure:
        task.result()
    assert failure.value.code == "timeout"
    assert task.messages("INFO") == ["begun"]


def test_scripts_have_no_network_and_none_of_the_engines_environment(
    make_task: Any, web: Any, monkeypatch: Any
) -> None:
    monkeypatch.setenv("ENGINE_SECRET", "hush")
    script = (
        f"import os, urllib.request\nprint(os.environ.get('ENGINE_SECRET'))\nurllib.request.urlopen('{web.url('/x')}')"
    )
    task = make_task("scripts.python.Script", script=script)
    with pytest.raises(TaskFailed, match="exit code 1") as failure:
        task.result()
    assert task.messages("INFO") == ["None"] and not web.seen
    assert "fence.network" in failure.value.hint
    task = make_task("scripts.python.Script", SETTINGS={"fence.network": True}, script=script)
    task.result()
    assert [seen[1] for seen in web.seen] == ["/x"]


def test_below_bubblewrap_a_models_script_is_refused_unless_allowed(make_task: Any) -> None:
    settings = {"fence.level": "limits", "scripts.written_by_model": True}
    with pytest.raises(EngineError) as failure:
        make_task("scripts.shell.Commands", SETTINGS=settings, commands=["echo x"]).result()
    assert (failure.value.kind, failure.value.code) == ("refused", "unfenced-script")
    task = make_task("scripts.shell.Commands", SETTINGS={**settings, "fence.allow_unfenced": True}, commands=["echo x"])
    task.result()
    assert task.messages("INFO") == ["x"]


def test_long_scripts_run_too(make_task: Any) -> None:
    task = make_task("scripts.shell.Script", script="X=" + "a" * 200_000 + '\nprintf %s "$X" | wc -c')
    task.result()
    assert task.messages("INFO") == ["200000"]
