// What the page asks of the service, one function a path.

import { ApiError, call, send } from "./http";
import type { Answer, AskAnswer, Blueprint, Execution, Health, Summary, Trial, TypeDocument, Validation } from "./model";
import { SseParser } from "./sse";

export { ApiError };

export interface DraftRequest {
  prompt: string;
  target: string;
  answers: Record<string, string>;
}

/** Drafts a flow; `onStage` hears of each stage as it ends. */
export async function draft(
  request: DraftRequest,
  onStage: (stage: string, data: unknown) => void,
  signal: AbortSignal,
): Promise<Answer> {
  const response = await send("/generate", { body: request, accept: "text/event-stream", signal });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  const parser = new SseParser();
  for (;;) {
    const { value, done } = await reader.read().catch((cause: unknown) => {
      if (signal.aborted) throw cause;
      return { value: undefined, done: true as const };
    });
    if (done) throw new ApiError("cut", "The answer broke off before its end.", "Draft again; your words are kept.", 0);
    for (const { event, data } of parser.push(value)) {
      const content = JSON.parse(data);
      if (event === "result") return content as Answer;
      if (event === "error") throw new ApiError(content.error.code, content.error.message, content.error.hint, 200);
      onStage(event, content);
    }
  }
}

const part = encodeURIComponent;

export const edit = (flow: string, prompt: string, target: string) => call<Answer>("/edit", { body: { flow, prompt, target } });
export const fix = (flow: string, target: string, execution: string | null) =>
  call<Answer>("/fix", { body: { flow, target, execution } });
export const validate = (flow: string, target: string, signal: AbortSignal) =>
  call<Validation>("/validate", { body: { flow, target }, signal });
export const tryOut = (flow: string, inputs: Record<string, unknown>, target: string) =>
  call<Trial>("/trial", { body: { flow, inputs, target } });
export const run = (flow: string, inputs: Record<string, unknown>) => call<Execution>("/runs", { body: { flow, inputs, wait: false } });
export const execution = (id: string) => call<Execution>(`/runs/${part(id)}`);
export const executions = (limit: number) => call<{ executions: Summary[] }>(`/runs?limit=${limit}`);
export const flowOf = (id: string) => call<{ flow: string }>(`/runs/${part(id)}/flow`);
export const ask = (question: string, target: string) => call<AskAnswer>("/ask", { body: { question, target } });
export const health = () => call<Health>("/health");
export const chunk = (id: string) => call<{ chunk: string; text: string }>(`/chunks/${part(id)}`);
export const blueprints = () => call<{ blueprints: Blueprint[] }>("/blueprints");
export const blueprint = (id: string) => call<Blueprint & { flow: string }>(`/blueprints/${part(id)}`);
export const typeNames = (words: string, signal: AbortSignal) => call<{ types: string[] }>(`/types?words=${part(words)}`, { signal });
export const describeType = (type: string, target: string) => call<TypeDocument>(`/types/${part(type)}?target=${part(target)}`);

// What is done to an execution goes over Kestra's own paths.

const acted = (id: string, rest: string) => `/main/executions/${part(id)}/${rest}`;

export const kill = (id: string) => send(acted(id, "kill"), { method: "DELETE" });
export const restart = (id: string) => call<{ id: string }>(acted(id, "restart"), { method: "POST" });
export const replay = (id: string) => call<{ id: string }>(acted(id, "replay"), { method: "POST" });
export const file = async (id: string, uri: string) => (await send(acted(id, `file?path=${part(uri)}`), { accept: "*/*" })).blob();

/** A paused execution goes on, with what its task asks for. */
export function resume(id: string, values: Record<string, string>): Promise<Response> {
  const form = new FormData();
  for (const [name, value] of Object.entries(values)) form.append(name, value);
  return send(acted(id, "resume"), Object.keys(values).length ? { body: form } : { method: "POST" });
}
