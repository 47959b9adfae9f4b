import { useEffect, useState } from "react";
import { Button } from "./Button";

/** Puts a text on the clipboard and says whether that worked. */
export function Copy({ text, label = "Copy" }: { text: string; label?: string }) {
  const [state, setState] = useState<"idle" | "done" | "refused">("idle");
  useEffect(() => {
    if (state === "idle") return;
    const timer = setTimeout(() => setState("idle"), 2000);
    return () => clearTimeout(timer);
  }, [state]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setState("done");
    } catch {
      setState("refused");
    }
  };
  return (
    <Button icon={state === "done" ? "check" : "copy"} onClick={() => void copy()} aria-live="polite">
      {state === "done" ? "Copied" : state === "refused" ? "Not allowed by the browser" : label}
    </Button>
  );
}
