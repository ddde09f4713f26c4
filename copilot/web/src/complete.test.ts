import { expect, test } from "vitest";
import { typeAround } from "./complete";

const LINES = `tasks:
  - id: a
    type: core.http.Download
    uri: x
    options:
      connect: 1

  - id: b
    retries: 1
    type: core.log.Log
`.split("\n");

test("a key belongs to the type beside it, above or below", () => {
  expect(typeAround(LINES, 3)).toBe("core.http.Download");
  expect(typeAround(LINES, 8)).toBe("core.log.Log");
  expect(typeAround(LINES, 7)).toBe("core.log.Log");
});

test("keys of a nested object and of the flow belong to no type", () => {
  expect(typeAround(LINES, 5)).toBeNull();
  expect(typeAround(LINES, 0)).toBeNull();
});
