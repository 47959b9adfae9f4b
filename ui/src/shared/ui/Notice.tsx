import type { ReactNode } from "react";
import { ApiError, messageOf } from "../api/problem";
import { Button } from "./Button";
import { Icon } from "./Icon";

type Kind = "info" | "ok" | "warn" | "bad";

/** A message in the flow of the page. Problems are announced at once, the rest when the reader pauses. */
export function Notice({ kind, title, children, action }: { kind: Kind; title?: ReactNode; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className={`notice notice-${kind}`} role={kind === "bad" ? "alert" : "status"}>
      <Icon name={kind === "ok" ? "check" : "warn"} />
      <div className="notice-text">
        {title && <strong>{title}</strong>}
        {children && <div>{children}</div>}
      </div>
      {action}
    </div>
  );
}

/** What to show where an answer should be: what went wrong, and a way to try again. */
export function Failure({ error, what, retry }: { error: unknown; what: string; retry?: () => void }) {
  const missing = error instanceof ApiError && error.status === 404;
  return (
    <Notice
      kind="bad"
      title={missing ? "Not found" : `Cannot show ${what}`}
      action={retry && !missing && <Button onClick={retry} icon="restart">Try again</Button>}
    >
      {messageOf(error)}
    </Notice>
  );
}

export function Empty({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className="empty">
      <h2>{title}</h2>
      {children && <p>{children}</p>}
      {action}
    </div>
  );
}

/** Grey bars in the place of what is being loaded. */
export function Loading({ what, lines = 3 }: { what: string; lines?: number }) {
  return (
    <div className="loading" role="status" aria-label={`Loading ${what}`}>
      {Array.from({ length: lines }, (_, i) => (
        <span key={i} className="loading-bar" />
      ))}
    </div>
  );
}
