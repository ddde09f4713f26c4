// The log of an execution: from a level on, of all tasks or of one.

import { useEffect, useRef, useState } from "react";
import { chosenLines, LEVELS, tasksOf } from "../logs";
import type { LogLine } from "../model";

/** More lines than anyone reads make a page slow; the newest are shown. */
const MOST = 2000;

export function Log({ lines }: { lines: LogLine[] }) {
  const [least, setLeast] = useState("INFO");
  const [task, setTask] = useState("");
  const place = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const chosen = chosenLines(lines, least, task);
  const shown = chosen.slice(-MOST);

  useEffect(() => {
    if (atEnd.current && place.current) place.current.scrollTop = place.current.scrollHeight;
  }, [shown.length]);

  return (
    <>
      <div className="row">
        <h3>Log</h3>
        <label>
          from{" "}
          <select value={least} onChange={(e) => setLeast(e.target.value)} aria-label="Least level">
            {LEVELS.map((level) => (
              <option key={level}>{level}</option>
            ))}
          </select>
        </label>
        <label>
          of{" "}
          <select value={task} onChange={(e) => setTask(e.target.value)} aria-label="Task of the lines">
            <option value="">all tasks</option>
            {tasksOf(lines).map((id) => (
              <option key={id}>{id}</option>
            ))}
          </select>
        </label>
        <small>
          {chosen.length} of {lines.length} lines{chosen.length > MOST && `, the newest ${MOST} shown`}
        </small>
      </div>
      <div
        className="log"
        role="log"
        aria-label="Log lines"
        tabIndex={0}
        ref={place}
        onScroll={({ currentTarget: at }) => {
          atEnd.current = at.scrollHeight - at.scrollTop - at.clientHeight < 8;
        }}
      >
        {shown.map((line, n) => (
          <div key={n} className={line.level.toLowerCase()}>
            <small>{line.date.slice(11, 23)}</small> <b>{line.level}</b> <span className="task">{line.task_id ?? ""}</span> {line.message}
          </div>
        ))}
        {!shown.length && <span className="quiet">{lines.length ? "no line of this kind" : "no lines"}</span>}
      </div>
    </>
  );
}
