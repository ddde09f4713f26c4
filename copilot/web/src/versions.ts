// Earlier texts of the flow, kept so that nothing a person wrote is lost when another text takes its place. Pure.

export interface Version {
  text: string;
  /** What took its place: "draft", "change" … */
  before: string;
  /** When, in milliseconds since 1970. */
  at: number;
}

const MOST = 30;
const MOST_CHARACTERS = 1_500_000;

/** The versions with this one in front; the same text is kept once, and the oldest make room. */
export function kept(versions: Version[], version: Version): Version[] {
  if (!version.text.trim()) return versions;
  const all = [version, ...versions.filter((v) => v.text !== version.text)].slice(0, MOST);
  let room = MOST_CHARACTERS;
  return all.filter((v, n) => (room -= v.text.length) >= 0 || n === 0);
}

/** Versions out of the browser's store; what cannot be read is none. */
export function parsed(stored: string): Version[] {
  try {
    const found: unknown = JSON.parse(stored || "[]");
    return Array.isArray(found) ? found.filter(isVersion) : [];
  } catch {
    return [];
  }
}

function isVersion(value: unknown): value is Version {
  const { text, before, at } = (value ?? {}) as Partial<Version>;
  return typeof text === "string" && typeof before === "string" && typeof at === "number";
}
