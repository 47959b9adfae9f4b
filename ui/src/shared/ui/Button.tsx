import type { ComponentProps } from "react";
import { Icon, type IconName } from "./Icon";

type Variant = "primary" | "secondary" | "quiet" | "danger";

interface Props extends ComponentProps<"button"> {
  variant?: Variant;
  icon?: IconName;
  /** True while what it started is under way: it cannot be pressed twice. */
  busy?: boolean;
}

export function Button({ variant = "secondary", icon, busy, className = "", children, disabled, ...rest }: Props) {
  return (
    <button type="button" className={`btn btn-${variant} ${className}`} disabled={disabled || busy} aria-busy={busy} {...rest}>
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}

interface IconButtonProps extends ComponentProps<"button"> {
  icon: IconName;
  /** Read by screen readers and shown when the pointer rests on it. */
  label: string;
}

export function IconButton({ icon, label, className = "", ...rest }: IconButtonProps) {
  return (
    <button type="button" className={`btn btn-icon ${className}`} aria-label={label} title={label} {...rest}>
      <Icon name={icon} />
    </button>
  );
}
