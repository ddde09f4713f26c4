// Which blueprints fit what somebody looks for. Pure.

import type { Blueprint } from "./model";

/** Those whose texts hold all the words, and that exist in this version. */
export function fitting(all: Blueprint[], words: string, target: string): Blueprint[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  return all.filter((one) => {
    if (one.removed && order(target) >= order(one.removed)) return false;
    if (one.since && order(target) < order(one.since)) return false;
    const text = [one.id, one.title, one.description, ...one.topics].join(" ").toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
}

/** A version as a number, so that 0.9 comes before 0.21. */
function order(version: string): number {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major * 1000 + minor;
}
