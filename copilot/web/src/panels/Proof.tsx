// What a draft rests on and what was tried: evidence, trial, receipt.

import type { Answer, Trial } from "../model";
import { SourceLink } from "./Source";

export function EvidenceList({ answer, before }: { answer: Answer | null; before: boolean }) {
  if (!answer?.evidence.length) return <p className="quiet">A draft comes with the references each task was taken from.</p>;
  return (
    <>
    {before && <p className="quiet">Of the text as it was drafted; it was changed since.</p>}
    <ul className="evidence">
      {answer.evidence.map((e) => (
        <li key={e.task}>
          <strong>{e.task}</strong> <code>{e.type}</code>
          <ul>
            {e.sources.map((s) => (
              <li key={s.chunk}>
                <SourceLink source={s} />
              </li>
            ))}
          </ul>
        </li>
      ))}
    </ul>
    </>
  );
}

const HOW = { ran: "ran", stood_in: "stand-in", not_executable: "cannot run here" };

export function TrialTable({ trial, before }: { trial: Trial | null; before: boolean }) {
  if (!trial) return <p className="quiet">A trial runs the flow with stand-ins for every side effect.</p>;
  return (
    <>
      <p>
        Trial <span className={`badge ${trial.verdict === "failed" ? "bad" : "good"}`}>{trial.verdict}</span>
        {before && " of an earlier text; try it again"}
      </p>
      <table>
        <thead>
          <tr>
            <th scope="col">task</th>
            <th scope="col">how</th>
            <th scope="col">state</th>
            <th scope="col">why</th>
          </tr>
        </thead>
        <tbody>
          {trial.tasks.map((t, n) => (
            <tr key={n}>
              <td>{t.id}</td>
              <td>{HOW[t.how]}</td>
              <td>{t.state ?? ""}</td>
              <td>{t.why}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

export function ReceiptLine({ answer }: { answer: Answer }) {
  const r = answer.receipt;
  const cost = r.model_calls
    ? `${r.model_calls} call${r.model_calls > 1 ? "s" : ""} of ${r.model}, ${r.prompt_tokens + r.output_tokens} tokens`
    : "no model, no tokens";
  return (
    <p className="receipt">
      drafted by <strong>{r.provider}</strong>, {cost}, {r.seconds.toFixed(1)} s, {r.attempts} attempt{r.attempts === 1 ? "" : "s"}
    </p>
  );
}
