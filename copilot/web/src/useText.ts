// The flow's text. What is typed comes from the editor; what takes its place from elsewhere leaves a version behind.

import { useCallback, useEffect, useMemo, useState } from "react";
import { useKept } from "./kept";
import { kept, parsed, type Version } from "./versions";

export function useText() {
  const [text, setText] = useKept("flow", "");
  const [stored, setStored] = useKept("versions", "");
  const [replaced, setReplaced] = useState(0);
  const versions = useMemo(() => parsed(stored), [stored]);

  const replace = useCallback(
    (next: string, before: string) => {
      if (next === text) return;
      setStored(JSON.stringify(kept(versions, { text, before, at: Date.now() })));
      setText(next);
      setReplaced((n) => n + 1);
    },
    [text, versions, setText, setStored],
  );

  /** Back to an earlier text; the present one becomes the newest version. */
  const back = useCallback((to: Version) => replace(to.text, "going back"), [replace]);

  return { text, type: setText, replace, replaced, versions, back };
}

/** A value that stays as it is until it has rested for so long; at once with 0. */
export function useSettled<T>(value: T, ms: number): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    if (ms === 0) return;
    const timer = setTimeout(() => setSettled(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return ms === 0 ? value : settled;
}
