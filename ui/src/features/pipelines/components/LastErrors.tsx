import type { LastError } from "@/shared/api/types";
import { Time } from "@/shared/ui/Time";

/** The last failures of records, newest first. */
export function LastErrors({ errors }: { errors: LastError[] }) {
  if (errors.length === 0) return <p className="muted">None since the instances started.</p>;
  return (
    <ul className="errors">
      {errors.toReversed().map((error, i) => (
        <li key={i}>
          <div className="row">
            <strong className="mono">{error.stage}</strong>
            <span className="mono muted">{error.code}</span>
            <span className="muted">
              <Time iso={error.time} />
            </span>
          </div>
          <p className="error-text">{error.message}</p>
        </li>
      ))}
    </ul>
  );
}
