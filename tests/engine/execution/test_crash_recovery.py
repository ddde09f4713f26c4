"""An execution whose process died goes on where the journal ends, and comes out as if nothing had happened."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from engine import Engine

CORE = "io.kestra.plugin.core"
CHILD = f"""
id: child
namespace: tests.crash
inputs:
  - {{id: word, type: STRING, defaults: none}}
tasks:
  - {{id: say, type: {CORE}.debug.Return, format: "said {{{{ inputs.word }}}}"}}
outputs:
  - {{id: word, type: STRING, value: "{{{{ outputs.say.value }}}}"}}
"""
FLOWS = {
    "sequence": """
tasks:
  - {id: a, type: CORE.debug.Return, format: one}
  - {id: b, type: CORE.debug.Return, format: "{{ outputs.a.value }} two"}
  - {id: c, type: CORE.execution.Labels, labels: {seen: "{{ outputs.b.value }}"}}
outputs:
  - {id: all, type: STRING, value: "{{ outputs.b.value }}"}
""",
    "branches": """
tasks:
  - id: together
    type: CORE.flow.Parallel
    tasks:
      - {id: p1, type: CORE.debug.Return, format: p1}
      - id: choose
        type: CORE.flow.If
        condition: "{{ 1 == 1 }}"
        then:
          - {id: yes, type: CORE.debug.Return, format: y}
  - id: graph
    type: CORE.flow.Dag
    tasks:
      - task: {id: d1, type: CORE.debug.Return, format: d1}
      - task: {id: d2, type: CORE.debug.Return, format: d2}
        dependsOn: [d1]
""",
    "values": """
tasks:
  - id: each
    type: CORE.flow.ForEach
    values: [a, b, c]
    concurrencyLimit: 2
    tasks:
      - {id: first, type: CORE.debug.Return, format: "{{ taskrun.value }}1"}
      - {id: second, type: CORE.debug.Return, format: "{{ outputs.first[taskrun.value].value }}2"}
  - {id: end, type: CORE.debug.Return, format: "{{ outputs.second.b.value }}"}
""",
    "failure": """
tasks:
  - id: tries
    type: CORE.execution.Fail
    retry: {type: constant, maxAttempts: 3, interval: PT10S}
  - {id: never, type: CORE.debug.Return, format: never}
errors:
  - {id: told, type: CORE.debug.Return, format: told}
finally:
  - {id: tidy, type: CORE.debug.Return, format: tidy}
afterExecution:
  - {id: after, type: CORE.debug.Return, format: "{{ execution.state }}"}
""",
    "approval": """
tasks:
  - id: ask
    type: CORE.flow.Approval
    timeout: PT5M
    expireBehavior: CONTINUE
    onWait:
      - {id: tell, type: CORE.debug.Return, format: please}
    finally:
      - {id: tidy, type: CORE.debug.Return, format: "{{ outputs.ask.decision }}"}
  - {id: last, type: CORE.debug.Return, format: last}
""",
    "paused_loop": """
tasks:
  - id: round
    type: CORE.flow.Loop
    values: [a, b]
    concurrencyLimit: 2
    tasks:
      - {id: pause, type: CORE.flow.Pause, pauseDuration: PT5S}
      - {id: went, type: CORE.debug.Return, format: "{{ item.value }}"}
  - {id: last, type: CORE.debug.Return, format: "{{ outputs.round.iterationCount }}"}
""",
    "waiting": """
tasks:
  - {id: pause, type: CORE.flow.Pause, pauseDuration: PT1H}
  - id: until
    type: CORE.flow.LoopUntil
    condition: "{{ outputs.count.value == '3' }}"
    checkFrequency: {interval: PT30S}
    tasks:
      - {id: count, type: CORE.debug.Return, format: "{{ outputs.until.iterationCount }}"}
""",
    "subflow": """
tasks:
  - {id: call, type: CORE.flow.Subflow, namespace: tests.crash, flowId: child, inputs: {word: hi}}
  - {id: end, type: CORE.debug.Return, format: "{{ outputs.call.outputs.word }}"}
""",
    "directory": """
tasks:
  - id: write
    type: CORE.storage.Write
    content: "1\\n2\\n3\\n"
    extension: .txt
  - id: place
    type: CORE.flow.WorkingDirectory
    inputFiles: {in.txt: hello}
    outputFiles: ["*.txt"]
    tasks:
      - {id: look, type: CORE.storage.LocalFiles, outputs: [in.txt]}
      - {id: add, type: CORE.storage.LocalFiles, inputs: {more.txt: more}}
  - id: batches
    type: CORE.flow.ForEachItem
    items: "{{ outputs.write.uri }}"
    batch: {rows: 2}
    namespace: tests.crash
    flowId: child
    inputs: {word: "{{ taskrun.iteration }}"}
""",
    "together": """
