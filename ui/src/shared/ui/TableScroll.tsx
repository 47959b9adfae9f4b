import type { ReactNode } from "react";

/** A table that may be wider than the window. It can be scrolled by keyboard, too. */
export function TableScroll({ label, panel, children }: { label: string; panel?: boolean; children: ReactNode }) {
  return (
    <div className={panel ? "panel table-scroll" : "table-scroll"} role="region" aria-label={label} tabIndex={0}>
      <table className="table">{children}</table>
    </div>
  );
}
