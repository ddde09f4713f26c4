"""The pure core, walked by a simulation over random flows: no threads, no clock, no storage.

The simulation carries commands out by recording the events they mean, ends running tasks in an order that
hypothesis chooses, and after every step holds what happened against the flow.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import EngineError
from engine.execution import advance as core
from engine.execution import steps
from engine.execution.flowables import FLOWABLES, PREFIX, LoopUntil
from engine.execution.plan import Plan
from engine.execution.retries import Outcome, settle
from engine.execution.state import ROOT, TERMINAL, Event, Execution, TaskRun, fold
from engine.flow.load import build_flow

CORE = "io.kestra.plugin.core."
MANY_STEPS = 20_000

# -- random flows ----------------------------------------------------------------------------------------


class _Names:
    def __init__(self) -> None:
        self.count = 0

    def __call__(self, kind: str) -> str:
        self.count += 1
        return f"{kind}{self.count}"


def _leaf(draw: Callable[[Any], Any], names: _Names) -> dict[str, Any]:
    task: dict[str, Any] = {"id": names("t"), "type": CORE + "debug.Return"}
    kind = draw(st.integers(0, 9))
    if kind == 0:
        task["allowFailure"] = True
    if kind == 1:
        task["disabled"] = True
    if kind == 2:
        task["retry"] = {"type": "constant", "interval": "PT1M", "maxAttempts": draw(st.integers(1, 3))}
    return task


def _tasks(draw: Callable[[Any], Any], names: _Names, depth: int, least: int = 1) -> list[dict[str, Any]]:
    return [_task(draw, names, depth) for _ in range(draw(st.integers(least, 3)))]


def _task(draw: Callable[[Any], Any], names: _Names, depth: int) -> dict[str, Any]:
    kind = draw(st.sampled_from(KINDS)) if depth > 0 else "Leaf"
    if kind == "Leaf":
        return _leaf(draw, names)
    task: dict[str, Any] = {"id": names("f"), "type": PREFIX + kind}
    inner = depth - 1
    if kind == "If":
        task |= {"condition": str(draw(st.booleans())), "then": _tasks(draw, names, inner)}
        task["else"] = _tasks(draw, names, inner)
    elif kind == "Switch":
        task |= {"value": draw(st.sampled_from("abc")), "cases": {"a": _tasks(draw, names, inner)}}
        task["defaults"] = _tasks(draw, names, inner)
    elif kind == "Dag":
        children = _tasks(draw, names, inner)
        task["tasks"] = [
            {"task": child, "dependsOn": [c["id"] for c in children[:n] if draw(st.booleans())]}
            for n, child in enumerate(children)
        ]
    else:
        task["tasks"] = _tasks(draw, names, inner)
    if kind in ("ForEach", "EachParallel", "EachSequential"):
        task["values" if kind == "ForEach" else "value"] = draw(st.lists(st.sampled_from("pqrs"), max_size=4))
    if kind == "ForEach":
        task["concurrencyLimit"] = draw(st.integers(0, 3))
    if kind in ("Parallel", "Dag", "EachParallel"):
        task["concurrent"] = draw(st.integers(0, 2))
    if kind == "LoopUntil":
        frequency = {"interval": "PT1S", "maxIterations": draw(st.integers(1, 3))}
        task |= {"condition": "false", "checkFrequency": frequency, "failOnMaxReached": draw(st.booleans())}
    if kind == "Pause":
        task["pauseDuration"] = "PT5M"
    if draw(st.integers(0, 4)) == 0:
        task["errors"] = _tasks(draw, names, 0)
    if draw(st.integers(0, 4)) == 0:
        task["finally"] = _tasks(draw, names, 0)
    return task


KINDS = ["Leaf"] * 4 + [cls.removeprefix(PREFIX) for cls in FLOWABLES if not cls.endswith(("ForEachItem", "Template"))]


@st.composite
def flows(draw: Callable[[Any], Any]) -> Plan:
    names = _Names()
    flow: dict[str, Any] = {"id": "random", "namespace": "tests", "tasks": _tasks(draw, names, 3)}
    for name in ("errors", "finally", "afterExecution"):
        if draw(st.booleans()):
            flow[name] = _tasks(draw, names, 1)
    return Plan(build_flow(flow))


# -- the simulation --------------------------------------------------------------------------------------


def text(value: Any) -> str:
    return "" if value is None else str(value)


class Simulation:
    """One execution. ``fails`` says how an attempt of a task run ends."""

    def __init__(self, plan: Plan, fails: Callable[[str, int], bool]) -> None:
        self.plan = plan
        self.fails = fails
        self.events: list[Event] = []
        self.commits: list[int] = []
        """Where the journal may end: what follows from one piece of news is recorded together, as the runner does."""
        self.execution = Execution()
        self.now = 1000.0
        self.count = 0
        self.working: list[str] = []
        self.waiting: list[str] = []
        self.cancelled: set[str] = set()
        self.record({"e": "created", "id": "x", "namespace": "tests", "flow": "random", "revision": 1, "at": self.now})

    def record(self, *events: Event) -> None:
        for event in events:
            self.execution.apply(event)
            self.events.append(copy.deepcopy(event))
            self.check_limits()

    def settle(self) -> None:
        """Carry commands out until there are none."""
        for _ in range(MANY_STEPS):
            touched = self.execution.take_touched()
            if not touched:
                self.commits.append(len(self.events))
                return
            for command in core.advance(self.plan, self.execution, touched):
                self.carry_out(command)
        raise AssertionError("the core never comes to rest")

    def carry_out(self, command: core.Command) -> None:
        self.now += 0.001
        execution, plan = self.execution, self.plan
        match command:
            case core.Create():
                self.count += 1
                self.check_turn(command)
                self.record(steps.created(plan, execution, command, f"r{self.count}", self.now))
            case core.Open(run):
                self.open(execution.runs[run])
            case core.Start(run):
                self.record({"e": "run", "id": run, "s": "RUNNING", "attempt": True, "at": self.now})
                self.working.append(run)
            case core.Check(run):
                task, found = plan.task(execution.runs[run]), execution.runs[run]
                result = LoopUntil.check(task, text, found.outputs or {}, found.start, self.now)
                self.record(steps.checked(found, result, self.now))
            case core.Close(run, state):
                assert not execution.runs[run].terminal
                self.record({"e": "run", "id": run, "s": state, "at": self.now})
            case core.Wait(run):
                if run not in self.waiting:
                    self.waiting.append(run)
            case core.Cancel(run):
                self.cancelled.add(run)
            case core.SetState(state):
                self.record({"e": "state", "s": state, "at": self.now})
            case core.Finish(state):
                assert not execution.terminal
                self.record({"e": "end", "s": state, "at": self.now})
            case core.Finished():
                self.record({"e": "finished", "at": self.now})

    def open(self, run: TaskRun) -> None:
        task = self.plan.task(run)
        try:
            opened = FLOWABLES[task.type].open(task, text)
        except EngineError:
            self.record({"e": "run", "id": run.id, "s": core.forgiven(task, "FAILED"), "at": self.now})
            return
        self.record(*steps.opened(self.plan, self.execution, run, opened, self.now))

    def end(self, run_id: str) -> None:
        """A worker has come to the end of its task."""
        self.working.remove(run_id)
        self.now += 0.001
        run = self.execution.runs[run_id]
        name = f"{run.task_id}{self.execution.values(run)}{run.iteration}"
        state = "FAILED" if self.fails(name, len([a for a in run.attempts if a.state != "RESUBMITTED"])) else "SUCCESS"
        if run_id in self.cancelled:
            state = "KILLED"
        outcome = Outcome(state, {"value": name})
        self.record(*settle(self.plan, self.execution, run, outcome, self.now, 0.5))

    def place(self, run_id: str) -> int:
        """The order of creation: choosing by it depends on how things stand only, not on how they came about."""
        return list(self.execution.runs).index(run_id)

    def first(self, _: int) -> int:
        """The place in ``working`` of the run that was created first."""
        return self.working.index(min(self.working, key=self.place))

    def time_passes(self) -> None:
        """One of those that wait for their time gets it."""
        runs = [r for r in self.waiting if r in self.execution.runs and self.execution.runs[r].due is not None]
        if not runs:
            self.waiting = []
            return
        first = min(runs, key=self.place)
        self.waiting.remove(first)
        self.now = max(self.now, self.execution.runs[first].due or 0.0)
        self.record(*core.due(self.plan, self.execution, first, self.now))

    def run(self, choose: Callable[[int], int]) -> None:
        """Run to the end; ``choose(n)`` picks which of n working tasks ends next."""
        self.settle()
        for _ in range(MANY_STEPS):
            if self.working:
                self.end(self.working[choose(len(self.working))])
            elif self.waiting:
                self.time_passes()
            else:
                break
            self.settle()
        assert self.execution.finished is not None, f"stuck in {self.execution.state}"

    # -- what must hold ------------------------------------------------------------------------------

    def check_limits(self) -> None:
        """No scope ever has more children at work than it may have."""
        for run in self.execution.runs.values():
            if self.plan.flowable(run) is None or run.detail is None or run.id not in self.execution.scopes:
                continue
            limit = self.plan.shape(run).limit
            branch = self.execution.scopes[run.id].branches.get("tasks")
            if limit and branch:
                children = [r for r in self.execution.children(run.id) if r.branch == "tasks" and not r.terminal]
                assert len(children) == branch.open <= limit

    def check_turn(self, command: core.Create) -> None:
        """A task run is made only when everything it has to wait for has ended."""
        execution = self.execution
        assert not execution.killing and not execution.stopping
        parent = execution.runs.get(command.parent)
        assert parent is None or not parent.terminal
        beside = [r for r in execution.children(command.parent) if r.branch == command.branch]
        if command.branch == "tasks":
            assert not any(r.state == "FAILED" for r in beside), "a list goes on after a failure"
            self.check_main(command, parent, beside)
        else:
            main = [r for r in execution.children(command.parent) if r.branch == "tasks"]
            if command.branch in ("errors", "finally"):
                assert all(r.terminal for r in main)
            if command.branch == "after":
                assert execution.terminal
            assert all(r.terminal for r in beside)

    def check_main(self, command: core.Create, parent: TaskRun | None, beside: list[TaskRun]) -> None:
        shape = self.plan.shape(parent)
        if shape.mode == "sequential":
            names = [t.id for t in shape.tasks]
            assert [r.task_id for r in beside] == names[: names.index(command.task)]
            assert all(r.terminal for r in beside)
        elif shape.mode == "lanes":
            names = [t.id for t in shape.tasks]
            lane = [r for r in beside if r.lane == command.lane]
            assert [r.task_id for r in lane] == names[: names.index(command.task)]
            assert all(r.terminal for r in lane)
        else:
            assert all(r.lane != command.lane for r in beside)
            ended = {r.lane for r in beside if r.terminal}
            assert set(shape.needs.get(command.lane, ())) <= ended


def result(execution: Execution) -> Any:
    """What does not depend on ids and times."""
    runs = sorted((r.task_id, execution.values(r), r.iteration or 0, r.state) for r in execution.task_runs)
    return execution.state, runs


def shown(execution: Execution) -> Any:
    """Everything a fold has to give again."""
    scopes = {
        name: (scope.phase, {b: (branch.lanes, +branch.states, branch.open) for b, branch in scope.branches.items()})
        for name, scope in execution.scopes.items()
        if scope.branches
    }
    return execution.as_dict(), scopes, execution.output_tree, execution.finished


def fate(seed: int) -> Callable[[str, int], bool]:
    """Whether attempts fail, the same whenever the same attempt is asked about."""

    def fails(name: str, attempt: int) -> bool:
        digest = 0
        for letter in f"{seed}/{name}/{attempt}":
            digest = (digest * 131 + ord(letter)) % 1_000_003
        return digest % 5 == 0

    return fails


SLOW = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
seeds = st.integers(0, 10_000)


@SLOW
@given(flows(), seeds, st.data())
def test_every_execution_ends_and_nothing_starts_before_its_turn(plan: Plan, seed: int, data: st.DataObject) -> None:
    simulation = Simulation(plan, fate(seed))
    simulation.run(lambda n: data.draw(st.integers(0, n - 1)))
    execution = simulation.execution
    assert execution.terminal
    assert all(run.terminal for run in execution.task_runs)
    main = [r.state for r in execution.children(ROOT) if r.branch == "tasks"]
    worst = next((s for s in ("FAILED", "WARNING") if s in main), "SUCCESS")
    assert execution.state == worst


@SLOW
@given(flows(), seeds)
def test_replaying_the_events_gives_the_same_execution(plan: Plan, seed: int) -> None:
    simulation = Simulation(plan, fate(seed))
    simulation.run(lambda n: n - 1)
    again = fold(simulation.events)
    assert shown(again) == shown(simulation.execution)


@SLOW
@given(flows(), seeds, st.integers(0, 60))
def test_a_kill_at_any_moment_ends_everything(plan: Plan, seed: int, moment: int) -> None:
    simulation = Simulation(plan, fate(seed))
    simulation.settle()
    for _ in range(moment):
        if simulation.execution.terminal or not (simulation.working or simulation.waiting):
            break
        simulation.end(simulation.working[0]) if simulation.working else simulation.time_passes()
        simulation.settle()
    if simulation.execution.terminal:
        return
    before = {r.id for r in simulation.execution.task_runs if r.terminal}
    simulation.record({"e": "state", "s": "KILLING", "at": simulation.now})
    simulation.run(lambda n: 0)
    assert simulation.execution.state == "KILLED"
    after = [r for r in simulation.execution.task_runs if r.branch != "after" and r.id not in before]
    for run in after:
        assert run.terminal
        if not any(a.branch == "after" for a in simulation.execution.ancestors(run)):
            assert run.state in ("KILLED", "SUCCESS", "FAILED", "WARNING")


@SLOW
@given(flows(), seeds, st.integers(1, 400))
def test_a_crash_after_any_commit_gives_the_same_result(plan: Plan, seed: int, moment: int) -> None:
    whole = Simulation(plan, fate(seed))
    whole.run(whole.first)
    cut = whole.commits[min(moment, len(whole.commits)) - 1]
    resumed = Simulation(plan, fate(seed))
    resumed.events = copy.deepcopy(whole.events[:cut])
    resumed.execution = fold(resumed.events)
    resumed.now = max(e["at"] for e in resumed.events) + 1.0
    resumed.count = 10_000
    if resumed.execution.finished is None:
        resumed.record(*steps.interrupted(plan, resumed.execution, resumed.now))
        resumed.execution.touch_all()
        resumed.run(resumed.first)
    assert result(resumed.execution) == result(whole.execution)
    assert TERMINAL.issuperset({resumed.execution.state})
