// After a failure: the flow mended by what failed, shown before it is taken.

import { useState } from "react";
import { ApiError, fix } from "../api";
import type { Answer } from "../model";
import { Problem } from "./Problem";
import { Proposal } from "./Proposal";

interface Props {
  /** The text to mend. */
  flow: () => Promise<string>;
  target: string;
  execution: string | null;
  onTake: (answer: Answer) => void;
}

export function FixIt({ flow, target, execution, onTake }: Props) {
  const [answer, setAnswer] = useState<Answer | null>(null);
  const [problem, setProblem] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);

  async function ask() {
    setBusy(true);
    setProblem(null);
    setAnswer(null);
    try {
      setAnswer(await fix(await flow(), target, execution));
    } catch (error) {
      setProblem(ApiError.from(error));
    } finally {
      setBusy(false);
    }
  }

  return (
    <>
      <button type="button" className="main" disabled={busy} onClick={() => void ask()}>
        {busy ? "Looking for a fix…" : "Fix it"}
      </button>
      {problem && <Problem error={problem} />}
      {answer && (
        <Proposal
          answer={answer}
          onTake={() => {
            onTake(answer);
            setAnswer(null);
          }}
        />
      )}
    </>
  );
}
