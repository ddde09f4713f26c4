import { expect, test } from "vitest";
import { chosenLines, tasksOf } from "./logs";
import type { Execution, LogLine } from "./model";
import { duration, filesIn, outputsOf, preview } from "./outputs";

const line = (level: string, task_id: string | null): LogLine => ({ level, task_id, date: "", message: "" });

test("lines are chosen by level and task", () => {
  const lines = [line("DEBUG", "a"), line("INFO", "b"), line("ERROR", "a"), line("WARN", null)];
  expect(chosenLines(lines, "INFO", "").map((l) => l.level)).toEqual(["INFO", "ERROR", "WARN"]);
  expect(chosenLines(lines, "TRACE", "a").map((l) => l.level)).toEqual(["DEBUG", "ERROR"]);
  expect(tasksOf(lines)).toEqual(["a", "b"]);
});

test("stored files are found wherever they stand, each once", () => {
  const uri = "kestra:///company/team/a.csv";
  expect(filesIn({ get: { uri, all: { "x.csv": uri, "y.csv": "kestra:///y.csv" }, list: [1, null, "http://no"] } })).toEqual([
    { where: "get.uri", uri },
    { where: "get.all.y.csv", uri: "kestra:///y.csv" },
  ]);
});

test("outputs stand under their tasks, with the value of a loop", () => {
  const run = { id: "", state: "SUCCESS", start: null, end: null };
  const task_runs = [
    { ...run, task_id: "a", value: "1", outputs: { value: 2 } },
    { ...run, task_id: "quiet", value: null, outputs: {} },
  ];
  expect(outputsOf({ task_runs, outputs: { total: 3 } } as unknown as Execution)).toEqual({ "(flow)": { total: 3 }, "a 1": { value: 2 } });
});

test("text is shown from its beginning, what is no text is not", async () => {
  expect(await preview(new Blob(["a,b\n1,2"]))).toEqual({ text: "a,b\n1,2", cut: false });
  const long = await preview(new Blob(["é".repeat(20_000)]));
  expect(long!.cut).toBe(true);
  expect(await preview(new Blob([new Uint8Array([80, 75, 0, 4])]))).toBeNull();
  expect(await preview(new Blob([new Uint8Array([255, 254, 200])]))).toBeNull();
});

test("durations are read at a glance", () => {
  const at = (seconds: number) => new Date(seconds * 1000).toISOString();
  expect(duration(at(0), at(1.234), 0)).toBe("1.23 s");
  expect(duration(at(0), at(42), 0)).toBe("42 s");
  expect(duration(at(0), at(125), 0)).toBe("2 min 5 s");
  expect(duration(at(0), null, 7_260_000)).toBe("2 h 1 min");
  expect(duration(null, null, 0)).toBe("");
});
