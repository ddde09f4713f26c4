// The left column: what is wanted in words, answers to questions, and how far the draft is.

import { type FormEvent, useState } from "react";
import type { Answer } from "../model";
import { ReceiptLine } from "./Proof";

const EXAMPLES = [
  "Every weekday at 7 in Berlin download https://example.com/sales.csv, total the amount per country with DuckDB and log the result",
  "For each of the cities Paris, Rome and Oslo run a Python script that prints its name, two at a time",
  "When a file is uploaded run a dbt build from a Git repository and tell Slack if it fails",
];

const STAGES = ["retrieve", "draft", "check", "repair", "trial", "answer"];

interface Props {
  prompt: string;
  busy: boolean;
  stages: string[];
  answer: Answer | null;
  /** Whether the text is no longer the answer's. */
  before: boolean;
  onPrompt: (text: string) => void;
  onDraft: (answers: Record<string, string>) => void;
  onStop: () => void;
  onExamples: () => void;
}

export function Words({ prompt, busy, stages, answer, before, onPrompt, onDraft, onStop, onExamples }: Props) {
  function submit(event: FormEvent) {
    event.preventDefault();
    onDraft({});
  }

  return (
    <section className="words" aria-label="Words">
      <form onSubmit={submit}>
        <label htmlFor="prompt">Say what you need</label>
        <textarea
          id="prompt"
          rows={7}
          value={prompt}
          placeholder="Every morning at 6, download …"
          onChange={(e) => onPrompt(e.target.value)}
          onKeyDown={(e) => {
            if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) e.currentTarget.form?.requestSubmit();
          }}
        />
        <div className="row">
          <button type="submit" className="main" disabled={busy || !prompt.trim()}>
            Draft the flow
          </button>
          {busy && (
            <button type="button" onClick={onStop}>
              Stop
            </button>
          )}
        </div>
      </form>
      {(busy || stages.length > 0) && (
        <ol className="stages" aria-live="polite">
          {STAGES.filter((s) => s !== "repair" || stages.includes(s)).map((s) => (
            <li key={s} className={stages.includes(s) ? "done" : ""}>
              {s}
            </li>
          ))}
        </ol>
      )}
      {answer && <Outcome answer={answer} before={before} onAnswers={onDraft} busy={busy} />}
      <p>
        <button type="button" className="link" onClick={onExamples}>
          Or start from an example flow
        </button>
      </p>
      {!prompt && (
        <div className="examples">
          <p>For example</p>
          {EXAMPLES.map((text) => (
            <button key={text} type="button" onClick={() => onPrompt(text)}>
              {text}
            </button>
          ))}
        </div>
      )}
    </section>
  );
}

const SAID: Record<Answer["status"], string> = {
  ok: "The flow is checked and tried.",
  needs_input: "A few questions first.",
  refused: "This is not something a flow can do.",
  failed: "No right flow came out; the findings say why.",
};

function Outcome({ answer, before, busy, onAnswers }: { answer: Answer; before: boolean; busy: boolean; onAnswers: Props["onDraft"] }) {
  return (
    <div className={`outcome ${answer.status}`} role="status">
      <strong>{SAID[answer.status]}</strong>{" "}
      {answer.trial && <span className={`badge ${answer.trial.verdict === "failed" ? "bad" : "good"}`}>trial {answer.trial.verdict}</span>}
      {before && <p className="quiet">The text was changed since; this speaks of the draft.</p>}
      {answer.reason && <p>{answer.reason}</p>}
      {answer.questions.length > 0 && <Questions key={answer.questions.join()} questions={answer.questions} busy={busy} onAnswers={onAnswers} />}
      <Notes title="Not understood" items={answer.not_understood} />
      <Notes title="Notes" items={answer.notes} />
      <ReceiptLine answer={answer} />
    </div>
  );
}

function Questions({ questions, busy, onAnswers }: { questions: string[]; busy: boolean; onAnswers: Props["onDraft"] }) {
  const [given, setGiven] = useState<Record<string, string>>({});
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onAnswers(given);
      }}
    >
      {questions.map((q, n) => (
        <p key={q}>
          <label htmlFor={`question-${n}`}>{q}</label>
          <input id={`question-${n}`} value={given[q] ?? ""} onChange={(e) => setGiven({ ...given, [q]: e.target.value })} />
        </p>
      ))}
      <button type="submit" disabled={busy || !Object.values(given).some((x) => x.trim())}>
        Answer
      </button>
    </form>
  );
}

function Notes({ title, items }: { title: string; items: string[] }) {
  if (!items.length) return null;
  return (
    <>
      <p className="title">{title}</p>
      <ul>
        {items.map((item) => (
          <li key={item}>{item}</li>
        ))}
      </ul>
    </>
  );
}
