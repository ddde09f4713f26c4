// The one place that talks to the service.

import type { Answer, AskAnswer, Execution, Health, Trial, Validation } from "./model";
import { SseParser } from "./sse";

/** An error in the service's one shape; `hint` says what to do now. */
export class ApiError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly hint: string,
    readonly status: number,
  ) {
    super(message);
  }

  /** Anything that was thrown, in the one shape. */
  static from(error: unknown): ApiError {
    return error instanceof ApiError ? error : new ApiError("unexpected", String(error), "Reload the page.", 0);
  }
}

const TOKEN = "flowwright.token";

export function keepToken(token: string): void {
  sessionStorage.setItem(TOKEN, token);
}

function headers(accept: string): Record<string, string> {
  const token = sessionStorage.getItem(TOKEN);
  return {
    "Content-Type": "application/json",
    Accept: accept,
    ...(token ? { Authorization: `Bearer ${token}` } : {}),
  };
}

async function send(path: string, body?: unknown, accept = "application/json", signal?: AbortSignal): Promise<Response> {
  const options: RequestInit = { method: body === undefined ? "GET" : "POST", headers: headers(accept) };
  if (body !== undefined) options.body = JSON.stringify(body);
  if (signal) options.signal = signal;
  let response: Response;
  try {
    response = await fetch(`/api/v1${path}`, options);
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new ApiError("no-service", "The service does not answer.", "Start it with: flowwright serve", 0);
  }
  if (!response.ok) throw await errorOf(response);
  return response;
}

async function errorOf(response: Response): Promise<ApiError> {
  const body = (await response.json().catch(() => null)) as { error?: { code: string; message: string; hint: string } } | null;
  const error = body?.error ?? { code: "http", message: `HTTP ${response.status}`, hint: "" };
  return new ApiError(error.code, error.message, error.hint, response.status);
}

async function call<T>(path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  return (await (await send(path, body, "application/json", signal)).json()) as T;
}

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
  const response = await send("/generate", request, "text/event-stream", signal);
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  const parser = new SseParser();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) throw new ApiError("cut", "The answer ended before its end.", "Try again.", 0);
    for (const { event, data } of parser.push(value)) {
      const content = JSON.parse(data);
      if (event === "result") return content as Answer;
      if (event === "error") throw new ApiError(content.error.code, content.error.message, content.error.hint, 200);
      onStage(event, content);
    }
  }
}

export const edit = (flow: string, prompt: string, target: string) => call<Answer>("/edit", { flow, prompt, target });
export const validate = (flow: string, target: string, signal: AbortSignal) =>
  call<Validation>("/validate", { flow, target }, signal);
export const tryOut = (flow: string, inputs: Record<string, unknown>, target: string) =>
  call<Trial>("/trial", { flow, inputs, target });
export const run = (flow: string, inputs: Record<string, unknown>) => call<Execution>("/runs", { flow, inputs, wait: false });
export const execution = (id: string) => call<Execution>(`/runs/${encodeURIComponent(id)}`);
export const ask = (question: string, target: string) => call<AskAnswer>("/ask", { question, target });
export const health = () => call<Health>("/health");
export const typeNames = (words: string, signal: AbortSignal) =>
  call<{ types: string[] }>(`/types?words=${encodeURIComponent(words)}`, undefined, signal);
export const describeType = (type: string, target: string) =>
  call<TypeDocument>(`/types/${encodeURIComponent(type)}?target=${encodeURIComponent(target)}`);

export interface TypeProperty {
  kind: string;
  required?: boolean;
  deprecated?: boolean;
  default?: unknown;
  enum?: string[];
}

export interface TypeDocument {
  type: string;
  kind: string;
  properties: Record<string, TypeProperty>;
  outputs: Record<string, string>;
}
