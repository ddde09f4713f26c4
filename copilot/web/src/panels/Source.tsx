// The text of a source that a draft or an answer rests on.

import { useEffect, useState } from "react";
import { ApiError, chunk } from "../api";
import { Dialog } from "./Dialog";
import { Problem } from "./Problem";

interface Shown {
  chunk: string;
  title: string;
  origin: string;
}

/** A source as a link that opens its text. */
export function SourceLink({ source }: { source: Shown }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <button type="button" className="link" onClick={() => setOpen(true)}>
        {source.title}
      </button>{" "}
      <small>{source.origin}</small>
      {open && <Source source={source} onClose={() => setOpen(false)} />}
    </>
  );
}

function Source({ source, onClose }: { source: Shown; onClose: () => void }) {
  const [text, setText] = useState("");
  const [problem, setProblem] = useState<ApiError | null>(null);
  useEffect(() => {
    let left = false;
    chunk(source.chunk).then(
      (found) => left || setText(found.text),
      (error: unknown) => left || setProblem(ApiError.from(error)),
    );
    return () => {
      left = true;
    };
  }, [source.chunk]);
  return (
    <Dialog title={source.title} wide onClose={onClose}>
      <p>
        <small>
          {source.origin} · {source.chunk}
        </small>
      </p>
      {problem ? (
        <Problem error={problem} />
      ) : (
        <pre className="source" tabIndex={0} aria-label="Text of the source">
          {text || "Looking…"}
        </pre>
      )}
      <button type="button" onClick={onClose}>
        Close
      </button>
    </Dialog>
  );
}
