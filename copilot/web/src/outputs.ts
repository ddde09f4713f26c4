// What an execution gave: its outputs by task, and the stored files among them. Pure.

import type { Execution } from "./model";

export interface StoredFile {
  /** Where it stands, for example `extract.uri`. */
  where: string;
  uri: string;
}

/** The flow's outputs and those of the tasks, by name. */
export function outputsOf(execution: Execution): Record<string, unknown> {
  const tasks = execution.task_runs
    .filter((r) => r.outputs && Object.keys(r.outputs).length)
    .map((r) => [r.value ? `${r.task_id} ${r.value}` : r.task_id, r.outputs] as const);
  return { ...(hasSome(execution.outputs) ? { "(flow)": execution.outputs } : {}), ...Object.fromEntries(tasks) };
}

const hasSome = (value: unknown) => typeof value === "object" && value !== null && Object.keys(value).length > 0;

/** Every kestra:// address within a value; each once. */
export function filesIn(value: unknown, where = ""): StoredFile[] {
  const found = new Map<string, StoredFile>();
  walk(value, where, (file) => found.has(file.uri) || found.set(file.uri, file));
  return [...found.values()];
}

function walk(value: unknown, where: string, found: (file: StoredFile) => void): void {
  if (typeof value === "string") {
    if (/^kestra:\/\/\S+$/.test(value)) found({ where, uri: value });
  } else if (value && typeof value === "object") {
    for (const [key, inner] of Object.entries(value)) walk(inner, where ? `${where}.${key}` : key, found);
  }
}

const SHOWN_BYTES = 20_000;

/** The beginning of a file as text; null when it is not text. */
export async function preview(file: Blob): Promise<{ text: string; cut: boolean } | null> {
  const bytes = new Uint8Array(await file.slice(0, SHOWN_BYTES).arrayBuffer());
  if (bytes.includes(0)) return null;
  const cut = file.size > SHOWN_BYTES;
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: cut }), cut };
  } catch {
    return null;
  }
}

/** How long it took, in words a reader takes in at a glance. */
export function duration(start: string | null, end: string | null, now: number): string {
  if (!start) return "";
  const seconds = Math.max(0, ((end ? Date.parse(end) : now) - Date.parse(start)) / 1000);
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 2 : 0)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
