// One execution: state, what can be done to it, a bar for each task run, the log, the outputs.

import { useEffect, useState } from "react";
import { flowOf } from "../api";
import { type FlowInput, inputValues, nameOf, resumeInputs } from "../flow";
import { type Answer, ENDED, type Execution, type TaskRun } from "../model";
import { duration } from "../outputs";
import type { useExecution } from "../useExecutions";
import { Fields } from "./Fields";
import { FixIt } from "./FixIt";
import { Log } from "./Log";
import { Outputs } from "./Outputs";
import { Problem } from "./Problem";
import { State } from "./State";

interface Props {
  execution: Execution;
  actions: ReturnType<typeof useExecution>;
  text: string;
  target: string;
  onTake: (answer: Answer) => void;
}

export function ExecutionView({ execution, actions, text, target, onTake }: Props) {
  const { id, state } = execution;
  const ended = ENDED.has(state);
  const name = nameOf(text);
  const same = name.id === execution.flow_id && name.namespace === execution.namespace;
  return (
    <>
      <div className="row">
        <button type="button" onClick={() => actions.show(null)}>
          ‹ All executions
        </button>
        <span aria-live="polite">
          <State state={state} />
        </span>
        <strong>
          {execution.namespace}.{execution.flow_id}
        </strong>
        <small>{ended && duration(execution.start, execution.end, 0)}</small>
        <code>{id}</code>
      </div>
      <div className="row">
        {!ended && (
          <button type="button" disabled={state === "KILLING"} onClick={() => void actions.kill(id)}>
            Stop
          </button>
        )}
        {(state === "FAILED" || state === "KILLED") && (
          <button type="button" onClick={() => void actions.restart(id)}>
            Restart what failed
          </button>
        )}
        {ended && (
          <button type="button" onClick={() => void actions.replay(id)}>
            Run again
          </button>
        )}
      </div>
      {actions.problem && <Problem error={actions.problem} />}
      {state === "PAUSED" && <GoOn execution={execution} onResume={(values) => void actions.resume(id, values)} />}
      {state === "FAILED" && (
        <div className="fix">
          <FixIt key={id} flow={same ? async () => text : async () => (await flowOf(id)).flow} target={target} execution={id} onTake={onTake} />
        </div>
      )}
      <Bars runs={execution.task_runs} />
      <Log lines={execution.logs} />
      <Outputs execution={execution} />
    </>
  );
}

function GoOn({ execution, onResume }: { execution: Execution; onResume: (values: Record<string, string>) => void }) {
  const [inputs, setInputs] = useState<FlowInput[]>([]);
  const [given, setGiven] = useState<Record<string, string>>({});
  const waiting = execution.task_runs.find((r) => r.state === "PAUSED")?.task_id ?? "";

  useEffect(() => {
    let left = false;
    flowOf(execution.id).then(
      ({ flow }) => left || setInputs(resumeInputs(flow, waiting)),
      () => left || setInputs([]),
    );
    return () => {
      left = true;
    };
  }, [execution.id, waiting]);

  return (
    <form
      className="go-on"
      onSubmit={(event) => {
        event.preventDefault();
        onResume(inputValues(inputs, given));
      }}
    >
      <p>{waiting ? `${waiting} waits for somebody to let it go on.` : "The execution is paused."}</p>
      <Fields inputs={inputs} given={given} onGiven={setGiven} />
      <button type="submit" className="main">
        Resume
      </button>
    </form>
  );
}

/** A flow with many loops has more task runs than bars help. */
const MOST_BARS = 200;

function Bars({ runs }: { runs: TaskRun[] }) {
  const started = runs.filter((r) => r.start);
  if (!started.length) return null;
  const time = (text: string | null) => (text ? Date.parse(text) : Number.NaN);
  const first = started.reduce((least, r) => Math.min(least, time(r.start)), Number.POSITIVE_INFINITY);
  const last = started.reduce((most, r) => Math.max(most, time(r.end) || time(r.start)), first + 1);
  const share = (at: number) => ((at - first) / (last - first)) * 100;
  return (
    <>
      <ol className="bars" aria-label="Task runs">
        {started.slice(0, MOST_BARS).map((r) => {
          const from = share(time(r.start));
          const width = Math.max(share(time(r.end) || last) - from, 1);
          return (
            <li key={r.id}>
              <span className="name">
                {r.task_id} {r.value && <small>{r.value}</small>}
              </span>
              <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
                <rect className={r.state.toLowerCase()} x={Math.min(from, 99)} width={width} y="1" height="8" rx="1" />
              </svg>
              <small>
                {r.state} {r.end && duration(r.start, r.end, 0)}
              </small>
            </li>
          );
        })}
      </ol>
      {started.length > MOST_BARS && <p className="quiet">and {started.length - MOST_BARS} more task runs</p>}
    </>
  );
}
