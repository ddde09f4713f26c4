// Completion in the editor: types by their names, the properties of the type a task has, the values of a property.

import type { Completion, CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import { describeType, typeNames } from "./api";
import type { TypeDocument } from "./model";

const known = new Map<string, Promise<TypeDocument>>();

export async function completeFlow(context: CompletionContext, target: string): Promise<CompletionResult | null> {
  const line = context.state.doc.lineAt(context.pos);
  const before = line.text.slice(0, context.pos - line.from);
  const typed = /^\s*(?:-\s+)?type:\s*([\w.$-]*)$/.exec(before);
  if (typed) return types(context, typed[1]!);
  const lines = context.state.doc.toString().split("\n");
  const type = typeAround(lines, line.number - 1);
  if (!type) return null;
  const value = /^\s*(?:-\s+)?([\w-]+):\s+([\w-]*)$/.exec(before);
  const key = /^\s*(?:-\s+)?([\w-]*)$/.exec(before);
  if (!value && !(key && (key[1] || context.explicit))) return null;
  const found = await described(type, target);
  if (!found) return null;
  return value ? values(context, found, value[1]!, value[2]!) : properties(context, found, key![1]!);
}

async function types(context: CompletionContext, typed: string): Promise<CompletionResult | null> {
  if (typed.length < 2 && !context.explicit) return null;
  const abort = new AbortController();
  context.addEventListener("abort", () => abort.abort());
  const words = typed.split(".").filter(Boolean).join(" ");
  const found = await typeNames(words || "core", abort.signal).catch(() => null);
  if (!found) return null;
  const options = found.types.map((label): Completion => ({ label, type: "class" }));
  return { from: context.pos - typed.length, options, filter: false };
}

function properties(context: CompletionContext, type: TypeDocument, typed: string): CompletionResult {
  const options = Object.entries(type.properties).map(([name, p]): Completion => ({
    label: name,
    apply: `${name}: `,
    type: "property",
    detail: p.kind + (p.required ? ", required" : ""),
    boost: p.required ? 2 : p.deprecated ? -2 : 0,
  }));
  return { from: context.pos - typed.length, options };
}

function values(context: CompletionContext, type: TypeDocument, property: string, typed: string): CompletionResult | null {
  const p = type.properties[property];
  const choices = p?.enum ?? (p?.kind === "boolean" ? ["true", "false"] : []);
  if (!choices.length) return null;
  return { from: context.pos - typed.length, options: choices.map((label) => ({ label, type: "enum" })) };
}

function described(type: string, target: string): Promise<TypeDocument | null> {
  const key = `${type}@${target}`;
  if (!known.has(key)) known.set(key, describeType(type, target));
  return known.get(key)!.catch(() => {
    known.delete(key);
    return null;
  });
}

/** The type of the task whose keys stand in the same column as the line at `index`; null where there is none. */
export function typeAround(lines: string[], index: number): string | null {
  const column = keyColumn(lines[index]!) ?? lines[index]!.length;
  const here = (line: string) => (keyColumn(line) === column ? (/^\s*(?:-\s+)?type:\s*["']?([\w.$]+)/.exec(line)?.[1] ?? null) : null);
  for (let up = index; up >= 0; up--) {
    const line = lines[up]!;
    if (!line.trim()) continue;
    const at = keyColumn(line)!;
    if (at < column) break;
    const type = here(line);
    if (type) return type;
    if (at === column && /^\s*-/.test(line)) break;
  }
  for (let down = index + 1; down < lines.length; down++) {
    const line = lines[down]!;
    if (!line.trim()) continue;
    const at = keyColumn(line)!;
    if (at < column || (at === column && /^\s*-/.test(line))) break;
    const type = here(line);
    if (type) return type;
  }
  return null;
}

/** The column in which the key of a line begins, a list dash skipped; null for a blank line. */
function keyColumn(line: string): number | null {
  return line.trim() ? /^\s*(?:-\s+)?/.exec(line)![0].length : null;
}
