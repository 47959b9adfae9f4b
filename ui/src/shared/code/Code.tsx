import { lazy, Suspense } from "react";
import type { EditorProps } from "./Editor";

const Editor = lazy(() => import("./Editor"));

/** Code to write or to read. The editor itself is loaded when it is first needed; until then the text is plain. */
export function Code(props: EditorProps) {
  return (
    <Suspense fallback={<pre className="code code-waiting" tabIndex={0} role="region" aria-label={props.label}>{props.value}</pre>}>
      <Editor {...props} />
    </Suspense>
  );
}
