import { expect, test } from "vitest";
import { fitting } from "./gallery";
import type { Blueprint } from "./model";

const one = (id: string, more: Partial<Blueprint> = {}): Blueprint => ({
  id, title: id, description: "", topics: [], since: "0.21", removed: "", runs_here: true, ...more,
});

test("all words must be there, in whichever of the texts", () => {
  const all = [one("a", { description: "Load a CSV", topics: ["duckdb"] }), one("b", { description: "Load JSON" })];
  expect(fitting(all, "duckdb csv", "1.1").map((x) => x.id)).toEqual(["a"]);
  expect(fitting(all, " load ", "1.1")).toHaveLength(2);
});

test("what another version does not have is left out", () => {
  const all = [one("new", { since: "1.2" }), one("old", { removed: "2.0" }), one("always")];
  expect(fitting(all, "", "1.1").map((x) => x.id)).toEqual(["old", "always"]);
  expect(fitting(all, "", "2.0").map((x) => x.id)).toEqual(["new", "always"]);
});
