import { expect, test } from "vitest";
import { kept, parsed } from "./versions";

const version = (text: string, at = 0) => ({ text, before: "draft", at });

test("the newest stands in front, the same text once, an empty one never", () => {
  const two = kept(kept([], version("a")), version("b"));
  expect(kept(two, version("a", 5)).map((v) => v.text)).toEqual(["a", "b"]);
  expect(kept(two, version(" \n"))).toBe(two);
});

test("the oldest make room, by number and by size", () => {
  let all = [version("first")];
  for (let n = 0; n < 40; n++) all = kept(all, version(`text ${n}`));
  expect(all).toHaveLength(30);
  expect(all[0]!.text).toBe("text 39");
  const large = "x".repeat(1_000_000);
  expect(kept(kept([], version(`1${large}`)), version(`2${large}`)).map((v) => v.text[0])).toEqual(["2"]);
});

test("one text beyond all measure is kept all the same", () => {
  expect(kept([version("a")], version("x".repeat(2_000_000)))).toHaveLength(1);
});

test("a spoilt store is read as none", () => {
  expect(parsed("{")).toEqual([]);
  expect(parsed('[{"text": 1}, {"text": "a", "before": "draft", "at": 1}]')).toEqual([version("a", 1)]);
});
