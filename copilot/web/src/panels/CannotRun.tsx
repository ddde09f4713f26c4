// What a flow needs that this machine does not run, and the way out.

import { useState } from "react";

interface Props {
  types: string[];
  file: string;
}

export function CannotRun({ types, file }: Props) {
  const [said, setSaid] = useState("");
  const command = `flowwright deploy ${file} --to http://your-kestra:8080`;

  async function copy() {
    try {
      await navigator.clipboard.writeText(command);
      setSaid("copied");
    } catch {
      setSaid("mark it and copy it by hand");
    }
  }

  return (
    <div className="cannot">
      <p>
        The flow is right, but this machine cannot run all of it. {types.length === 1 ? "This type needs" : "These types need"} a Kestra server
        with {types.length === 1 ? "its plugin" : "their plugins"}:
      </p>
      <ul>
        {types.map((type) => (
          <li key={type}>
            <code>{type}</code>
          </li>
        ))}
      </ul>
      <p>“Try with stand-ins” shows here that the flow holds together. To run it, save the flow and type:</p>
      <pre tabIndex={0} aria-label="Command">
        {command}
      </pre>
      <button type="button" onClick={() => void copy()}>
        Copy the command
      </button>{" "}
      <span role="status" className="quiet">
        {said}
      </span>
    </div>
  );
}
