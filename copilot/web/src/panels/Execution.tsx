// An execution: state, a bar for each task run, the log, the outputs.

import { ENDED, type Execution, type TaskRun } from "../model";

export function ExecutionView({ execution }: { execution: Execution | null }) {
  if (!execution) return <p className="quiet">Nothing ran yet. “Run here” runs the flow for real on this machine.</p>;
  const ended = ENDED.has(execution.state);
  return (
    <>
      <p aria-live="polite">
        <span className={`badge ${execution.state.toLowerCase()}`}>{execution.state}</span> <code>{execution.id}</code>
        {!ended && " …"}
      </p>
      <Bars runs={execution.task_runs} />
      <h3>Log</h3>
      <div className="log" role="log">
        {execution.logs.map((line, n) => (
          <div key={n} className={line.level.toLowerCase()}>
            <small>{line.date.slice(11, 23)}</small> <b>{line.level}</b> {line.task_id ?? ""} {line.message}
          </div>
        ))}
        {!execution.logs.length && <span className="quiet">no lines</span>}
      </div>
      <h3>Outputs</h3>
      <pre>{JSON.stringify(outputsOf(execution), null, 2)}</pre>
    </>
  );
}

function outputsOf(execution: Execution): unknown {
  const tasks = execution.task_runs.filter((r) => r.outputs).map((r) => [r.value ? `${r.task_id} ${r.value}` : r.task_id, r.outputs]);
  return { flow: execution.outputs ?? {}, tasks: Object.fromEntries(tasks) };
}

function Bars({ runs }: { runs: TaskRun[] }) {
  const started = runs.filter((r) => r.start);
  if (!started.length) return null;
  const time = (text: string | null) => (text ? Date.parse(text) : Number.NaN);
  const first = Math.min(...started.map((r) => time(r.start)));
  const last = Math.max(...started.map((r) => time(r.end) || time(r.start)), first + 1);
  const share = (at: number) => ((at - first) / (last - first)) * 100;
  return (
    <ol className="bars" aria-label="Task runs">
      {started.map((r) => {
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
              {r.state} {r.end && `${((time(r.end) - time(r.start)) / 1000).toFixed(2)} s`}
            </small>
          </li>
        );
      })}
    </ol>
  );
}
