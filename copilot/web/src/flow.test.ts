import { expect, test } from "vitest";
import { inputsOf, inputValues, shapeOf } from "./flow";

const FLOW = `id: branchy
namespace: company.team
inputs:
  - id: taxi
    type: SELECT
    values: [yellow, green]
    defaults: green
  - id: when
    type: DATE
    displayName: Which day
tasks:
  - id: choose
    type: io.kestra.plugin.core.flow.Switch
    cases:
      yes: []
      green:
        - id: inner
          type: io.kestra.plugin.core.log.Log
  - id: both
    type: io.kestra.plugin.core.flow.Parallel
    tasks:
      - {id: a, type: io.kestra.plugin.core.log.Log}
      - {id: b, type: io.kestra.plugin.core.log.Log}
  - id: graph
    type: io.kestra.plugin.core.flow.Dag
    tasks:
      - task: {id: c, type: io.kestra.plugin.core.log.Log}
triggers:
  - id: daily
    type: io.kestra.plugin.core.trigger.Schedule
`;

test("inputs become fields with defaults, choices and what is required", () => {
  expect(inputsOf(FLOW)).toEqual([
    { id: "taxi", type: "SELECT", required: false, defaults: "green", description: "", values: ["yellow", "green"] },
    { id: "when", type: "DATE", required: true, defaults: "", description: "Which day", values: [] },
  ]);
});

test("an empty field leaves the flow's default alone", () => {
  expect(inputValues(inputsOf(FLOW), { taxi: "", when: "2026-01-01" })).toEqual({ when: "2026-01-01" });
});

test("nested tasks are found in cases, parallel lists and Dag entries, with their lines", () => {
  const shape = shapeOf(FLOW)!;
  expect(shape.tasks.map((t) => [t.id, t.line])).toEqual([["choose", 12], ["both", 19], ["graph", 24]]);
  expect(shape.tasks[0]!.branches).toMatchObject([{ name: "green", parallel: false, tasks: [{ id: "inner" }] }]);
  expect(shape.tasks[1]!.branches[0]).toMatchObject({ parallel: true, tasks: [{ id: "a" }, { id: "b" }] });
  expect(shape.tasks[2]!.branches[0]!.tasks.map((t) => t.id)).toEqual(["c"]);
  expect(shape.triggers.map((t) => t.id)).toEqual(["daily"]);
});

test("text that is no flow gives nothing instead of an error", () => {
  expect(shapeOf("- [")).toBeNull();
  expect(shapeOf("just words")).toBeNull();
  expect(inputsOf("inputs: 3")).toEqual([]);
});
