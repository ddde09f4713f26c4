// What the page knows and does about the flow in the editor: draft, check while typing, try, run and follow.

import { useCallback, useEffect, useRef, useState } from "react";
import * as api from "./api";
import { ApiError } from "./api";
import { useKept } from "./kept";
import { type Answer, ENDED, type Execution, type Trial, type Validation } from "./model";

const CHECK_AFTER_MS = 350;
const FOLLOW_EVERY_MS = 400;

export type Doing = "" | "draft" | "try" | "run";

export function useFlow(target: string) {
  const [text, setText] = useKept("flow", "");
  const [answer, setAnswer] = useState<Answer | null>(null);
  const [stages, setStages] = useState<string[]>([]);
  const [trial, setTrial] = useState<Trial | null>(null);
  const [execution, setExecution] = useState<Execution | null>(null);
  const [problem, setProblem] = useState<ApiError | null>(null);
  const [doing, setDoing] = useState<Doing>("");
  const abort = useRef<AbortController | null>(null);
  const validation = useValidation(text, target, setProblem);
  useFollowed(execution, setExecution, setProblem);

  const doIt = useCallback(async (what: Doing, work: () => Promise<void>) => {
    setDoing(what);
    setProblem(null);
    try {
      await work();
    } catch (error) {
      if (!(error instanceof DOMException && error.name === "AbortError")) setProblem(ApiError.from(error));
    } finally {
      setDoing("");
    }
  }, []);

  const take = (taken: Answer) => {
    setAnswer(taken);
    setTrial(taken.trial);
    setExecution(null);
    if (taken.flow) setText(taken.flow);
  };

  return {
    text,
    setText,
    answer,
    stages,
    trial,
    execution,
    problem,
    doing,
    validation,
    take,
    draft: (prompt: string, answers: Record<string, string>) =>
      doIt("draft", async () => {
        abort.current = new AbortController();
        setStages([]);
        const onStage = (stage: string) => setStages((before) => [...before, stage]);
        take(await api.draft({ prompt, target, answers }, onStage, abort.current.signal));
      }),
    stop: () => abort.current?.abort(),
    tryOut: (inputs: Record<string, unknown>) => doIt("try", async () => setTrial(await api.tryOut(text, inputs, target))),
    run: (inputs: Record<string, unknown>) => doIt("run", async () => setExecution(await api.run(text, inputs))),
  };
}

/** The findings of the text, asked for once typing pauses; an answer about older text is dropped. */
function useValidation(text: string, target: string, onProblem: (error: ApiError) => void): Validation | null {
  const [validation, setValidation] = useState<Validation | null>(null);
  useEffect(() => {
    if (!text.trim()) {
      setValidation(null);
      return;
    }
    const abort = new AbortController();
    const timer = setTimeout(() => {
      api.validate(text, target, abort.signal).then(setValidation, (error: unknown) => {
        if (!abort.signal.aborted) onProblem(ApiError.from(error));
      });
    }, CHECK_AFTER_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [text, target, onProblem]);
  return validation;
}

function useFollowed(
  execution: Execution | null,
  onChange: (execution: Execution) => void,
  onProblem: (error: ApiError) => void,
): void {
  useEffect(() => {
    if (!execution || ENDED.has(execution.state)) return;
    let left = false;
    const timer = setTimeout(() => {
      api.execution(execution.id).then(
        (now) => !left && onChange(now),
        (error: unknown) => !left && onProblem(ApiError.from(error)),
      );
    }, FOLLOW_EVERY_MS);
    return () => {
      left = true;
      clearTimeout(timer);
    };
  }, [execution, onChange, onProblem]);
}
