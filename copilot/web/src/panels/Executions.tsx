// The executions of this machine: the newest first; one is opened and can be left again.

import { useEffect, useState } from "react";
import { ApiError, executions } from "../api";
import type { Summary } from "../model";
import { duration } from "../outputs";
import { Problem } from "./Problem";
import { State } from "./State";

const SHOWN = 50;
const AGAIN_MS = 3_000;

export function Executions({ onOpen }: { onOpen: (id: string) => void }) {
  const [rows, setRows] = useState<Summary[] | null>(null);
  const [problem, setProblem] = useState<ApiError | null>(null);

  useEffect(() => {
    let left = false;
    let timer = 0;
    const look = async () => {
      try {
        const found = await executions(SHOWN);
        if (left) return;
        setRows(found.executions);
        setProblem(null);
      } catch (error) {
        if (left) return;
        setProblem(ApiError.from(error));
      }
      timer = setTimeout(() => void look(), AGAIN_MS);
    };
    void look();
    return () => {
      left = true;
      clearTimeout(timer);
    };
  }, []);

  if (problem && !rows) return <Problem error={problem} />;
  if (!rows) return <p className="quiet">Looking…</p>;
  if (!rows.length) return <p className="quiet">Nothing ran yet. “Run here” runs the flow for real on this machine.</p>;
  return (
    <table className="runs">
      <caption className="unseen">Executions, newest first</caption>
      <thead>
        <tr>
          <th scope="col">state</th>
          <th scope="col">flow</th>
          <th scope="col">start</th>
          <th scope="col">took</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.id}>
            <td>
              <State state={row.state} />
            </td>
            <td>
              <button type="button" className="link" onClick={() => onOpen(row.id)}>
                {row.flow_id}
                              </button>{" "}
              <small>{row.namespace}</small>
            </td>
            <td className="short">
              <time dateTime={row.start} title={row.start}>
                {new Date(row.start).toLocaleString([], { dateStyle: "short", timeStyle: "short" })}
              </time>
            </td>
            <td className="short">{duration(row.start, row.end, Date.now())}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
