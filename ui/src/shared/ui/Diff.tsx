import { diffLines } from "../format/diff";
import "./diff.css";

/** Two texts line by line: what went, what came. Only lines near a change are shown. */
export function Diff({ before, after, label }: { before: string; after: string; label: string }) {
  const lines = diffLines(before, after);
  const near = lines.map((_, i) => lines.slice(Math.max(0, i - 3), i + 4).some((line) => line.kind !== "same"));
  if (!near.includes(true)) return <p className="muted">No difference.</p>;
  return (
    <pre className="diff" tabIndex={0} role="region" aria-label={label}>
      {lines.map((line, i) => {
        if (!near[i]) return near[i - 1] || i === 0 ? <span key={i} className="diff-gap">⋯</span> : null;
        if (line.kind === "old") return <del key={i}>{`- ${line.text}`}</del>;
        if (line.kind === "new") return <ins key={i}>{`+ ${line.text}`}</ins>;
        return <span key={i}>{`  ${line.text}`}</span>;
      })}
    </pre>
  );
}
