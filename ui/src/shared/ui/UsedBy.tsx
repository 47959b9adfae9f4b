import { Link } from "@tanstack/react-router";
import type { Use } from "../api/types";

/** Which pipelines name a thing, and in which field. */
export function UsedBy({ uses }: { uses: Use[] }) {
  if (uses.length === 0) return <p className="muted">No pipeline uses it.</p>;
  return (
    <ul className="uses">
      {uses.map((use) => (
        <li key={`${use.pipeline}/${use.as}`}>
          <Link to="/pipelines/$name" params={{ name: use.pipeline }}>
            {use.pipeline}
          </Link>{" "}
          <span className="muted">as {use.as}</span>
        </li>
      ))}
    </ul>
  );
}
