// Before a flow runs, for real or with stand-ins: its inputs, and what would happen.

import { type FormEvent, useState } from "react";
import { type FlowInput, inputValues } from "../flow";
import { Dialog } from "./Dialog";
import { Fields } from "./Fields";

interface Props {
  inputs: FlowInput[];
  /** With stand-ins; an input that is left empty gets a sample. */
  trial: boolean;
  onRun: (values: Record<string, string>) => void;
  onClose: () => void;
}

export function RunDialog({ inputs, trial, onRun, onClose }: Props) {
  const [given, setGiven] = useState<Record<string, string>>({});

  function submit(event: FormEvent) {
    event.preventDefault();
    onRun(inputValues(inputs, given));
  }

  return (
    <Dialog title={trial ? "Try it with stand-ins" : "Run it on this machine"} onClose={onClose}>
      <form onSubmit={submit}>
        <p>
          {trial
            ? "Nothing outside is touched: downloads, databases and messages are stood in for. An input left empty gets its default or a sample."
            : "Everything the flow does happens for real: downloads, databases, messages. “Try” uses stand-ins instead."}
        </p>
        <Fields inputs={inputs} given={given} free={trial} onGiven={setGiven} />
        <div className="row">
          <button type="submit" className="main">
            {trial ? "Try" : "Run"}
          </button>
          <button type="button" onClick={onClose}>
            Cancel
          </button>
        </div>
      </form>
    </Dialog>
  );
}
