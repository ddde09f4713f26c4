// Flows to start from: the bundled blueprints, chosen by words.

import { useEffect, useState } from "react";
import { ApiError, blueprint, blueprints } from "../api";
import { fitting } from "../gallery";
import type { Blueprint } from "../model";
import { Dialog } from "./Dialog";
import { Problem } from "./Problem";

interface Props {
  target: string;
  onPick: (flow: string) => void;
  onClose: () => void;
}

export function Gallery({ target, onPick, onClose }: Props) {
  const [all, setAll] = useState<Blueprint[] | null>(null);
  const [words, setWords] = useState("");
  const [problem, setProblem] = useState<ApiError | null>(null);

  useEffect(() => {
    let left = false;
    blueprints().then(
      (found) => left || setAll(found.blueprints),
      (error: unknown) => left || setProblem(ApiError.from(error)),
    );
    return () => {
      left = true;
    };
  }, []);

  async function pick(id: string) {
    try {
      onPick((await blueprint(id)).flow);
    } catch (error) {
      setProblem(ApiError.from(error));
    }
  }

  const shown = fitting(all ?? [], words, target);
  return (
    <Dialog title="Start from an example" wide onClose={onClose}>
      <label htmlFor="gallery-words">Look for</label>
      <input id="gallery-words" value={words} placeholder="schedule, postgres, pause …" onChange={(e) => setWords(e.target.value)} />
      {problem && <Problem error={problem} />}
      <p role="status" className="quiet">
        {all ? `${shown.length} of ${all.length} examples` : "Looking…"}
      </p>
      <ul className="gallery">
        {shown.map((one) => (
          <li key={one.id}>
            <button type="button" onClick={() => void pick(one.id)}>
              <strong>{one.title}</strong>
              <span>{one.description}</span>
              <small>
                {one.topics.join(", ")}
                {one.runs_here ? "" : " · needs services of yours or a Kestra server"}
              </small>
            </button>
          </li>
        ))}
      </ul>
      <div className="row">
        <button type="button" onClick={onClose}>
          Close
        </button>
      </div>
    </Dialog>
  );
}
