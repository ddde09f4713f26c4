import { expect, test } from "vitest";
import { inputsOf, inputValues, shapeOf, nameOf, resumeInputs, sizeOf } from "./flow";

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

test("what a Pause asks for is found at any depth", () => {
  const text = `tasks:
  - id: group
    type: io.kestra.plugin.core.flow.Sequential
    tasks:
      - id: wait
        type: io.kestra.plugin.core.flow.Pause
        onResume:
          - {id: approved, type: BOOL, defaults: true}
          - {id: reason, type: STRING}`;
  expect(resumeInputs(text, "wait").map((i) => [i.id, i.type, i.required])).toEqual([
    ["approved", "BOOL", false],
    ["reason", "STRING", true],
  ]);
  expect(resumeInputs(text, "group")).toEqual([]);
  expect(resumeInputs("a: [", "wait")).toEqual([]);
});

test("a flow of 2,000 tasks is counted, with the right lines, quickly enough to type in", () => {
  const tasks = Array.from({ length: 2000 }, (_, n) => `  - id: t${n}\n    type: io.kestra.plugin.core.log.Log\n    message: hi`);
  const shape = shapeOf(`id: a\nnamespace: b\ntasks:\n${tasks.join("\n")}`)!;
  expect(sizeOf(shape)).toBe(2000);
  expect(shape.tasks.at(-1)!.line).toBe(3 + 1999 * 3 + 1);
});

test("a flow's name is read while the rest is still being written", () => {
  expect(nameOf('id: "my-flow"\nnamespace: company.team\ntasks: [')).toEqual({ id: "my-flow", namespace: "company.team" });
  expect(nameOf("tasks:\n  - id: inner")).toEqual({ id: "", namespace: "" });
});
