// The shapes the service answers with; named as its API names them.

export interface Finding {
  code: string;
  severity: "error" | "warning" | "hint";
  path: (string | number)[];
  line: number;
  column: number;
  message: string;
  hint: string;
}

export interface EvidenceSource {
  chunk: string;
  title: string;
  origin: string;
  version: string;
}

export interface Evidence {
  task: string;
  type: string;
  sources: EvidenceSource[];
}

export interface TrialTask {
  id: string;
  how: "ran" | "stood_in" | "not_executable";
  state: string | null;
  why: string;
}

export interface Trial {
  verdict: "passed" | "partly" | "failed";
  tasks: TrialTask[];
}

export interface Receipt {
  provider: string;
  model: string;
  model_calls: number;
  prompt_tokens: number;
  output_tokens: number;
  seconds: number;
  attempts: number;
}

export interface Answer {
  status: "ok" | "refused" | "needs_input" | "failed";
  flow: string | null;
  findings: Finding[];
  runs_here: boolean;
  cannot_run: string[];
  evidence: Evidence[];
  trial: Trial | null;
  questions: string[];
  not_understood: string[];
  notes: string[];
  reason: string;
  receipt: Receipt;
  diff?: string;
}

export interface Validation {
  valid: boolean;
  runs_here: boolean;
  cannot_run: string[];
  target: string;
  findings: Finding[];
}

export interface TaskRun {
  id: string;
  task_id: string;
  value: string | null;
  state: string;
  start: string | null;
  end: string | null;
  outputs: unknown;
}

export interface LogLine {
  level: string;
  task_id: string | null;
  date: string;
  message: string;
}

/** An execution as lists show it. */
export interface Summary {
  id: string;
  namespace: string;
  flow_id: string;
  state: string;
  start: string;
  end: string | null;
}

export interface Execution {
  id: string;
  namespace: string;
  flow_id: string;
  state: string;
  start: string;
  end: string | null;
  inputs: Record<string, unknown>;
  outputs: unknown;
  task_runs: TaskRun[];
  logs: LogLine[];
}

export interface Citation {
  chunk: string;
  title: string;
  origin: string;
  quote: string;
}

export interface AskAnswer {
  answer: string;
  citations: Citation[];
  confident: boolean;
}

export interface Health {
  version: string;
  provider: string;
  target: string;
}

export const ENDED = new Set(["SUCCESS", "WARNING", "FAILED", "KILLED", "CANCELLED", "SKIPPED", "RETRIED"]);

export interface Blueprint {
  id: string;
  title: string;
  description: string;
  topics: string[];
  since: string;
  removed: string;
  runs_here: boolean;
}

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
