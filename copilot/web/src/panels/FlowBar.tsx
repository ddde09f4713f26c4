// What can be done with the flow in the editor.

import { useRef } from "react";
import { nameOf } from "../flow";
import { save } from "../save";
import type { useFlow } from "../useFlow";
import { Before } from "./Before";

interface Props {
  flow: ReturnType<typeof useFlow>;
  wrong: number;
  onTry: () => void;
  onRun: () => void;
  onOpen: (file: File) => void;
  onExplain: () => void;
}

export function FlowBar({ flow, wrong, onTry, onRun, onOpen, onExplain }: Props) {
  const file = useRef<HTMLInputElement>(null);
  const ready = flow.text.trim() !== "" && wrong === 0 && !flow.doing;
  const elsewhere = flow.validation?.valid === true && !flow.validation.runs_here;
  return (
    <div className="row bar">
      <button type="button" disabled={!ready} onClick={onTry}>
        {flow.doing === "try" ? "Trying…" : "Try with stand-ins"}
      </button>
      {elsewhere ? (
        <button type="button" className="main" onClick={onExplain}>
          Where it runs
        </button>
      ) : (
        <button type="button" className="main" disabled={!ready} onClick={onRun}>
          {flow.doing === "run" ? "Starting…" : "Run here"}
        </button>
      )}
      <button type="button" onClick={() => file.current!.click()}>
        Open
      </button>
      <input
        ref={file}
        type="file"
        accept=".yaml,.yml,text/yaml"
        hidden
        aria-label="A flow's YAML file"
        onChange={(e) => {
          const chosen = e.target.files?.[0];
          e.target.value = "";
          if (chosen) onOpen(chosen);
        }}
      />
      <button
        type="button"
        disabled={!flow.text}
        onClick={() => save(new Blob([flow.text], { type: "application/yaml" }), fileOf(flow.text))}
      >
        Download
      </button>
      <Before versions={flow.versions} onBack={flow.back} />
      <span className={`state ${wrong ? "bad" : ""}`} role="status">
        {flow.validation ? (wrong ? `${wrong} error${wrong > 1 ? "s" : ""}` : "no errors") : ""}
      </span>
    </div>
  );
}

/** The name of a flow's file. */
export function fileOf(text: string): string {
  return `${nameOf(text).id || "flow"}.yaml`;
}
