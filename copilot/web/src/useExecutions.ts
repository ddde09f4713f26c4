// What runs and ran here: one execution is followed to its end, also past a service that is gone for a while.

import { useCallback, useEffect, useState } from "react";
import * as api from "./api";
import { ApiError, NO_SERVICE } from "./http";
import { ENDED, type Execution } from "./model";

const SHORTEST_MS = 250;
const LONGEST_MS = 2_000;

export function useExecution() {
  const [execution, setExecution] = useState<Execution | null>(null);
  const [problem, setProblem] = useState<ApiError | null>(null);
  const [looks, setLooks] = useState(0);
  const id = execution?.id ?? null;
  const ended = execution === null || ENDED.has(execution.state);

  useEffect(() => {
    if (id === null || ended) return;
    let left = false;
    let timer = 0;
    let pause = SHORTEST_MS;
    const look = async () => {
      try {
        const now = await api.execution(id);
        if (left) return;
        setExecution(now);
      } catch (error) {
        if (left) return;
        const said = ApiError.from(error);
        if (said.code !== NO_SERVICE) return setProblem(said);
      }
      pause = Math.min(pause * 1.3, LONGEST_MS);
      timer = setTimeout(() => void look(), pause);
    };
    timer = setTimeout(() => void look(), pause);
    return () => {
      left = true;
      clearTimeout(timer);
    };
  }, [id, ended, looks]);

  /** Does something to an execution, then shows the one of the id it gives (or the same) as it is now. */
  const act = useCallback(async (what: () => Promise<string>) => {
    setProblem(null);
    try {
      setExecution(await api.execution(await what()));
      setLooks((n) => n + 1);
    } catch (error) {
      setProblem(ApiError.from(error));
    }
  }, []);

  return {
    execution,
    problem,
    show: setExecution,
    open: (which: string) => act(async () => which),
    kill: (which: string) => act(async () => (await api.kill(which), which)),
    resume: (which: string, values: Record<string, string>) => act(async () => (await api.resume(which, values), which)),
    restart: (which: string) => act(async () => (await api.restart(which)).id),
    replay: (which: string) => act(async () => (await api.replay(which)).id),
  };
}
