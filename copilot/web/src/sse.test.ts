import { expect, test } from "vitest";
import { SseParser } from "./sse";

test("an event cut anywhere arrives once and whole", () => {
  const text = 'event: draft\ndata: {"status": "ok"}\n\nevent: result\r\ndata: {"a":\r\ndata: 1}\r\n\r\n';
  for (let cut = 0; cut <= text.length; cut++) {
    const parser = new SseParser();
    const events = [...parser.push(text.slice(0, cut)), ...parser.push(text.slice(cut))];
    expect(events).toEqual([
      { event: "draft", data: '{"status": "ok"}' },
      { event: "result", data: '{"a":\n1}' },
    ]);
  }
});

test("comments and empty blocks are no events", () => {
  expect(new SseParser().push(": keep-alive\n\n\n\n")).toEqual([]);
});
