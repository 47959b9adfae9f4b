import { messageOf } from "@/shared/api/problem";
import { Icon } from "@/shared/ui/Icon";
import { Notice } from "@/shared/ui/Notice";
import type { Problems } from "../hooks/useProblems";

/** Everything that is wrong, each a way to its field. */
export function ProblemList({ problems }: { problems: Problems }) {
  const { all, checking, error } = problems;
  const errors = all.filter((issue) => !issue.warning).length;
  return (
    <section className="panel" aria-label="Check">
      <header className="panel-head">
        <h2>Check</h2>
        <span className="muted" role="status">
          {checking ? "checking…" : error ? "not checked" : errors ? `${errors} to correct` : "nothing in the way"}
        </span>
      </header>
      <div className="panel-body stack">
        {Boolean(error) && <Notice kind="warn">The server cannot check it now: {messageOf(error)}</Notice>}
        {!error && all.length === 0 && !checking && (
          <p className="row">
            <Icon name="check" /> It can be saved.
          </p>
        )}
        <ul className="problems">
          {all.map((issue, i) => (
            <li key={i}>
              <button type="button" className={issue.warning ? "problem problem-warn" : "problem"} onClick={() => goTo(issue.field ?? "")}>
                {issue.field && <code>{issue.field}</code>}
                <span>
                  {issue.warning && "Warning: "}
                  {issue.message}
                </span>
              </button>
            </li>
          ))}
        </ul>
      </div>
    </section>
  );
}

/** Shows the field, or the nearest thing around it, and puts the focus there. */
function goTo(field: string) {
  for (let path = field; path !== ""; path = path.replace(/(\.|^)[^.]*$/, "")) {
    const place = document.querySelector<HTMLElement>(`[data-field="${CSS.escape(path)}"]`) ?? document.querySelector<HTMLElement>(`[data-field="${CSS.escape(path.replace(/\[\d+\]$/, ""))}"]`);
    if (!place) continue;
    for (let node: HTMLElement | null = place; node; node = node.parentElement) if (node instanceof HTMLDetailsElement) node.open = true;
    place.scrollIntoView({ block: "center" });
    place.querySelector<HTMLElement>("input, select, textarea, [contenteditable]")?.focus({ preventScroll: true });
    return;
  }
}
