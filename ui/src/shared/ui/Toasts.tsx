import { createContext, use, useCallback, useMemo, useState, type ReactNode } from "react";
import { IconButton } from "./Button";

interface Toast {
  id: number;
  kind: "ok" | "bad";
  text: string;
}

const Context = createContext<(kind: Toast["kind"], text: string) => void>(() => undefined);

/** Says what an action came to, at the edge of the page. Good news goes away by itself, bad news stays until closed. */
export const useToast = () => use(Context);

export function Toasts({ children }: { children: ReactNode }) {
  const [toasts, setToasts] = useState<Toast[]>([]);
  const close = useCallback((id: number) => setToasts((all) => all.filter((t) => t.id !== id)), []);
  const say = useMemo(() => {
    let next = 0;
    return (kind: Toast["kind"], text: string) => {
      const id = next++;
      setToasts((all) => [...all.slice(-3), { id, kind, text }]);
      if (kind === "ok") setTimeout(() => close(id), 5000);
    };
  }, [close]);
  return (
    <Context value={say}>
      {children}
      <div className="toasts" role="status" aria-live="polite">
        {toasts.map((t) => (
          <div key={t.id} className={`toast toast-${t.kind}`}>
            <span>{t.text}</span>
            <IconButton icon="close" label="Dismiss" onClick={() => close(t.id)} />
          </div>
        ))}
      </div>
    </Context>
  );
}
