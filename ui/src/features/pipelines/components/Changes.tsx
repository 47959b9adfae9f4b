import type { Change } from "@/shared/api/types";
import { writeJson } from "@/shared/json/exact";
import "./history.css";

/** What a revision changed, field by field. */
export function Changes({ changes }: { changes: Change[] }) {
  if (changes.length === 0) return <p className="muted">No change of the spec against the revision before.</p>;
  return (
    <ul className="changes">
      {changes.map((change) => (
        <li key={change.field}>
          <code className="change-field">{change.field}</code>
          {change.kind !== "added" && <Text mark="-" value={change.before} />}
          {change.kind !== "removed" && <Text mark="+" value={change.after} />}
        </li>
      ))}
    </ul>
  );
}

function Text({ mark, value }: { mark: "-" | "+"; value: unknown }) {
  const text = typeof value === "string" ? value : writeJson(value, 2);
  const Tag = mark === "-" ? "del" : "ins";
  return (
    <Tag className={mark === "-" ? "diff-old" : "diff-new"}>
      <span className="visually-hidden">{mark === "-" ? "before: " : "after: "}</span>
      {text.length > 2000 ? `${text.slice(0, 2000)}…` : text}
    </Tag>
  );
}
