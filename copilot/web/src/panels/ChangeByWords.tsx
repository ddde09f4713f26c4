// An existing flow changed by words: the change is shown as a diff and taken only when the reader says so.

import { type FormEvent, useState } from "react";
import { ApiError, edit } from "../api";
import type { Answer } from "../model";
import { Problem } from "./Problem";

interface Props {
  flow: string;
  target: string;
  onTake: (answer: Answer) => void;
}

export function ChangeByWords({ flow, target, onTake }: Props) {
  const [words, setWords] = useState("");
  const [answer, setAnswer] = useState<Answer | null>(null);
  const [problem, setProblem] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);

  async function submit(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    setAnswer(null);
    try {
      setAnswer(await edit(flow, words, target));
    } catch (error) {
      setProblem(ApiError.from(error));
    } finally {
      setBusy(false);
    }
  }

  const changed = answer?.status === "ok" && answer.diff;
  return (
    <>
      <form onSubmit={submit} className="change">
        <label htmlFor="change">What should be different?</label>
        <input id="change" value={words} placeholder="retry the download three times" onChange={(e) => setWords(e.target.value)} />
        <button type="submit" disabled={busy || !words.trim() || !flow.trim()}>
          {busy ? "Changing…" : "Show the change"}
        </button>
      </form>
      {problem && <Problem error={problem} />}
      {answer && !changed && (
        <div role="status">
          <p>Nothing was changed. {answer.reason}</p>
          <ul>
            {[...answer.questions, ...answer.not_understood].map((q) => (
              <li key={q}>{q}</li>
            ))}
          </ul>
        </div>
      )}
      {changed && (
        <>
          <pre className="diff">
            {answer.diff!.split("\n").map((line, n) => (
              <span key={n} className={line.startsWith("+") ? "plus" : line.startsWith("-") ? "minus" : ""}>
                {line + "\n"}
              </span>
            ))}
          </pre>
          <button
            type="button"
            className="main"
            onClick={() => {
              onTake(answer);
              setAnswer(null);
              setWords("");
            }}
          >
            Take it
          </button>
        </>
      )}
    </>
  );
}
