import { useEffect, useMemo, useState } from "react";
import { ApiError, health } from "./api";
import { Diagram } from "./Diagram";
import { Editor } from "./Editor";
import { inputsOf } from "./flow";
import { useKept } from "./kept";
import type { Health } from "./model";
import { Ask } from "./panels/Ask";
import { ChangeByWords } from "./panels/ChangeByWords";
import { ExecutionView } from "./panels/Execution";
import { Findings } from "./panels/Findings";
import { Problem } from "./panels/Problem";
import { EvidenceList, TrialTable } from "./panels/Proof";
import { RunDialog } from "./panels/RunDialog";
import { Words } from "./panels/Words";
import { Tabs } from "./Tabs";
import { useFlow } from "./useFlow";

const VERSIONS = ["0.21", "0.22", "0.23", "0.24", "1.0", "1.1", "1.2", "1.3", "2.0"];

export function App() {
  const [service, setService] = useState<Health | null>(null);
  const [trouble, setTrouble] = useState<ApiError | null>(null);
  const [chosen, setChosen] = useKept("target", "");
  const [prompt, setPrompt] = useKept("prompt", "");
  const [tab, setTab] = useState("diagram");
  const [line, setLine] = useState<number | null>(null);
  const [asking, setAsking] = useState(false);
  const target = chosen || service?.target || "1.1";
  const flow = useFlow(target);
  const inputs = useMemo(() => inputsOf(flow.text), [flow.text]);
  const findings = useMemo(() => flow.validation?.findings ?? [], [flow.validation]);
  const wrong = findings.filter((f) => f.severity === "error").length;
  const states = Object.fromEntries((flow.execution?.task_runs ?? []).map((r) => [r.task_id, r.state]));

  useEffect(() => {
    health().then(setService, (error: unknown) => setTrouble(ApiError.from(error)));
  }, []);

  const pick = (to: number) => {
    setLine(null);
    requestAnimationFrame(() => setLine(to));
  };
  const ready = flow.text.trim() !== "" && wrong === 0 && !flow.doing;

  return (
    <>
      <header>
        <h1>flowwright</h1>
        <span className="claim">plain words in, a Kestra flow that ran out</span>
        <label>
          Kestra{" "}
          <select value={target} onChange={(e) => setChosen(e.target.value)}>
            {VERSIONS.map((v) => (
              <option key={v}>{v}</option>
            ))}
          </select>
        </label>
        {service && <span className="badge">drafts: {service.provider}</span>}
      </header>
      {(flow.problem ?? trouble) && <Problem error={(flow.problem ?? trouble)!} />}
      <main>
        <Words
          prompt={prompt}
          busy={flow.doing === "draft"}
          stages={flow.stages}
          answer={flow.answer}
          onPrompt={setPrompt}
          onDraft={(answers) => flow.draft(prompt, answers)}
          onStop={flow.stop}
        />
        <section className="text" aria-label="Flow">
          <div className="row bar">
            <button
              type="button"
              disabled={!ready}
              onClick={() => {
                setTab("trial");
                void flow.tryOut({});
              }}
            >
              {flow.doing === "try" ? "Trying…" : "Try with stand-ins"}
            </button>
            <button type="button" className="main" disabled={!ready || flow.validation?.runs_here === false} onClick={() => setAsking(true)}>
              Run here
            </button>
            <button type="button" disabled={!flow.text} onClick={() => download(flow.text)}>
              Download
            </button>
            <span className={`state ${wrong ? "bad" : ""}`} role="status">
              {flow.validation ? (wrong ? `${wrong} error${wrong > 1 ? "s" : ""}` : "no errors") : ""}
            </span>
          </div>
          <Editor text={flow.text} findings={findings} target={target} line={line} onChange={flow.setText} />
        </section>
        <section className="proof" aria-label="Proof">
          <Tabs
            chosen={tab}
            onChoose={setTab}
            tabs={[
              { id: "diagram", name: "Diagram", shown: () => <Diagram text={flow.text} states={states} onPick={pick} /> },
              {
                id: "findings",
                name: `Findings${findings.length ? ` ${findings.length}` : ""}`,
                shown: () => <Findings validation={flow.validation} onPick={pick} />,
              },
              { id: "evidence", name: "Evidence", shown: () => <EvidenceList answer={flow.answer} /> },
              { id: "trial", name: "Trial", shown: () => <TrialTable trial={flow.trial} /> },
              { id: "execution", name: "Execution", shown: () => <ExecutionView execution={flow.execution} /> },
              { id: "change", name: "Change", shown: () => <ChangeByWords flow={flow.text} target={target} onTake={flow.take} /> },
              { id: "ask", name: "Ask", shown: () => <Ask target={target} /> },
            ]}
          />
        </section>
      </main>
      {asking && (
        <RunDialog
          inputs={inputs}
          onClose={() => setAsking(false)}
          onRun={(values) => {
            setAsking(false);
            setTab("execution");
            void flow.run(values);
          }}
        />
      )}
    </>
  );
}

function download(text: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/yaml" }));
  link.download = `${/^id:\s*["']?([\w.-]+)/m.exec(text)?.[1] ?? "flow"}.yaml`;
  link.click();
  URL.revokeObjectURL(link.href);
}
