// Before anything runs for real: the inputs, and what the flow would do.

import { type FormEvent, useEffect, useRef, useState } from "react";
import { type FlowInput, inputValues } from "../flow";

interface Props {
  inputs: FlowInput[];
  onRun: (values: Record<string, string>) => void;
  onClose: () => void;
}

const KIND: Record<string, string> = { INT: "number", FLOAT: "number", DATE: "date", DATETIME: "text", EMAIL: "email", SECRET: "password" };

export function RunDialog({ inputs, onRun, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [given, setGiven] = useState<Record<string, string>>({});
  useEffect(() => dialog.current?.showModal(), []);

  function submit(event: FormEvent) {
    event.preventDefault();
    onRun(inputValues(inputs, given));
  }

  return (
    <dialog ref={dialog} onClose={onClose} aria-labelledby="run-title">
      <form onSubmit={submit}>
        <h2 id="run-title">Run it on this machine</h2>
        <p>Everything the flow does happens for real: downloads, databases, messages. “Try” uses stand-ins instead.</p>
        {inputs.map((input) => (
          <Field key={input.id} input={input} value={given[input.id] ?? ""} onChange={(v) => setGiven({ ...given, [input.id]: v })} />
        ))}
        <div className="row">
          <button type="submit" className="main">
            Run
          </button>
          <button type="button" onClick={onClose}>
            Cancel
          </button>
        </div>
      </form>
    </dialog>
  );
}

function Field({ input, value, onChange }: { input: FlowInput; value: string; onChange: (value: string) => void }) {
  const id = `input-${input.id}`;
  const choices = input.type.startsWith("BOOL") ? ["true", "false"] : input.values;
  return (
    <p>
      <label htmlFor={id}>
        {input.id} <small>{[input.type, input.description].filter(Boolean).join(" · ")}</small>
      </label>
      {choices.length ? (
        <select id={id} value={value} required={input.required} onChange={(e) => onChange(e.target.value)}>
          <option value="">{input.defaults ? `default: ${input.defaults}` : "choose"}</option>
          {choices.map((c) => (
            <option key={c}>{c}</option>
          ))}
        </select>
      ) : (
        <input
          id={id}
          type={KIND[input.type] ?? "text"}
          step="any"
          value={value}
          required={input.required}
          placeholder={input.defaults}
          onChange={(e) => onChange(e.target.value)}
        />
      )}
    </p>
  );
}
