import { type DragEvent, useMemo, useState } from "react";
import { Diagram } from "./Diagram";
import { Editor } from "./Editor";
import { inputsOf, nameOf } from "./flow";
import { ApiError, NO_SERVICE } from "./http";
import { useKept } from "./kept";
import { flowText } from "./openFile";
import { Ask } from "./panels/Ask";
import { ChangeByWords } from "./panels/ChangeByWords";
import { ExecutionView } from "./panels/Execution";
import { Executions } from "./panels/Executions";
import { Findings } from "./panels/Findings";
import { FlowBar } from "./panels/FlowBar";
import { Gallery } from "./panels/Gallery";
import { Problem } from "./panels/Problem";
import { EvidenceList, TrialTable } from "./panels/Proof";
import { RunDialog } from "./panels/RunDialog";
import { Words } from "./panels/Words";
import { Tabs } from "./Tabs";
import { useExecution } from "./useExecutions";
import { useFlow } from "./useFlow";
import { useService } from "./useService";
import { useSettled } from "./useText";

const VERSIONS = ["0.21", "0.22", "0.23", "0.24", "1.0", "1.1", "1.2", "1.3", "2.0"];
/** A text of more characters is read for its diagram and inputs only once typing pauses. */
const LONG_TEXT = 30_000;
const PAUSE_MS = 400;

type Open = "" | "run" | "try" | "gallery";

export function App() {
  const { service, gone, online } = useService();
  const [trouble, setTrouble] = useState<ApiError | null>(null);
  const [chosen, setChosen] = useKept("target", "");
  const [prompt, setPrompt] = useKept("prompt", "");
  const [tab, setTab] = useState("diagram");
  const [line, setLine] = useState<number | null>(null);
  const [open, setOpen] = useState<Open>("");
  const target = chosen || service?.target || "1.1";
  const ran = useExecution();
  const { execution } = ran;
  const flow = useFlow(target, online, ran.show);
  const settled = useSettled(flow.text, flow.text.length > LONG_TEXT ? PAUSE_MS : 0);
  const inputs = useMemo(() => inputsOf(settled), [settled]);
  const findings = useMemo(() => flow.validation?.findings ?? [], [flow.validation]);
  const wrong = findings.filter((f) => f.severity === "error").length;
  const ofThisFlow = execution?.flow_id === nameOf(flow.text).id;
  const states = useMemo(
    () => Object.fromEntries((ofThisFlow ? (execution?.task_runs ?? []) : []).map((r) => [r.task_id, r.state])),
    [execution, ofThisFlow],
  );
  const problem = [trouble, flow.problem].find((one) => one && one.code !== NO_SERVICE);

  const pick = (to: number) => {
    setLine(null);
    requestAnimationFrame(() => setLine(to));
  };
  /** A tab that an action leads to; on a narrow screen it lies below. */
  const lead = (to: string) => {
    setTab(to);
    requestAnimationFrame(() => document.querySelector("section.proof")?.scrollIntoView({ block: "nearest" }));
  };
  const tryIt = (values: Record<string, string>) => {
    lead("trial");
    void flow.tryOut(values);
  };
  const openFile = (file: File) => {
    setTrouble(null);
    flowText(file).then(
      (text) => flow.start(text, file.name),
      (error: unknown) => setTrouble(ApiError.from(error)),
    );
  };

  return (
    <>
      <header>
        <h1>flowwright</h1>
        <span className="claim">plain words in, a Kestra flow that ran out</span>
        <label>
          Kestra{" "}
          <select aria-label="Kestra version" value={target} onChange={(e) => setChosen(e.target.value)}>
            {VERSIONS.map((v) => (
              <option key={v}>{v}</option>
            ))}
          </select>
        </label>
        {service && <span className="badge">drafts: {service.provider}</span>}
      </header>
      <div role="status" className="gone">
        {gone && "The service does not answer. Start it with: flowwright serve. What you wrote is kept; the page goes on by itself."}
      </div>
      {problem && <Problem error={problem} />}
      <main>
        <Words
          prompt={prompt}
          busy={flow.doing === "draft"}
          stages={flow.stages}
          answer={flow.answer}
          before={flow.answeredBefore}
          onPrompt={setPrompt}
          onDraft={(answers) => flow.draft(prompt, answers)}
          onStop={flow.stop}
          onExamples={() => setOpen("gallery")}
        />
        <section className="text" aria-label="Flow" {...dropping(openFile)}>
          <FlowBar
            flow={flow}
            wrong={wrong}
            onTry={() => (inputs.length ? setOpen("try") : tryIt({}))}
            onRun={() => setOpen("run")}
            onOpen={openFile}
            onExplain={() => lead("findings")}
          />
          <Editor text={flow.text} replaced={flow.replaced} findings={findings} target={target} line={line} onChange={flow.type} />
        </section>
        <section className="proof" aria-label="Proof">
          <Tabs
            chosen={tab}
            onChoose={setTab}
            tabs={[
              { id: "diagram", name: "Diagram", shown: () => <Diagram text={settled} states={states} onPick={pick} /> },
              {
                id: "findings",
                name: `Findings${findings.length ? ` ${findings.length}` : ""}`,
                shown: () => (
                  <Findings
                    validation={flow.validation}
                    flow={flow.text}
                    target={target}
                    onPick={pick}
                    onTake={(taken) => flow.take(taken, "a fix")}
                  />
                ),
              },
              { id: "evidence", name: "Evidence", shown: () => <EvidenceList answer={flow.answer} before={flow.answeredBefore} /> },
              { id: "trial", name: "Trial", shown: () => <TrialTable trial={flow.trial} before={flow.triedBefore} /> },
              {
                id: "executions",
                name: "Executions",
                shown: () =>
                  execution ? (
                    <ExecutionView
                      execution={execution}
                      actions={ran}
                      text={flow.text}
                      target={target}
                      onTake={(taken) => flow.take(taken, "a fix")}
                    />
                  ) : (
                    <>
                      {ran.problem && <Problem error={ran.problem} />}
                      <Executions onOpen={(id) => void ran.open(id)} />
                    </>
                  ),
              },
              {
                id: "change",
                name: "Change",
                shown: () => <ChangeByWords flow={flow.text} target={target} onTake={(taken) => flow.take(taken, "a change")} />,
              },
              { id: "ask", name: "Ask", shown: () => <Ask target={target} /> },
            ]}
          />
        </section>
      </main>
      {(open === "run" || open === "try") && (
        <RunDialog
          inputs={inputs}
          trial={open === "try"}
          onClose={() => setOpen("")}
          onRun={(values) => {
            setOpen("");
            if (open === "try") return tryIt(values);
            lead("executions");
            void flow.run(values);
          }}
        />
      )}
      {open === "gallery" && (
        <Gallery
          target={target}
          onClose={() => setOpen("")}
          onPick={(text) => {
            setOpen("");
            flow.start(text, "an example");
          }}
        />
      )}
    </>
  );
}

/** What makes an element take a file that is dropped on it. */
function dropping(onFile: (file: File) => void) {
  return {
    onDragOver: (event: DragEvent) => {
      if (event.dataTransfer.types.includes("Files")) event.preventDefault();
    },
    onDropCapture: (event: DragEvent) => {
      const file = event.dataTransfer.files[0];
      if (!file) return;
      event.preventDefault();
      event.stopPropagation();
      onFile(file);
    },
  };
}
