// Which lines of a log are shown. Pure.

import type { LogLine } from "./model";

export const LEVELS = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR"];

/** The lines of at least this level; of one task where one is named. */
export function chosenLines(lines: LogLine[], least: string, task: string): LogLine[] {
  const from = LEVELS.indexOf(least);
  return lines.filter((line) => LEVELS.indexOf(line.level) >= from && (!task || line.task_id === task));
}

/** The tasks that wrote lines, in the order of their first. */
export function tasksOf(lines: LogLine[]): string[] {
  return [...new Set(lines.flatMap((line) => line.task_id ?? []))];
}
