// A form's fields for the inputs of a flow, or for what a paused task asks for.

import type { FlowInput } from "../flow";

const KIND: Record<string, string> = { INT: "number", FLOAT: "number", DATE: "date", DATETIME: "text", EMAIL: "email", SECRET: "password" };

interface Props {
  inputs: FlowInput[];
  given: Record<string, string>;
  /** Whether what a flow needs may be left out. */
  free?: boolean;
  onGiven: (given: Record<string, string>) => void;
}

export function Fields({ inputs, given, free = false, onGiven }: Props) {
  return inputs.map((input) => (
    <Field
      key={input.id}
      input={free ? { ...input, required: false } : input}
      value={given[input.id] ?? ""}
      onChange={(v) => onGiven({ ...given, [input.id]: v })}
    />
  ));
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
      ) : /^(JSON|YAML|ARRAY|FILE|MULTISELECT)$/.test(input.type) ? (
        <textarea
          id={id}
          rows={3}
          value={value}
          required={input.required}
          placeholder={input.defaults}
          onChange={(e) => onChange(e.target.value)}
        />
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
