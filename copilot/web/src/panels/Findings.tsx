import type { Answer, Validation } from "../model";
import { CannotRun } from "./CannotRun";
import { FixIt } from "./FixIt";
import { fileOf } from "./FlowBar";

interface Props {
  validation: Validation | null;
  flow: string;
  target: string;
  onTake: (answer: Answer) => void;
  onPick: (line: number) => void;
}

/** More findings than anyone mends in one go make a page slow. */
const MOST = 200;

export function Findings({ validation, flow, target: version, onTake, onPick }: Props) {
  if (!validation) return <p className="quiet">Nothing was checked yet.</p>;
  const { valid, runs_here, cannot_run, target, findings } = validation;
  return (
    <>
      <p>
        <Verdict good={valid} yes={`valid for Kestra ${target}`} no={`not valid for Kestra ${target}`} />{" "}
        {valid && <Verdict good={runs_here} yes="runs here" no="runs on a Kestra server" />}
      </p>
      {valid && !runs_here && <CannotRun types={cannot_run} file={fileOf(flow)} />}
      {!valid && <FixIt flow={async () => flow} target={version} execution={null} onTake={onTake} />}
      <ul className="findings">
        {findings.slice(0, MOST).map((f, n) => (
          <li key={n} className={f.severity}>
            <button type="button" onClick={() => onPick(f.line)}>
              line {f.line}
            </button>{" "}
            {f.message} <code>{f.code}</code>
            {f.hint && <div className="hint">{f.hint}</div>}
          </li>
        ))}
      </ul>
      {findings.length > MOST && <p className="quiet">and {findings.length - MOST} more</p>}
    </>
  );
}

export function Verdict({ good, yes, no }: { good: boolean; yes: string; no: string }) {
  return <span className={`badge ${good ? "good" : "bad"}`}>{good ? yes : no}</span>;
}
