// From a flow's shape to boxes and arrows with places. Pure.

import dagre from "@dagrejs/dagre";
import type { Branch, FlowNode, FlowShape } from "./flow";

export type Role = "trigger" | "task" | "group" | "error";

export interface Box {
  id: string;
  name: string;
  type: string;
  role: Role;
  line: number;
  x: number;
  y: number;
}

export interface Arrow {
  id: string;
  from: string;
  to: string;
  label: string;
  dashed: boolean;
}

export const BOX = { width: 210, height: 54 };

/** Boxes and arrows of a flow, laid out from left to right. */
export function graphOf(shape: FlowShape): { boxes: Box[]; arrows: Arrow[] } {
  const drawing = new Drawing();
  const start = shape.triggers.map((t) => drawing.box(t, "trigger"));
  const ends = drawing.sequence(shape.tasks, start.map((from) => ({ from, label: "" })), "task");
  if (shape.errors.length) drawing.sequence(shape.errors, ends.map((e) => ({ ...e, label: "on error" })), "error", true);
  if (shape.finally.length) drawing.sequence(shape.finally, ends.map((e) => ({ ...e, label: "finally" })), "task", true);
  return drawing.laidOut();
}

interface End {
  from: string;
  label: string;
}

class Drawing {
  private boxes: Omit<Box, "x" | "y">[] = [];
  private arrows: Arrow[] = [];

  box(node: FlowNode, role: Role): string {
    const id = `n${this.boxes.length}`;
    const type = node.type.split(".").slice(-2).join(".");
    this.boxes.push({ id, name: node.id, type, role, line: node.line });
    return id;
  }

  /** Draws tasks one after another; gives the places from which what follows goes on. */
  sequence(tasks: FlowNode[], ends: End[], role: Role, dashed = false): End[] {
    for (const task of tasks) {
      const id = this.box(task, task.branches.length ? "group" : role);
      this.connect(ends, id, dashed);
      ends = task.branches.length ? this.inside(task, id) : [{ from: id, label: "" }];
      dashed = false;
    }
    return ends;
  }

  private inside(task: FlowNode, id: string): End[] {
    const main = task.branches.filter((b) => b.name !== "errors" && b.name !== "finally");
    const ends = main.flatMap((branch) => this.branch(branch, id));
    for (const branch of task.branches) {
      if (!main.includes(branch)) this.sequence(branch.tasks, [{ from: id, label: branch.name }], "error", true);
    }
    const choice = /\.(If|Switch)$/.test(task.type);
    const otherwise = task.branches.some((b) => b.name === "else" || b.name === "defaults");
    return choice && !otherwise ? [...ends, { from: id, label: "otherwise" }] : ends;
  }

  private branch(branch: Branch, id: string): End[] {
    const label = branch.name === "tasks" ? "" : branch.name;
    if (branch.parallel) return branch.tasks.flatMap((t) => this.sequence([t], [{ from: id, label }], "task"));
    return this.sequence(branch.tasks, [{ from: id, label }], "task");
  }

  private connect(ends: End[], to: string, dashed: boolean): void {
    for (const { from, label } of ends) {
      this.arrows.push({ id: `a${this.arrows.length}`, from, to, label, dashed });
    }
  }

  laidOut(): { boxes: Box[]; arrows: Arrow[] } {
    const graph = new dagre.graphlib.Graph();
    graph.setGraph({ rankdir: "TB", nodesep: 24, ranksep: 38 });
    graph.setDefaultEdgeLabel(() => ({}));
    for (const box of this.boxes) graph.setNode(box.id, { ...BOX });
    for (const arrow of this.arrows) graph.setEdge(arrow.from, arrow.to);
    dagre.layout(graph);
    const placed = this.boxes.map((box) => {
      const { x, y } = graph.node(box.id);
      return { ...box, x: x - BOX.width / 2, y: y - BOX.height / 2 };
    });
    return { boxes: placed, arrows: this.arrows };
  }
}
