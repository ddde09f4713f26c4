import { expect, test } from "vitest";
import { errorOf } from "./http";

test("an error keeps its code, message and hint", () => {
  const error = errorOf(422, { error: { code: "invalid-flow", message: "line 3: no type", hint: "add one" } });
  expect([error.code, error.message, error.hint, error.status]).toEqual(["invalid-flow", "line 3: no type", "add one", 422]);
});

test("Kestra's own shape is read too, and what is no document at all", () => {
  expect(errorOf(409, { message: "Illegal state: it has ended" }).message).toBe("Illegal state: it has ended");
  expect(errorOf(502, null).message).toBe("HTTP 502");
});
