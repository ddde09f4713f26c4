import { type FormEvent, useState } from "react";
import { ApiError, ask } from "../api";
import { useKept } from "../kept";
import type { AskAnswer } from "../model";
import { Problem } from "./Problem";
import { SourceLink } from "./Source";

export function Ask({ target }: { target: string }) {
  const [question, setQuestion] = useKept("question", "");
  const [answer, setAnswer] = useState<AskAnswer | null>(null);
  const [problem, setProblem] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);

  async function submit(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      setAnswer(await ask(question, target));
    } catch (error) {
      setAnswer(null);
      setProblem(ApiError.from(error));
    } finally {
      setBusy(false);
    }
  }

  return (
    <section className="ask" aria-label="Ask the documentation">
      <form onSubmit={submit}>
        <label htmlFor="question">Your question about Kestra</label>
        <textarea id="question" rows={2} value={question} onChange={(e) => setQuestion(e.target.value)} />
        <button type="submit" className="main" disabled={busy || !question.trim()}>
          {busy ? "Looking…" : "Ask"}
        </button>
      </form>
      {problem && <Problem error={problem} />}
      {answer && (
        <div aria-live="polite">
          <p className={answer.confident ? "" : "quiet"}>{answer.answer}</p>
          {answer.citations.map((c) => (
            <figure key={c.chunk}>
              <blockquote>{c.quote}</blockquote>
              <figcaption>
                <SourceLink source={c} />
              </figcaption>
            </figure>
          ))}
        </div>
      )}
    </section>
  );
}
