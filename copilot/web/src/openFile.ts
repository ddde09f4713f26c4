// A flow out of a file of the person's own. Pure but for reading the file.

import { ApiError } from "./http";

export const MOST_BYTES = 1_000_000;

/** The text of a file; an ApiError when it is not a text that could be a flow. */
export async function flowText(file: File): Promise<string> {
  if (file.size > MOST_BYTES) throw refused("file-too-large", `${file.name} is larger than a flow can be.`, "A flow has at most 1 MB.");
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
  } catch {
    throw refused("not-text", `${file.name} is not a text in UTF-8.`, "Open the YAML file of a flow.");
  }
  if (!text.trim() || text.includes("\0")) throw refused("not-text", `${file.name} holds no flow.`, "Open the YAML file of a flow.");
  return text.replaceAll("\r\n", "\n");
}

const refused = (code: string, message: string, hint: string) => new ApiError(code, message, hint, 0);
