// How the service is reached: one request, its errors in one shape, and who wants to know whether it answers.

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

export const NO_SERVICE = "no-service";
const TOKEN = "flowwright.token";

export function keepToken(token: string): void {
  sessionStorage.setItem(TOKEN, token);
}

let heard: (reached: boolean) => void = () => {};

/** Tells after each request whether the service could be reached at all; one listener. */
export function onReach(listener: (reached: boolean) => void): void {
  heard = listener;
}

export interface Sent {
  method?: "GET" | "POST" | "DELETE";
  body?: unknown;
  accept?: string;
  signal?: AbortSignal | undefined;
}

export async function send(path: string, { method, body, accept = "application/json", signal }: Sent = {}): Promise<Response> {
  const form = body instanceof FormData;
  const options: RequestInit = { method: method ?? (body === undefined ? "GET" : "POST"), headers: headers(accept, form) };
  if (body !== undefined) options.body = form ? body : JSON.stringify(body);
  if (signal) options.signal = signal;
  let response: Response;
  try {
    response = await fetch(`/api/v1${path}`, options);
  } catch (cause) {
    if (signal?.aborted) throw cause;
    heard(false);
    throw new ApiError(NO_SERVICE, "The service does not answer.", "Start it with: flowwright serve", 0);
  }
  heard(true);
  if (!response.ok) throw errorOf(response.status, await response.json().catch(() => null));
  return response;
}

export async function call<T>(path: string, sent: Sent = {}): Promise<T> {
  return (await (await send(path, sent)).json()) as T;
}

function headers(accept: string, form: boolean): Record<string, string> {
  const token = sessionStorage.getItem(TOKEN);
  return {
    Accept: accept,
    ...(form ? {} : { "Content-Type": "application/json" }),
    ...(token ? { Authorization: `Bearer ${token}` } : {}),
  };
}

/** An error from its document: our own shape, or the one of Kestra's paths. */
export function errorOf(status: number, body: unknown): ApiError {
  const { error, message } = (body ?? {}) as { error?: { code: string; message: string; hint: string }; message?: string };
  if (error) return new ApiError(error.code, error.message, error.hint, status);
  return new ApiError(`http-${status}`, message ?? `HTTP ${status}`, "", status);
}
