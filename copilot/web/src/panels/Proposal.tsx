// A changed flow before it is taken: what would differ, or why nothing does.

import type { Answer } from "../model";

interface Props {
  answer: Answer;
  onTake: () => void;
}

export function Proposal({ answer, onTake }: Props) {
  const said = [...answer.questions, ...answer.not_understood, ...answer.notes];
  const more = said.length > 0 && (
    <ul>
      {said.map((text) => (
        <li key={text}>{text}</li>
      ))}
    </ul>
  );
  if (answer.status !== "ok" || !answer.diff) {
    return (
      <div role="status" className="proposal">
        <p>Nothing was changed. {answer.reason}</p>
        {more}
        {answer.status === "failed" && (
          <ul>
            {answer.findings.map((f, n) => (
              <li key={n}>
                {f.message} {f.hint && <span className="hint">{f.hint}</span>}
              </li>
            ))}
          </ul>
        )}
      </div>
    );
  }
  return (
    <div role="status" className="proposal">
      {more}
      <Diff text={answer.diff} />
      <button type="button" className="main" onClick={onTake}>
        Take it
      </button>
    </div>
  );
}

function Diff({ text }: { text: string }) {
  return (
    <pre className="diff" tabIndex={0} aria-label="What changes">
      {text.split("\n").map((line, n) => (
        <span key={n} className={line.startsWith("+") ? "plus" : line.startsWith("-") ? "minus" : ""}>
          {line + "\n"}
        </span>
      ))}
    </pre>
  );
}
