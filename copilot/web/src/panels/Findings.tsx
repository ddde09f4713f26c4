import type { Validation } from "../model";

interface Props {
  validation: Validation | null;
  onPick: (line: number) => void;
}

export function Findings({ validation, onPick }: Props) {
  if (!validation) return <p className="quiet">Nothing was checked yet.</p>;
  const { valid, runs_here, cannot_run, target, findings } = validation;
  return (
    <>
      <p>
        <Verdict good={valid} yes={`valid for Kestra ${target}`} no={`not valid for Kestra ${target}`} />{" "}
        {valid && <Verdict good={runs_here} yes="runs here" no={`cannot run here: ${cannot_run.join(", ")}`} />}
      </p>
      <ul className="findings">
        {findings.map((f, n) => (
          <li key={n} className={f.severity}>
            <button type="button" onClick={() => onPick(f.line)}>
              line {f.line}
            </button>{" "}
            {f.message} <code>{f.code}</code>
            {f.hint && <div className="hint">{f.hint}</div>}
          </li>
        ))}
      </ul>
    </>
  );
}

export function Verdict({ good, yes, no }: { good: boolean; yes: string; no: string }) {
  return <span className={`badge ${good ? "good" : "bad"}`}>{good ? yes : no}</span>;
}
