import { expect, test } from "vitest";
import { flowText } from "./openFile";

const file = (content: BlobPart) => new File([content], "flow.yaml");

test("a file's text is taken with the line ends the editor uses", async () => {
  expect(await flowText(file("id: a\r\nnamespace: b\r\n"))).toBe("id: a\nnamespace: b\n");
});

test("what is no flow is refused with a hint", async () => {
  for (const [content, code] of [
    [new Uint8Array([0xff, 0xfe, 0x41]), "not-text"],
    ["a\0b", "not-text"],
    ["  \n", "not-text"],
    ["x".repeat(1_000_001), "file-too-large"],
  ] as const) {
    await expect(flowText(file(content as BlobPart))).rejects.toMatchObject({ code, hint: expect.stringContaining("flow") });
  }
});
