// What the page knows and does about the flow in the editor: draft, check while typing, try, run.

import { useCallback, useEffect, useRef, useState } from "react";
import * as api from "./api";
import { ApiError } from "./http";
import type { Answer, Execution, Trial, Validation } from "./model";
import { useText } from "./useText";

const CHECK_AFTER_MS = 350;

export type Doing = "" | "draft" | "try" | "run";

/** `online` counts the times that the service came back: what was asked in vain is asked again. */
export function useFlow(target: string, online: number, onExecution: (execution: Execution | null) => void) {
  const words = useText();
  const { text, replace } = words;
  const [answer, setAnswer] = useState<Answer | null>(null);
  const [stages, setStages] = useState<string[]>([]);
  const [trial, setTrial] = useState<Trial | null>(null);
  const [tried, setTried] = useState("");
  const [problem, setProblem] = useState<ApiError | null>(null);
  const [doing, setDoing] = useState<Doing>("");
  const abort = useRef<AbortController | null>(null);
  const validation = useValidation(text, target, online, setProblem);

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

  // A draft may end long after it was asked for; what stands in the editor then is what has to be kept.
  const latest = useRef(replace);
  latest.current = replace;
  const take = (taken: Answer, before: string) => {
    setAnswer(taken);
    setTrial(taken.trial);
    setTried(taken.flow ?? "");
    if (taken.flow) latest.current(taken.flow, before);
  };

  return {
    ...words,
    answer,
    stages,
    trial,
    /** Whether the text is no longer the one that was tried, or that the answer gave. */
    triedBefore: trial !== null && tried !== text,
    answeredBefore: Boolean(answer?.flow) && answer?.flow !== text,
    problem,
    doing,
    validation,
    take,
    /** Another text from elsewhere: what was said of the former one no longer holds. */
    start: (other: string, before: string) => {
      replace(other, before);
      setAnswer(null);
      setTrial(null);
      setStages([]);
    },
    draft: (prompt: string, answers: Record<string, string>) =>
      doIt("draft", async () => {
        abort.current = new AbortController();
        setStages([]);
        setAnswer(null);
        const onStage = (stage: string) => setStages((before) => [...before, stage]);
        take(await api.draft({ prompt, target, answers }, onStage, abort.current.signal), "a draft");
      }),
    stop: () => abort.current?.abort(),
    tryOut: (inputs: Record<string, unknown>) =>
      doIt("try", async () => {
        setTrial(await api.tryOut(text, inputs, target));
        setTried(text);
      }),
    run: (inputs: Record<string, unknown>) =>
      doIt("run", async () => {
        onExecution(null);
        onExecution(await api.run(text, inputs));
      }),
  };
}

/** The findings of the text, asked for once typing pauses; an answer about older text is dropped. */
function useValidation(
  text: string,
  target: string,
  online: number,
  onProblem: (error: ApiError | null) => void,
): Validation | null {
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
  }, [text, target, online, onProblem]);
  return validation;
}
