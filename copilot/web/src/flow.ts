// What the page reads out of a flow's text: its inputs for a form, its tasks for the diagram. Pure.

import { isMap, isSeq, LineCounter, parseDocument, visit, type YAMLMap } from "yaml";

export interface FlowInput {
  id: string;
  type: string;
  required: boolean;
  defaults: string;
  description: string;
  values: string[];
}

/** A task or trigger and what lies inside it; `line` is counted from 1. */
export interface FlowNode {
  id: string;
  type: string;
  line: number;
  branches: Branch[];
}

export interface Branch {
  name: string;
  parallel: boolean;
  tasks: FlowNode[];
}

export interface FlowShape {
  triggers: FlowNode[];
  tasks: FlowNode[];
  errors: FlowNode[];
  finally: FlowNode[];
}

const LISTS = ["tasks", "then", "else", "defaults", "errors", "finally"];
const PARALLEL = /\.(Parallel|Dag|EachParallel|ForEachItem)$/;

/** The id and namespace of a flow; empty while the text cannot be read. */
export function nameOf(text: string): { id: string; namespace: string } {
  const line = (key: string) => new RegExp(`^${key}:[ \\t]*["']?([\\w.-]+)`, "m").exec(text)?.[1] ?? "";
  return { id: line("id"), namespace: line("namespace") };
}

/** What a Pause task asks for when its execution goes on. */
export function resumeInputs(text: string, task: string): FlowInput[] {
  const root = read(text);
  let found: FlowInput[] = [];
  if (root) {
    visit(root, {
      Map(_, node) {
        if (node.get("id") !== task || !node.has("onResume")) return undefined;
        found = inputsIn((node.toJSON() as Record<string, unknown>).onResume);
        return visit.BREAK;
      },
    });
  }
  return found;
}

/** How many tasks and triggers a shape holds, at any depth. */
export function sizeOf(shape: FlowShape): number {
  const count = (nodes: FlowNode[]): number =>
    nodes.reduce((sum, node) => sum + 1 + node.branches.reduce((inner, branch) => inner + count(branch.tasks), 0), 0);
  return [shape.triggers, shape.tasks, shape.errors, shape.finally].reduce((sum, nodes) => sum + count(nodes), 0);
}

/** The inputs of a flow as a form needs them; none while the text cannot be read. */
export function inputsOf(text: string): FlowInput[] {
  return inputsIn(read(text)?.toJSON()?.inputs);
}

function inputsIn(inputs: unknown): FlowInput[] {
  if (!Array.isArray(inputs)) return [];
  return inputs.filter((x) => x && typeof x === "object" && typeof x.id === "string").map(inputOf);
}

function inputOf(raw: Record<string, unknown>): FlowInput {
  const values = Array.isArray(raw.values) ? raw.values.map(String) : [];
  const defaults = raw.defaults ?? raw.prefill;
  return {
    id: String(raw.id),
    type: String(raw.type ?? "STRING"),
    required: raw.required !== false && defaults === undefined,
    defaults: defaults === undefined || defaults === null ? "" : typeof defaults === "object" ? JSON.stringify(defaults) : String(defaults),
    description: String(raw.displayName ?? raw.description ?? ""),
    values,
  };
}

/** What a form's text means for an input: left out when empty, so that the flow's own default counts. */
export function inputValues(inputs: FlowInput[], given: Record<string, string>): Record<string, string> {
  return Object.fromEntries(inputs.map((x) => [x.id, given[x.id] ?? ""] as const).filter(([, value]) => value !== ""));
}

/** The tasks of a flow with their nesting; null while the text cannot be read. */
export function shapeOf(text: string): FlowShape | null {
  const counter = new LineCounter();
  const root = read(text, counter);
  if (!root) return null;
  const lines = (offset: number) => counter.linePos(offset).line;
  const list = (name: string) => nodes(root.get(name, true), lines);
  return { triggers: list("triggers"), tasks: list("tasks"), errors: list("errors"), finally: list("finally") };
}

function read(text: string, lineCounter?: LineCounter): YAMLMap | null {
  const document = parseDocument(text, { uniqueKeys: false, ...(lineCounter ? { lineCounter } : {}) });
  return document.errors.length === 0 && isMap(document.contents) ? document.contents : null;
}

function nodes(list: unknown, line: (offset: number) => number): FlowNode[] {
  if (!isSeq(list)) return [];
  return list.items.flatMap((raw) => {
    if (!isMap(raw)) return [];
    const item = raw.get("task", true);
    const task = isMap(item) ? item : raw; // an entry of a Dag holds its task one level down
    const id = task.get("id");
    if (id === undefined || id === null) return [];
    return [{ id: String(id), type: String(task.get("type") ?? ""), line: line(task.range![0]), branches: branches(task, line) }];
  });
}

function branches(task: YAMLMap, line: (offset: number) => number): Branch[] {
  const type = String(task.get("type") ?? "");
  const found: Branch[] = [];
  for (const name of LISTS) {
    const tasks = nodes(task.get(name, true), line);
    if (tasks.length) found.push({ name, parallel: name === "tasks" && PARALLEL.test(type), tasks });
  }
  const cases = task.get("cases", true);
  if (isMap(cases)) {
    for (const pair of cases.items) {
      const tasks = nodes(pair.value, line);
      if (tasks.length) found.push({ name: String(pair.key), parallel: false, tasks });
    }
  }
  return found;
}
