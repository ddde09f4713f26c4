// An existing flow changed by words: the change is shown as a diff and taken only when the reader says so.

import { type FormEvent, useState } from "react";
import { ApiError, edit } from "../api";
import type { Answer } from "../model";
import { Problem } from "./Problem";
import { Proposal } from "./Proposal";

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
      {answer && (
        <Proposal
          answer={answer}
          onTake={() => {
            onTake(answer);
            setAnswer(null);
            setWords("");
          }}
        />
      )}
    </>
  );
}
