// What an execution gave; a stored file can be looked into and saved.

import { useState } from "react";
import { ApiError, file } from "../api";
import type { Execution } from "../model";
import { filesIn, outputsOf, preview, type StoredFile } from "../outputs";
import { save } from "../save";
import { Problem } from "./Problem";

export function Outputs({ execution }: { execution: Execution }) {
  const outputs = outputsOf(execution);
  const files = filesIn(outputs);
  if (!Object.keys(outputs).length) return null;
  return (
    <>
      <h3>Outputs</h3>
      {files.length > 0 && (
        <ul className="files">
          {files.map((one) => (
            <FileRow key={one.uri} execution={execution.id} file={one} />
          ))}
        </ul>
      )}
      <pre tabIndex={0} aria-label="Outputs as JSON">
        {JSON.stringify(outputs, null, 2)}
      </pre>
    </>
  );
}

function FileRow({ execution, file: { where, uri } }: { execution: string; file: StoredFile }) {
  const [shown, setShown] = useState<string | null>(null);
  const [problem, setProblem] = useState<ApiError | null>(null);
  const name = uri.split("/").at(-1)!;

  async function fetched(then: (content: Blob) => Promise<void> | void) {
    setProblem(null);
    try {
      await then(await file(execution, uri));
    } catch (error) {
      setProblem(ApiError.from(error));
    }
  }

  async function look(content: Blob) {
    const found = await preview(content);
    setShown(found ? found.text + (found.cut ? "\n… (the beginning of the file)" : "") : `not text, ${content.size} bytes`);
  }

  return (
    <li>
      <strong>{where}</strong> <code>{name}</code>{" "}
      <button type="button" aria-expanded={shown !== null} onClick={() => (shown === null ? void fetched(look) : setShown(null))}>
        {shown === null ? "Look" : "Close"}
        <span className="unseen"> {where}</span>
      </button>{" "}
      <button type="button" onClick={() => void fetched((content) => save(content, name))}>
        Save<span className="unseen"> {where}</span>
      </button>
      {shown !== null && (
        <pre tabIndex={0} aria-label={`Beginning of ${name}`}>
          {shown}
        </pre>
      )}
      {problem && <Problem error={problem} />}
    </li>
  );
}