tasks:
  - id: each
    type: CORE.flow.EachParallel
    value: [a, b]
    tasks:
      - id: pause
        type: CORE.flow.Pause
        pauseDuration: PT5M
        tasks:
          - {id: then, type: CORE.debug.Return, format: "{{ parent.taskrun.value }}"}
  - {id: allowed, type: CORE.execution.Fail, allowFailure: true}
""",
    "loop": """
tasks:
  - id: loop
    type: CORE.flow.Loop
    values: [x, y, z]
    concurrencyLimit: 2
    outputs:
      - {id: value, type: STRING, value: "{{ outputs.inner.value }}"}
    tasks:
      - {id: inner, type: CORE.debug.Return, format: "{{ item.index }}{{ item.value }}"}
  - {id: end, type: CORE.debug.Return, format: "{{ outputs.loop.outputs }}"}
""",
}


def _flow(name: str) -> str:
    return f"id: {name}\nnamespace: tests.crash\n" + FLOWS[name].replace("CORE", CORE)


@pytest.mark.parametrize("name", list(FLOWS))
def test_dying_after_any_commit_gives_the_same_result(name: str, tmp_path: Path, recorded, restarted, outcome) -> None:
    whole = recorded(tmp_path / "whole", lambda engine: engine.register(CHILD))
    execution = whole.engine.run(_flow(name))
    expected = outcome(whole.engine, execution.id)
    whole.engine.close()
    assert len(whole.commits) > 2
    for count in range(1, len(whole.commits)):
        home = tmp_path / f"after{count}"
        shutil.copytree(tmp_path / "whole" / "files", home / "files", dirs_exist_ok=True)
        with restarted(home, whole.commits[:count]) as engine:
            engine.register(CHILD)
            engine.resume_after_crash(execution.id)
            assert outcome(engine, execution.id) == expected, f"after commit {count}"


def test_a_retry_as_a_new_execution_survives_a_crash(tmp_path: Path, recorded, restarted) -> None:
    text = (
        f"id: again\nnamespace: tests.crash\ntasks:\n  - id: bad\n    type: {CORE}.execution.Fail\n"
        "    retry: {type: constant, interval: PT1H, maxAttempts: 2, behavior: CREATE_NEW_EXECUTION}\n"
    )
    whole = recorded(tmp_path / "whole")
    first = whole.engine.run(text)
    assert whole.clock.settle(20)
    assert sorted(s.state for s in whole.engine.executions()) == ["FAILED", "RETRIED"]
    whole.engine.close()
    for count in range(1, len(whole.commits) + 1):
        with restarted(tmp_path / f"after{count}", whole.commits[:count]) as engine:
            engine.recover()
            assert engine.clock.settle(20)
            assert sorted(s.state for s in engine.executions()) == ["FAILED", "RETRIED"]
            assert engine.execution(first.id).state == "RETRIED"


SCRIPT = """
import sys, time
from pathlib import Path
from engine import Engine
from engine.execution.attempts import run_registered

home, ledger, flow = map(Path, sys.argv[1:])

def run_task(task, context):
    with ledger.open("a") as file:
        file.write(task.id + "\\n")
    time.sleep(0.02)
    return run_registered(task, context)

with Engine(home, run_task=run_task) as engine:
    engine.run(flow.read_text())
"""


def test_a_killed_process_is_finished_by_another_and_ended_tasks_do_not_run_again(tmp_path: Path) -> None:
    flow = tmp_path / "flow.yaml"
    tasks = "".join(f"  - {{id: t{n}, type: {CORE}.debug.Return, format: v{n}}}\n" for n in range(40))
    flow.write_text(f"id: long\nnamespace: tests.crash\ntasks:\n{tasks}")
    script, ledger, home = tmp_path / "run.py", tmp_path / "ledger", tmp_path / "home"
    script.write_text(textwrap.dedent(SCRIPT))
    process = subprocess.Popen([sys.executable, str(script), str(home), str(ledger), str(flow)], env=os.environ)
    try:
        while not ledger.exists() or len(ledger.read_text().splitlines()) < 7:
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    finally:
        process.kill()
        process.wait()

    def count(task: object, context: object) -> dict[str, str]:
        with ledger.open("a") as file:
            file.write(task.id + "\n")  # type: ignore[attr-defined]
        return {"value": "after"}

    with Engine(home, run_task=count) as engine:
        (found,) = engine.executions()
        assert not found.finished
        ended = {run.task_id for run in engine.execution(found.id).task_runs if run.terminal}
        assert 5 <= len(ended) < 40
        execution = engine.resume_after_crash(found.id)
        assert execution.state == "SUCCESS"
        assert len(execution.task_runs) == 40
        assert [a.state for run in execution.task_runs for a in run.attempts].count("RESUBMITTED") <= 1
    times = ledger.read_text().splitlines()
    assert {task: times.count(task) for task in ended} == dict.fromkeys(ended, 1)
