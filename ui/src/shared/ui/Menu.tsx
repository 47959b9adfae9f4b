import { useId, useRef, type KeyboardEvent } from "react";
import { IconButton } from "./Button";
import { Icon, type IconName } from "./Icon";

export interface MenuAction {
  id: string;
  label: string;
  icon?: IconName;
  danger?: boolean;
  disabled?: boolean;
  run: () => void;
}

/** A button that opens a list of actions, on the browser's own popover: Escape and a press elsewhere close it. */
export function Menu({ label, actions }: { label: string; actions: MenuAction[] }) {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);

  const items = () => [...(list.current?.querySelectorAll<HTMLButtonElement>("button:not(:disabled)") ?? [])];
  const place = () => {
    const menu = list.current;
    const at = button.current?.getBoundingClientRect();
    if (!menu || !at) return;
    const below = at.bottom + 4 + menu.offsetHeight <= innerHeight;
    menu.style.top = `${below ? at.bottom + 4 : Math.max(4, at.top - 4 - menu.offsetHeight)}px`;
    menu.style.left = `${Math.max(8, at.right - menu.offsetWidth)}px`;
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const all = items();
    const at = all.indexOf(document.activeElement as HTMLButtonElement);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    all.at(next % all.length)?.focus();
  };

  return (
    <>
      <IconButton ref={button} icon="more" label={label} popoverTarget={id} aria-haspopup="menu" />
      <div
        ref={list}
        id={id}
        popover="auto"
        role="menu"
        aria-label={label}
        className="popover menu"
        onKeyDown={onKeyDown}
        onToggle={(event) => {
          if (event.newState !== "open") return;
          place();
          items()[0]?.focus();
        }}
      >
        {actions.map((action) => (
          <button
            key={action.id}
            type="button"
            role="menuitem"
            tabIndex={-1}
            disabled={action.disabled}
            className={action.danger ? "menu-item menu-danger" : "menu-item"}
            onClick={() => {
              list.current?.hidePopover();
              action.run();
            }}
          >
            {action.icon && <Icon name={action.icon} />}
            {action.label}
          </button>
        ))}
      </div>
    </>
  );
}
