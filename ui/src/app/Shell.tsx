import { Link, Outlet, useRouterState } from "@tanstack/react-router";
import { useState } from "react";
import { IconButton } from "@/shared/ui/Button";
import { Account } from "./Account";
import { LiveBanner } from "./LiveBanner";
import { ThemeToggle } from "./ThemeToggle";

const places = [
  { to: "/", label: "Pipelines" },
  { to: "/topics", label: "Topics" },
  { to: "/schemas", label: "Schemas" },
  { to: "/transforms", label: "Transforms" },
  { to: "/audit", label: "Audit" },
] as const;

/** What stands around every page: navigation, the state of the connection, the colour scheme. */
export function Shell() {
  const path = useRouterState({ select: (state) => state.location.pathname });
  // The navigation is open at one path; going anywhere closes it.
  const [openAt, setOpenAt] = useState<string>();
  const open = openAt === path;
  const here = (to: string) => (to === "/" ? path === "/" || path === "/new" || path.startsWith("/pipelines") : path.startsWith(to));
  return (
    <>
      <a className="skip" href="#main">
        Skip to the page
      </a>
      <header className="top">
        <Link to="/" className="brand">
          <Mark />
          Inflect
        </Link>
        <IconButton
          icon={open ? "close" : "menu"}
          label={open ? "Close the navigation" : "Open the navigation"}
          className="nav-toggle"
          aria-expanded={open}
          aria-controls="nav"
          onClick={() => setOpenAt(open ? undefined : path)}
        />
        <nav id="nav" className={open ? "nav nav-open" : "nav"} aria-label="Main">
          {places.map(({ to, label }) => (
            <Link key={to} to={to} className="nav-link" aria-current={here(to) ? "page" : undefined}>
              {label}
            </Link>
          ))}
          <Account />
          <ThemeToggle />
        </nav>
      </header>
      <LiveBanner />
      <main id="main" tabIndex={-1}>
        <Outlet />
      </main>
    </>
  );
}

function Mark() {
  return (
    <svg className="mark" viewBox="0 0 32 32" width="24" height="24" aria-hidden="true">
      <rect width="32" height="32" rx="8" className="mark-back" />
      <path d="M6 23c7 0 8-3 10-7s3-7 10-7" className="mark-line" />
      <circle cx="16" cy="16" r="3.2" className="mark-dot" />
    </svg>
  );
}
