// Server-sent events from a fetch body: the browser's own EventSource cannot send a request body.

export interface SseEvent {
  event: string;
  data: string;
}

/** Splits text that arrives in pieces of any size into events; what is not complete yet waits for the next piece. */
export class SseParser {
  private rest = "";

  push(text: string): SseEvent[] {
    this.rest += text;
    const blocks = this.rest.split(/\r?\n\r?\n/);
    this.rest = blocks.pop() ?? "";
    return blocks.flatMap(parseBlock);
  }
}

function parseBlock(block: string): SseEvent[] {
  let event = "message";
  const data: string[] = [];
  for (const line of block.split(/\r?\n/)) {
    if (line.startsWith("event:")) event = line.slice(6).trim();
    else if (line.startsWith("data:")) data.push(line.slice(5).replace(/^ /, ""));
  }
  return data.length ? [{ event, data: data.join("\n") }] : [];
}
