// Earlier texts of the flow: one step back, or any of those that are kept.

import type { Version } from "../versions";

interface Props {
  versions: Version[];
  onBack: (version: Version) => void;
}

export function Before({ versions, onBack }: Props) {
  const newest = versions[0];
  if (!newest) return null;
  return (
    <>
      <button type="button" title={`The text as it was before ${newest.before}`} onClick={() => onBack(newest)}>
        Before
      </button>
      {versions.length > 1 && (
        <select
          className="versions"
          aria-label="Earlier texts"
          value=""
          onChange={(e) => {
            const found = versions[Number(e.target.value)];
            if (found) onBack(found);
          }}
        >
          <option value="">earlier…</option>
          {versions.map((v, n) => (
            <option key={`${v.at} ${n}`} value={n}>
              {new Date(v.at).toLocaleString([], { dateStyle: "short", timeStyle: "short" })}, before {v.before}, {v.text.split("\n").length} lines
            </option>
          ))}
        </select>
      )}
    </>
  );
}
