// State that a reload must not lose: what was typed stays in the browser until it is changed.

import { useEffect, useState } from "react";

export function useKept(name: string, initial: string): [string, (value: string) => void] {
  const key = `flowwright.${name}`;
  const [value, setValue] = useState(() => readKept(key) ?? initial);
  useEffect(() => {
    try {
      localStorage.setItem(key, value);
    } catch {
      // A full or forbidden store costs only the memory across reloads.
    }
  }, [key, value]);
  return [value, setValue];
}

function readKept(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}
