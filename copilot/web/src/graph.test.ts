import { expect, test } from "vitest";
import { shapeOf } from "./flow";
import { graphOf } from "./graph";

const LOG = "type: io.kestra.plugin.core.log.Log";

function drawn(text: string) {
  const { boxes, arrows } = graphOf(shapeOf(text)!);
  const name = (id: string) => boxes.find((b) => b.id === id)!.name;
  return { boxes, lines: arrows.map((a) => `${name(a.from)} -${a.label}-> ${name(a.to)}`) };
}

test("tasks follow each other from the trigger on", () => {
  const { lines } = drawn(`triggers: [{id: t, type: x.Schedule}]\ntasks: [{id: a, ${LOG}}, {id: b, ${LOG}}]`);
  expect(lines).toEqual(["t --> a", "a --> b"]);
});

test("both branches of an If meet again, and a missing else goes straight on", () => {
  const both = drawn(
    `tasks: [{id: i, type: core.flow.If, then: [{id: y, ${LOG}}], else: [{id: n, ${LOG}}]}, {id: z, ${LOG}}]`,
  );
  expect(both.lines).toEqual(["i -then-> y", "i -else-> n", "y --> z", "n --> z"]);
  const one = drawn(`tasks: [{id: i, type: core.flow.If, then: [{id: y, ${LOG}}]}, {id: z, ${LOG}}]`);
  expect(one.lines).toEqual(["i -then-> y", "y --> z", "i -otherwise-> z"]);
});

test("parallel tasks start side by side", () => {
  const { lines, boxes } = drawn(
    `tasks: [{id: p, type: core.flow.Parallel, tasks: [{id: a, ${LOG}}, {id: b, ${LOG}}]}, {id: z, ${LOG}}]`,
  );
  expect(lines).toEqual(["p --> a", "p --> b", "a --> z", "b --> z"]);
  const [a, b] = ["a", "b"].map((n) => boxes.find((x) => x.name === n)!);
  expect(a!.y).toBe(b!.y);
});

test("errors hang on by a dashed arrow", () => {
  const { lines } = drawn(`tasks: [{id: a, ${LOG}}]\nerrors: [{id: e, ${LOG}}]`);
  expect(lines).toEqual(["a -on error-> e"]);
});
