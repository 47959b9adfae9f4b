import { Link } from "@tanstack/react-router";
import type { Transform } from "@/shared/api/types";
import { Badge } from "@/shared/ui/Badge";
import "./transforms.css";

/** Functions by file, each with the first sentence of its doc comment. */
export function TransformList({ transforms }: { transforms: Transform[] }) {
  const files = byFile(transforms);
  return (
    <div className="stack">
      {[...files].map(([file, functions]) => (
        <section key={file} className="panel" aria-label={file}>
          <header className="panel-head">
            <h2 className="mono">{file}</h2>
          </header>
          <ul className="plain-list">
            {functions.map((transform) => (
              <li key={transform.id} className="transform">
                <div className="row">
                  <Link to="/transforms/$id" params={{ id: transform.id }} className="mono">
                    {transform.export}
                  </Link>
                  {transform.kind && <Badge tone="idle">{transform.kind}</Badge>}
                  {transform.used_by.length > 0 && (
                    <span className="muted">
                      used by {transform.used_by.length} {transform.used_by.length === 1 ? "pipeline" : "pipelines"}
                    </span>
                  )}
                </div>
                <p className="muted">{transform.doc.split("\n\n")[0]}</p>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}

function byFile(transforms: Transform[]): Map<string, Transform[]> {
  const files = new Map<string, Transform[]>();
  for (const transform of transforms) files.set(transform.file, [...(files.get(transform.file) ?? []), transform]);
  return files;
}
