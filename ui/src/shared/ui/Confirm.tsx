import { useState, type ReactNode } from "react";
import { messageOf } from "../api/problem";
import { Button } from "./Button";
import { Dialog } from "./Dialog";
import { Notice } from "./Notice";

interface Props {
  title: string;
  children: ReactNode;
  /** The verb on the button. */
  action: string;
  danger?: boolean;
  /** When given, the user types it before the button works. */
  typeToConfirm?: string;
  wide?: boolean;
  /** True while what is filled in cannot be done. */
  disabled?: boolean;
  onConfirm: () => Promise<unknown>;
  onClose: () => void;
}

/** Asks before something that is hard to take back. It stays open, with the reason, when the action fails. */
export function Confirm({ title, children, action, danger, typeToConfirm, wide, disabled, onConfirm, onClose }: Props) {
  const [typed, setTyped] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const confirm = async () => {
    setBusy(true);
    setError(undefined);
    try {
      await onConfirm();
      onClose();
    } catch (thrown) {
      setError(messageOf(thrown));
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={title}
      wide={wide}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            variant={danger ? "danger" : "primary"}
            busy={busy}
            disabled={disabled || (typeToConfirm !== undefined && typed !== typeToConfirm)}
            onClick={() => void confirm()}
          >
            {action}
          </Button>
        </>
      }
    >
      <div className="stack">
        {children}
        {typeToConfirm !== undefined && (
          <label className="field">
            <span className="field-label">
              Type <code>{typeToConfirm}</code> to confirm
            </span>
            <input className="input" value={typed} onChange={(event) => setTyped(event.target.value)} autoComplete="off" spellCheck={false} />
          </label>
        )}
        {error && <Notice kind="bad">{error}</Notice>}
      </div>
    </Dialog>
  );
}
